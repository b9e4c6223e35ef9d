"""Faulty programs of student projects: modules of their own, what is odd in their losses and samplers."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

from corpus.rows import table


class Churn(nn.Module):
    """The network of the report: two hidden layers with normalisation and dropout."""

    def __init__(self, columns: int = 8, out: int = 1) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(columns, 64), nn.Linear(64, 32)
        self.bn1, self.drop = nn.BatchNorm1d(64), nn.Dropout(0.3)
        self.out = nn.Linear(32, out)

    def hidden(self, x: Tensor) -> Tensor:
        return F.relu(self.fc2(self.drop(F.relu(self.bn1(self.fc1(x))))))

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.hidden(x))


def h508_sampler_draws_the_frequent() -> dict[str, Any]:
    """Also D107."""
    x, y = table(900, classes=2)
    keep = (y == 0) | (torch.arange(900) % 8 == 0)
    x, y = x[keep], y[keep]
    counts = torch.bincount(y)
    sampler = WeightedRandomSampler(counts[y].double(), len(y))
    loader = DataLoader(TensorDataset(x, y), batch_size=64, sampler=sampler)
    return {"model": Churn(out=2), "data": loader, "loss": nn.CrossEntropyLoss()}


def o601_weight_norm_comes_after() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    nn.utils.parametrizations.weight_norm(model[0])
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def t713_features_of_the_first_batch() -> dict[str, Any]:
    """Also S308, M409, T712."""

    class Net(Churn):
        def __init__(self) -> None:
            super().__init__(out=3)
            self.cache: Tensor | None = None

        def forward(self, x: Tensor) -> Tensor:
            if self.cache is None:
                self.cache = self.hidden(x).mean(0, keepdim=True).detach()
            return self.out(self.cache.expand(len(x), -1))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def t712_distance_to_itself() -> dict[str, Any]:
    """Also T701, R005, D101: the slope of a root at 0 is no number."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x)

    def loss(out: Tensor, y: Tensor) -> Tensor:
        apart = torch.sqrt(((out[:, None] - out[None]) ** 2).sum(-1))
        same = (y[:, None] == y[None]).float()
        return (same * apart + (1 - same) * F.relu(1 - apart)).mean()

    return {"model": Net(), "data": table(classes=3), "loss": loss}


def h501_target_and_output_exchanged() -> dict[str, Any]:
    """Also H502, M409, S305, T712."""
    x, y = table(classes=3)
    one_hot = F.one_hot(y, 3).float()
    return {"model": Churn(out=3), "data": (x, one_hot), "loss": lambda out, target: F.cross_entropy(target, out)}


def h509_sigmoid_for_standardised_columns() -> dict[str, Any]:
    """Also M402."""
    x, _ = table(256, 20)
    model = nn.Sequential(nn.Linear(20, 8), nn.ReLU(), nn.Linear(8, 20), nn.Sigmoid())
    return {"model": model, "data": (x, x), "loss": nn.MSELoss()}


def t712_sign_of_the_divergence() -> dict[str, Any]:
    """Also H505, T702, H509, O605."""

    class Vae(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enc, self.mu, self.logvar = nn.Linear(20, 32), nn.Linear(32, 4), nn.Linear(32, 4)
            self.dec = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 20))

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            h = F.relu(self.enc(x))
            mu, logvar = self.mu(h), self.logvar(h)
            return self.dec(mu + torch.exp(logvar / 2) * torch.randn_like(mu)), mu, logvar

    def loss(out: tuple[Tensor, Tensor, Tensor], x: Tensor) -> Tensor:
        divergence = 0.5 * (1 + out[2] - out[1] ** 2 - out[2].exp()).sum(1).mean()
        return F.mse_loss(out[0], x) + divergence

    x, _ = table(256, 20)
    return {"model": Vae(), "data": (x, x), "loss": loss}
