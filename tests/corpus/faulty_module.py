"""Faulty modules: layers that never learn, gradients that are cut, inputs that vanish on their way."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import binary, numbers, pictures, series, table


def m409_values_of_the_features() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(4))
            self.classifier = nn.Sequential(nn.Linear(288, 32), nn.ReLU(), nn.Linear(32, 10))

        def forward(self, x: Tensor) -> Tensor:
            x = self.features(x).data
            return self.classifier(x.flatten(1))

    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def m409_units_of_zero_and_one() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.out = nn.Linear(8, 64), nn.Linear(64, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.out((self.hidden(x) > 0).float())

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}


def m409_sign_has_no_slope() -> dict[str, Any]:
    """Also T712 or T705."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.out = nn.Linear(8, 64), nn.Linear(64, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(torch.sign(self.hidden(x)))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m409_loss_as_a_number() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))

    def loss(output: Tensor, target: Tensor) -> Tensor:
        error = (output - target).pow(2).mean().item()
        return torch.tensor(error, requires_grad=True)

    return {"model": model, "data": numbers(), "loss": loss}


def m409_embedding_of_a_copy() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.score = nn.Parameter(torch.randn(8, 16) * 0.3)
            self.out = nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            weight = torch.tensor(self.score.tolist())
            return self.out(torch.tanh(x @ weight))

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}


def t713_normalised_to_nothing() -> dict[str, Any]:
    """Also M409."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.squeeze, self.norm = nn.Linear(8, 1), nn.LayerNorm(1)
            self.out = nn.Linear(1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.norm(self.squeeze(x)))

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}


def m403_softmax_over_one_score() -> dict[str, Any]:
    """Also H503, M409 or T713."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.score, self.out = nn.GRU(3, 16, batch_first=True), nn.Linear(16, 1), nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            hidden, _ = self.gru(x)
            weights = F.softmax(self.score(hidden), dim=-1)
            return self.out((weights * hidden).mean(dim=1))

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s311_parameters_in_a_list() -> dict[str, Any]:
    class Bases(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = [nn.Parameter(torch.randn(8, 16) * 0.2), nn.Parameter(torch.randn(16, 16) * 0.2)]
            self.out = nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            for weight in self.weights:
                x = torch.relu(x @ weight)
            return self.out(x)

    return {"model": Bases(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s311_heads_by_name() -> dict[str, Any]:
    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Linear(8, 32)
            self.heads = {"price": nn.Linear(32, 1), "time": nn.Linear(32, 1)}

        def forward(self, x: Tensor) -> Tensor:
            hidden = torch.relu(self.body(x))
            return torch.cat([head(hidden) for head in self.heads.values()], dim=1)

    x, y = numbers()
    return {"model": Heads(), "data": (x, torch.cat([y, -y], dim=1)), "loss": nn.MSELoss()}


def m401_activation_is_not_used() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = nn.Linear(8, 64), nn.Linear(64, 64), nn.Linear(64, 1)

        def forward(self, x: Tensor) -> Tensor:
            x = self.a(x)
            F.relu(x)
            x = self.b(x)
            F.relu(x)
            return self.c(x)

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}


def m405_embeddings_all_alike() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.out = nn.Linear(8, 32), nn.Linear(32, 3)
            for layer in (self.hidden, self.out):
                layer.weight.data.fill_(0.1)
                layer.bias.data.zero_()

        def forward(self, x: Tensor) -> Tensor:
            return self.out(torch.sigmoid(self.hidden(x)))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def o604_state_kept_from_batch_to_batch() -> dict[str, Any]:
    """Also O613, S308, M409 or Y009."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.out = nn.GRU(3, 16, batch_first=True), nn.Linear(16, 4)
            self.hidden: Tensor | None = None

        def forward(self, x: Tensor) -> Tensor:
            out, self.hidden = self.gru(x, self.hidden)
            return self.out(out[:, -1])

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def d108_years_beside_shares() -> dict[str, Any]:
    x, y = numbers(columns=3)
    made = torch.cat([1990 + 10 * x[:, :1], torch.sigmoid(x[:, 1:2]), 4_000_000 * torch.exp(x[:, 2:])], dim=1)
    model = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return {"model": model, "data": (made, y), "loss": nn.MSELoss(), "optimizer": optimizer}


def h502_sigmoid_inside_and_outside() -> dict[str, Any]:
    """Also M403."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x)

    def loss(output: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(torch.sigmoid(output), target)

    return {"model": Net(), "data": binary(), "loss": loss}


def o610_files_in_their_order() -> dict[str, Any]:
    x, y = pictures(200)
    order = y.argsort(stable=True)
    loader = DataLoader(TensorDataset(x[order], y[order]), batch_size=20, num_workers=0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss()}
