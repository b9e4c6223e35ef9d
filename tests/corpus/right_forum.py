"""Right programs that look suspicious: what people do for good reasons and a careless rule would report."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import binary, numbers, pictures, series, table, words


def _net(out: int = 3, columns: int = 8) -> nn.Sequential:
    return nn.Sequential(nn.Linear(columns, 32), nn.ReLU(), nn.Linear(32, out))


def right_softmax_only_in_evaluation() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _net()

        def forward(self, x: Tensor) -> Tensor:
            logits = self.layers(x)
            return logits if self.training else F.softmax(logits, dim=1)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_log_of_softmax_and_nll() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _net()

        def forward(self, x: Tensor) -> Tensor:
            return torch.log(F.softmax(self.layers(x), dim=1) + 1e-9)

    return {"model": Net(), "data": table(classes=3), "loss": nn.NLLLoss()}


def right_logits_and_probabilities() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _net()

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            logits = self.layers(x)
            return {"logits": logits, "probabilities": logits.softmax(-1)}

    def loss(output: dict[str, Tensor], target: Tensor) -> Tensor:
        return F.cross_entropy(output["logits"], target)

    return {"model": Net(), "data": table(classes=3), "loss": loss}


def right_softmax_pooling_over_time() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.score, self.out = nn.GRU(3, 16, batch_first=True), nn.Linear(16, 1), nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            hidden, _ = self.gru(x)
            weights = F.softmax(self.score(hidden), dim=1)
            return self.out((weights * hidden).sum(dim=1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_squeeze_and_excitation() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.out = nn.Conv2d(1, 16, 3), nn.Linear(16, 10)
            self.gate = nn.Sequential(nn.Linear(16, 4), nn.ReLU(), nn.Linear(4, 16), nn.Sigmoid())

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.conv(x))
            x = x * self.gate(x.mean((2, 3)))[:, :, None, None]
            return self.out(x.mean((2, 3)))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def right_autoencoder_of_pixels() -> dict[str, Any]:
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 64),
        nn.ReLU(),
        nn.Linear(64, 8),
        nn.Linear(8, 64),
        nn.ReLU(),
        nn.Linear(64, 784),
        nn.Sigmoid(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    x = torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return {"model": model, "data": (x, x), "loss": nn.MSELoss()}


def right_counts_by_poisson() -> dict[str, Any]:
    x, _ = table()
    y = torch.poisson(torch.exp(0.5 * x[:, :1]), generator=torch.Generator().manual_seed(0))
    return {"model": _net(1), "data": (x, y), "loss": nn.PoissonNLLLoss()}


def right_ages_from_a_biased_head() -> dict[str, Any]:
    model = _net(1)
    nn.init.constant_(model[2].bias, 38.0)
    x, y = numbers()
    return {"model": model, "data": (x, 38 + 12 * y), "loss": nn.L1Loss()}


def right_dropout_between_recurrent_layers() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(3, 16, num_layers=2, dropout=0.5, bidirectional=True, batch_first=True)
            self.fc = nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.lstm(x)[0].mean(1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_head_of_a_frozen_net() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(4))
            self.head = nn.Linear(128, 10)
            for parameter in self.backbone.parameters():
                parameter.requires_grad = False

        def forward(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                features = self.backbone(x)
            return self.head(features.flatten(1))

    model = Net()
    optimizer = torch.optim.Adam(model.head.parameters(), lr=1e-3)
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_two_rates() -> dict[str, Any]:
    model = _net()
    groups = [{"params": model[0].parameters(), "lr": 1e-5}, {"params": model[2].parameters()}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_labels_from_zero_with_a_gap() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _net(10), "data": (x, y * 4), "loss": nn.CrossEntropyLoss()}


def right_padding_is_ignored_in_tags() -> dict[str, Any]:
    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.out = nn.Embedding(50, 8, padding_idx=0), nn.Linear(16, 5)
            self.lstm = nn.LSTM(8, 8, batch_first=True, bidirectional=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.lstm(self.embedding(x))[0]).transpose(1, 2)

    x, _ = words()
    x[:, 9:] = 0
    tags = torch.where(x == 0, -100, x % 5)
    return {"model": Tagger(), "data": (x, tags), "loss": nn.CrossEntropyLoss(ignore_index=-100)}


def right_sorted_rows_in_a_test_loader() -> dict[str, Any]:
    x, y = numbers()
    loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=False)
    return {"model": _net(1), "data": loader, "loss": nn.MSELoss()}


def right_one_output_one_axis() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _net(1)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x).squeeze(-1)

    x, y = binary()
    return {"model": Net(), "data": (x, y.squeeze(-1)), "loss": nn.BCEWithLogitsLoss(pos_weight=torch.tensor(1.2))}


def right_small_inputs_of_a_spectrum() -> dict[str, Any]:
    x, y = table(classes=3)
    model = nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": (x * 1e-4, y), "loss": nn.CrossEntropyLoss()}


def right_standardised_twice_does_no_harm() -> dict[str, Any]:
    x, y = table(classes=3)
    x = (x - x.mean(0)) / x.std(0)
    return {"model": _net(), "data": ((x - x.mean(0)) / x.std(0), y), "loss": nn.CrossEntropyLoss()}


def right_one_hot_with_rare_columns() -> dict[str, Any]:
    made = torch.Generator().manual_seed(0)
    kinds = torch.multinomial(torch.tensor([0.6, 0.3, 0.08, 0.01, 0.005, 0.005]), 400, True, generator=made)
    x = torch.cat([F.one_hot(kinds, 6).float(), torch.randn(400, 2, generator=made)], dim=1)
    return {"model": _net(2), "data": (x, (x[:, 6] + x[:, 0] > 0.5).long()), "loss": nn.CrossEntropyLoss()}


def right_few_bits_repeat_themselves() -> dict[str, Any]:
    made = torch.Generator().manual_seed(0)
    x = torch.randint(0, 2, (300, 8), generator=made).float()
    y = (x.sum(1) + torch.randn(300, generator=made) > 4).long()
    return {"model": _net(2), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def right_last_value_predicts_the_next() -> dict[str, Any]:
    walk = torch.randn(300, generator=torch.Generator().manual_seed(0)).cumsum(0) / 10
    windows = walk.unfold(0, 9, 1)
    return {"model": _net(1), "data": (windows[:, :8], windows[:, 8:]), "loss": nn.MSELoss()}


def right_one_feature_decides_nearly() -> dict[str, Any]:
    made = torch.Generator().manual_seed(0)
    x = torch.randn(300, 8, generator=made)
    y = (x[:, 2] + 0.1 * torch.randn(300, generator=made) > 0).long()
    return {"model": _net(2), "data": (x, y), "loss": nn.CrossEntropyLoss()}
