"""Faulty programs: shapes, types, labels, and rows that see each other."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import numbers, pictures, series, table


def _mlp(out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, out))


def s301_next_layer_of_another_width() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s301_columns_counted_wrongly() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(5, 16, batch_first=True)
            self.head = nn.Linear(16, 4)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.rnn(x)
            return self.head(out[:, -1])

    return {"model": Net(), "data": series(), "loss": nn.CrossEntropyLoss()}


def s302_channels_last() -> dict[str, Any]:
    x, y = pictures(channels=3)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    return {"model": model, "data": (x.permute(0, 2, 3, 1), y), "loss": nn.CrossEntropyLoss()}


def s302_no_channel() -> dict[str, Any]:
    x, y = pictures()
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    return {"model": model, "data": (x.squeeze(1), y), "loss": nn.CrossEntropyLoss()}


class Flat(nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(features, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(torch.flatten(x, 1))


def s303_flatten_arithmetic() -> dict[str, Any]:
    return {"model": Flat(32 * 7 * 7), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def s303_pooled_to_nothing() -> dict[str, Any]:
    """Also S301."""
    layers: list[nn.Module] = []
    for into, out in ((1, 8), (8, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(into, out, 3), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 10))
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


def s303_view_of_another_size() -> dict[str, Any]:
    """Also S308."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 5)
            self.fc = nn.Linear(4 * 25 * 25, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(F.relu(self.conv(x)).view(-1, 4 * 25 * 25))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def s304_ten_outputs_for_three_classes() -> dict[str, Any]:
    return {"model": _mlp(10), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s304_a_thousand_outputs() -> dict[str, Any]:
    x, y = pictures(classes=7)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 1000))
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss()}


def s305_column_against_row() -> dict[str, Any]:
    x, y = numbers()
    return {"model": _mlp(1), "data": (x, y.squeeze(1)), "loss": nn.MSELoss()}


def s305_by_hand() -> dict[str, Any]:
    x, y = numbers()
    return {"model": _mlp(1), "data": (x, y.view(-1)), "loss": lambda out, target: torch.mean((out - target) ** 2)}


def s305_squeezed_output() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(1)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x).squeeze(-1)

    return {"model": Net(), "data": numbers(), "loss": F.smooth_l1_loss}


def s305_binary_shapes() -> dict[str, Any]:
    x, y = table()
    return {"model": _mlp(1), "data": (x, y.float()), "loss": nn.BCEWithLogitsLoss()}


def s306_float_labels() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _mlp(3), "data": (x, y.float()), "loss": nn.CrossEntropyLoss()}


def s306_labels_in_a_column() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _mlp(3), "data": (x, y.unsqueeze(1)), "loss": nn.CrossEntropyLoss()}


def s306_double_inputs() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _mlp(3), "data": (x.double(), y), "loss": nn.CrossEntropyLoss()}


def s306_whole_numbers_for_bce() -> dict[str, Any]:
    x, y = table()
    return {"model": _mlp(1), "data": (x, y.unsqueeze(1)), "loss": nn.BCEWithLogitsLoss()}


def s306_whole_numbers_for_squares() -> dict[str, Any]:
    x, _ = table()
    y = (3 * x[:, :1]).round().long()
    return {"model": _mlp(1), "data": (x, y), "loss": nn.MSELoss()}


def s307_labels_from_one() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _mlp(3), "data": (x, y + 1), "loss": nn.CrossEntropyLoss()}


def s307_minus_one_for_no() -> dict[str, Any]:
    x, y = table()
    loader = DataLoader(TensorDataset(x, 2 * y - 1), batch_size=32, shuffle=True)
    return {"model": _mlp(2), "data": loader, "loss": nn.CrossEntropyLoss()}


def s307_signs_for_bce() -> dict[str, Any]:
    x, y = table()
    return {"model": _mlp(1), "data": (x, 2.0 * y.unsqueeze(1) - 1), "loss": nn.BCEWithLogitsLoss()}
