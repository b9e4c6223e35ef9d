"""Faulty programs with a slip that any first script may have: a wrong shape, order or number is handed over."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import numbers, pictures, series, table


def _mlp(out: int = 3, columns: int = 8) -> nn.Sequential:
    return nn.Sequential(nn.Linear(columns, 32), nn.ReLU(), nn.Linear(32, out))


def s306_one_hot_of_whole_numbers() -> dict[str, Any]:
    """Also S305 or S307."""
    x, y = table(classes=3)
    return {"model": _mlp(), "data": (x, F.one_hot(y)), "loss": nn.CrossEntropyLoss()}


def o610_loader_without_a_batch() -> dict[str, Any]:
    """Also F002."""
    loader = DataLoader(TensorDataset(*table(100, classes=3)), batch_size=128, shuffle=True, drop_last=True)
    return {"model": _mlp(), "data": loader, "loss": nn.CrossEntropyLoss()}


def s301_forward_returns_nothing() -> dict[str, Any]:
    """Also Y009 or S305."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp()

        def forward(self, x: Tensor) -> None:
            x = self.layers(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s302_flat_pixels_into_a_convolution() -> dict[str, Any]:
    """Also S301."""
    x, y = pictures()
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 26 * 26, 10))
    return {"model": model, "data": (x.flatten(1), y), "loss": nn.CrossEntropyLoss()}


def s305_two_outputs_for_one_label() -> dict[str, Any]:
    """Also H503 or S304."""
    x, y = table()
    return {"model": _mlp(2), "data": (x, y.float()), "loss": nn.BCEWithLogitsLoss()}


def s307_unlabelled_rows_as_minus_one() -> dict[str, Any]:
    x, y = table(classes=3)
    y[::7] = -1
    return {"model": _mlp(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def s301_labels_before_rows() -> dict[str, Any]:
    """Also S302, S305 or S306."""
    x, y = table(classes=3)
    return {"model": _mlp(), "data": (y, x), "loss": nn.CrossEntropyLoss()}


def o601_parameters_of_a_copy() -> dict[str, Any]:
    model = _mlp()
    optimizer = torch.optim.Adam(copy.deepcopy(model).parameters(), lr=1e-3)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def s308_running_sum_over_the_rows() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(torch.cumsum(x, dim=0)[:, -1] / 10)

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s310_heads_before_steps() -> dict[str, Any]:
    """Also S308 or S302."""

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v = nn.Linear(3, 32), nn.Linear(3, 32), nn.Linear(3, 32)
            self.place, self.out = nn.Parameter(torch.randn(20, 3)), nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            b, t, _ = x.shape
            q, k, v = (layer(x + self.place).view(b, 4, t, 8) for layer in (self.q, self.k, self.v))
            mixed = F.scaled_dot_product_attention(q, k, v)
            return self.out(mixed.reshape(b, t, 32).mean(1))

    return {"model": Attention(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s305_labels_of_three_axes() -> dict[str, Any]:
    x, y = numbers()
    return {"model": _mlp(1), "data": (x, y.unsqueeze(-1)), "loss": nn.MSELoss()}


def d108_pixels_shifted_but_not_divided() -> dict[str, Any]:
    x, y = pictures(classes=4)
    pixels = (x.clamp(-2, 2) + 2) * 63.75
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 4))
    return {"model": model, "data": (pixels - 127.5, y), "loss": nn.CrossEntropyLoss()}


def h508_weights_of_another_number_of_classes() -> dict[str, Any]:
    """Also S304."""
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0, 4.0]))
    return {"model": _mlp(), "data": table(classes=3), "loss": loss}


def m407_every_unit_is_dropped() -> dict[str, Any]:
    """Also T713 or T712."""
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Dropout(1.0), nn.Linear(32, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}
