"""Faulty programs written after all rules stood still, to measure what is found at first sight: modules and losses."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from corpus.rows import binary, numbers, pictures, series, table, words


class Classifier(nn.Module):
    """The usual network of a course, for whatever number of columns and classes."""

    def __init__(self, columns: int = 8, classes: int = 3, width: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(columns, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, width), nn.ReLU()
        )
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.net(x))


def h501_log_of_probabilities_into_cross_entropy_by_predict() -> dict[str, Any]:
    """Also H505."""

    class Net(Classifier):
        def predict_proba(self, x: Tensor) -> Tensor:
            return super().forward(x).softmax(-1)

        def forward(self, x: Tensor) -> Tensor:
            return self.predict_proba(x)

    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 1.0, 1.0]))
    return {"model": Net(), "data": DataLoader(TensorDataset(*table(classes=3)), 32, shuffle=True), "loss": loss}


def h501_softmin_in_a_head() -> dict[str, Any]:
    """Also M402."""
    model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 3), nn.Softmin(dim=1))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def h502_hardsigmoid_before_logits() -> dict[str, Any]:
    """Also M402."""
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Hardsigmoid())
    return {"model": model, "data": binary(), "loss": nn.BCEWithLogitsLoss()}


def s305_ensemble_adds_an_axis() -> dict[str, Any]:
    class Ensemble(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.members = nn.ModuleList(Classifier(classes=1) for _ in range(3))

        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([member(x) for member in self.members]).mean(0)

    x, y = numbers()
    return {"model": Ensemble(), "data": (x, y.flatten()), "loss": nn.HuberLoss(delta=1.0)}


def s306_labels_from_a_float_frame() -> dict[str, Any]:
    class Csv(Dataset[tuple[Tensor, Tensor]]):
        def __init__(self) -> None:
            x, y = table(classes=3)
            self.values = torch.cat([x, y[:, None].float()], 1)

        def __len__(self) -> int:
            return len(self.values)

        def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
            return self.values[i, :-1], self.values[i, -1]

    return {"model": Classifier(), "data": DataLoader(Csv(), 32, shuffle=True), "loss": nn.CrossEntropyLoss()}


def s307_years_as_classes() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": Classifier(), "data": (x, y + 2019), "loss": nn.CrossEntropyLoss()}


def s308_attention_scores_over_rows() -> dict[str, Any]:
    class Pool(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.score, self.out = nn.Linear(3, 1), nn.Linear(3, 4)

        def forward(self, x: Tensor) -> Tensor:
            weight = torch.softmax(self.score(x).squeeze(-1), dim=0)
            return self.out((weight.unsqueeze(-1) * x).sum(1))

    return {"model": Pool(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s309_rolled_the_wrong_way() -> dict[str, Any]:
    class Lm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.out = nn.Embedding(50, 24), nn.Linear(24, 50)
            self.gru = nn.GRU(24, 24, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            h, _ = self.gru(self.emb(x))
            return self.out(h + self.emb(torch.roll(x, -1, dims=1))).permute(0, 2, 1)

    x, _ = words(64, 13)
    return {"model": Lm(), "data": (x[:, :-1], x[:, 1:]), "loss": nn.CrossEntropyLoss()}


def s311_scale_made_of_a_plain_tensor() -> dict[str, Any]:
    class Scaled(Classifier):
        def __init__(self) -> None:
            super().__init__()
            self.temperature = torch.ones(1, requires_grad=True)

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) / self.temperature

    return {"model": Scaled(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m409_features_under_no_grad_by_decorator() -> dict[str, Any]:
    class Net(Classifier):
        @torch.no_grad()
        def features(self, x: Tensor) -> Tensor:
            return self.net(x)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.features(x))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m409_topk_of_the_scores() -> dict[str, Any]:
    """Also T712, S305."""

    def loss(out: Tensor, y: Tensor) -> Tensor:
        guess = torch.topk(out, 1, dim=1).indices.squeeze(1).float()
        return F.mse_loss(guess.requires_grad_(), y.float())

    return {"model": Classifier(), "data": table(classes=3), "loss": loss}


def m405_orthogonal_was_meant_zeros_were_written() -> dict[str, Any]:
    """Also T712, M409."""
    model = Classifier()
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m401_two_heads_in_a_chain() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv1d(3, 16, 3, padding=1), nn.Conv1d(16, 16, 3, padding=1)
            self.fc1, self.fc2 = nn.Linear(16, 32), nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.conv2(F.relu(self.conv1(x.transpose(1, 2)))))
            x = self.fc1(x.mean(-1))
            return self.fc2(x)

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def h509_sigmoid_for_ratings_of_one_to_five() -> dict[str, Any]:
    """Also D109."""

    class Recommender(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.user, self.item = nn.Embedding(30, 8), nn.Embedding(40, 8)

        def forward(self, pairs: Tensor) -> Tensor:
            return torch.sigmoid((self.user(pairs[:, 0]) * self.item(pairs[:, 1])).sum(1))

    made = torch.Generator().manual_seed(0)
    pairs = torch.stack([torch.randint(0, n, (300,), generator=made) for n in (30, 40)], 1)
    return {"model": Recommender(), "data": (pairs, 1 + 4 * torch.rand(300, generator=made)), "loss": nn.MSELoss()}


def m411_user_numbers_begin_at_one() -> dict[str, Any]:
    """Also S301."""

    class Recommender(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.user, self.out = nn.Embedding(30, 8), nn.Linear(8, 1)

        def forward(self, users: Tensor) -> Tensor:
            return self.out(self.user(users)).squeeze(1)

    users = torch.arange(300) % 30 + 1
    return {"model": Recommender(), "data": (users, torch.sin(users.float())), "loss": nn.MSELoss()}


def o603_functional_dropout_in_an_attention() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v, self.out = (nn.Linear(3, n) for n in (8, 8, 8, 4))
            self.out = nn.Linear(8, 4)

        def forward(self, x: Tensor) -> Tensor:
            h = F.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x), dropout_p=0.3)
            return self.out(h.mean(1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def o601_discriminators_weights_in_the_list_twice() -> dict[str, Any]:
    body, head = nn.Sequential(nn.Linear(8, 32), nn.ReLU()), nn.Linear(32, 3)
    model = nn.Sequential(body, head)
    return {
        "model": model,
        "data": table(classes=3),
        "loss": nn.CrossEntropyLoss(),
        "optimizer": torch.optim.Adam([{"params": body.parameters()}, {"params": body[0].parameters(), "lr": 0.1}][:1]),
    }


def d108_prices_beside_shares_in_a_loader() -> dict[str, Any]:
    x, y = table(classes=2)
    x[:, 3] = (x[:, 3] + 5) * 250_000
    loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
    return {"model": Classifier(classes=2), "data": loader, "loss": nn.CrossEntropyLoss()}


def d106_augmented_by_copying() -> dict[str, Any]:
    x, y = table(150, classes=3)
    data = TensorDataset(x.repeat(3, 1), torch.cat([y, y.roll(1), y.roll(2)]))
    return {"model": Classifier(), "data": DataLoader(data, 32, shuffle=True), "loss": nn.CrossEntropyLoss()}


def s303_pictures_of_64_in_a_net_for_32() -> dict[str, Any]:
    """Also S301."""

    class Cifar(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU()
            )
            self.pool = nn.MaxPool2d(2)
            self.classifier = nn.Sequential(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 10))

        def forward(self, x: Tensor) -> Tensor:
            return self.classifier(torch.flatten(self.pool(self.features(x)), 1))

    return {"model": Cifar(), "data": pictures(16, 3, 64), "loss": nn.CrossEntropyLoss()}


def h507_errors_summed_over_the_batch() -> dict[str, Any]:
    model = Classifier(classes=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    loader = DataLoader(TensorDataset(*numbers(512)), batch_size=128, shuffle=True)
    return {"model": model, "data": loader, "loss": nn.MSELoss(reduction="sum"), "optimizer": optimizer}


def h508_pos_weight_is_the_share_of_positives() -> dict[str, Any]:
    x, _ = table(600)
    y = (x[:, 0] > 1.2).float()
    loss = nn.BCEWithLogitsLoss(pos_weight=y.mean())
    return {"model": nn.Sequential(Classifier(classes=1), nn.Flatten(0)), "data": (x, y), "loss": loss}


def o605_rmsprop_of_a_half() -> dict[str, Any]:
    model = Classifier()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.5)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}
