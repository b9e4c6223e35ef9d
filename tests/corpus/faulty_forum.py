"""Faulty programs as people show them when they ask why nothing is learned: losses and last layers."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import binary, numbers, pictures, table


class Features(nn.Module):
    """Two convolutions and a head, as in the tutorial; `last` is what the question is about."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1, self.fc2 = nn.Linear(16 * 4 * 4, 84), nn.Linear(84, classes)

    def logits(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


def h501_softmax_with_a_temperature() -> dict[str, Any]:
    class Net(Features):
        def forward(self, x: Tensor) -> Tensor:
            return F.softmax(self.logits(x) / 2.0, dim=1)

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss(label_smoothing=0.1)}


def h501_classifier_block_ends_with_softmax() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU())
            self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(32, 4), nn.Softmax(dim=-1))

        def forward(self, x: Tensor) -> Tensor:
            features = self.body(x)
            return self.classifier(features)

    loader = DataLoader(TensorDataset(*table(classes=4)), batch_size=32, shuffle=True)
    return {"model": Net(), "data": loader, "loss": nn.CrossEntropyLoss()}


def h501_map_of_probabilities() -> dict[str, Any]:
    class Segment(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down = nn.Conv2d(1, 8, 3, padding=1)
            self.out = nn.Conv2d(8, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.softmax(self.out(torch.relu(self.down(x))), dim=1)

    x, _ = pictures(16, 1, 16)
    mask = (x[:, 0] > 0.5).long() + (x[:, 0] > 1).long()
    return {"model": Segment(), "data": (x, mask), "loss": nn.CrossEntropyLoss()}


def h501_sigmoid_before_cross_entropy() -> dict[str, Any]:
    """Also M402."""

    class Net(Features):
        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(self.logits(x))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def h501_returns_probabilities_and_classes() -> dict[str, Any]:
    class Net(Features):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            probabilities = F.softmax(self.logits(x), dim=1)
            return probabilities, probabilities.argmax(dim=1)

    def loss(output: Any, target: Tensor) -> Tensor:
        return F.cross_entropy(output[0], target)

    return {"model": Net(), "data": pictures(), "loss": loss}


def h501_nll_forgotten_log() -> dict[str, Any]:
    class Net(Features):
        def forward(self, x: Tensor) -> Tensor:
            return self.logits(x)

    return {"model": Net(), "data": pictures(), "loss": F.nll_loss}


def h502_squeezed_sigmoid_with_logits() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer_1, self.layer_2 = nn.Linear(8, 64), nn.Linear(64, 64)
            self.layer_out = nn.Linear(64, 1)
            self.relu, self.dropout = nn.ReLU(), nn.Dropout(p=0.1)
            self.batchnorm1 = nn.BatchNorm1d(64)

        def forward(self, inputs: Tensor) -> Tensor:
            x = self.batchnorm1(self.relu(self.layer_1(inputs)))
            x = self.dropout(self.relu(self.layer_2(x)))
            return torch.sigmoid(self.layer_out(x)).squeeze(1)

    x, y = binary()
    return {"model": Net(), "data": (x, y.squeeze(1)), "loss": nn.BCEWithLogitsLoss()}


def h502_sigmoid_by_hand() -> dict[str, Any]:
    class Logistic(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(8, 1)

        def forward(self, x: Tensor) -> Tensor:
            return 1 / (1 + torch.exp(-self.linear(x)))

    return {"model": Logistic(), "data": binary(), "loss": nn.BCEWithLogitsLoss()}


def h502_relu_into_bce() -> dict[str, Any]:
    """Also M402 or H509."""
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.ReLU())
    return {"model": model, "data": binary(), "loss": nn.BCELoss()}


def h502_several_labels_twice() -> dict[str, Any]:
    x, _ = table()
    y = (x[:, :3] > 0).float()
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3), nn.Sigmoid())
    return {"model": model, "data": (x, y), "loss": nn.MultiLabelSoftMarginLoss()}


def h503_log_softmax_of_one() -> dict[str, Any]:
    """Also S307 or S304 or H501."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 16), nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            return F.log_softmax(self.b(F.relu(self.a(x))), dim=1)

    x, y = binary()
    return {"model": Net(), "data": (x, y), "loss": nn.MSELoss()}


def h503_softmax_for_tags() -> dict[str, Any]:
    x, _ = table()
    tags = (x[:, :5] > 0).float()
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 5), nn.Softmax(dim=1))
    return {"model": model, "data": (x, tags), "loss": nn.BCELoss()}


def h505_scores_times_a_hundred() -> dict[str, Any]:
    class Net(Features):
        def forward(self, x: Tensor) -> Tensor:
            return self.logits(x) * 100

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def h507_sum_of_the_batch() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))

    def loss(prediction: Tensor, target: Tensor) -> Tensor:
        return torch.sum((prediction - target) ** 2)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return {"model": model, "data": numbers(), "loss": loss, "optimizer": optimizer}


def h508_counts_as_weights() -> dict[str, Any]:
    x, y = table(600, classes=3)
    keep = (y != 2) | (torch.arange(600) % 12 == 0)
    x, y = x[keep], y[keep]
    weight = torch.bincount(y, minlength=3).float()
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    return {"model": model, "data": (x, y), "loss": nn.CrossEntropyLoss(weight=weight / weight.sum())}


def h508_two_weights_for_three() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]))}


def h509_tanh_for_temperatures() -> dict[str, Any]:
    """Also D109."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.fc = nn.LSTM(1, 16, batch_first=True), nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.lstm(x)
            return torch.tanh(self.fc(out[:, -1]))

    x = torch.randn(128, 24, 1, generator=torch.Generator().manual_seed(0))
    return {"model": Net(), "data": (x, 15 + 8 * x[:, -1]), "loss": nn.MSELoss()}


def h509_clamped_to_one() -> dict[str, Any]:
    """Also M409 or M402."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 16), nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.clamp(self.b(torch.relu(self.a(x))), 0, 1)

    return {"model": Net(), "data": numbers(), "loss": nn.L1Loss()}


def h509_softplus_for_changes() -> dict[str, Any]:
    """Also M402."""
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.Softplus())
    return {"model": model, "data": numbers(), "loss": nn.SmoothL1Loss()}


def d109_salaries() -> dict[str, Any]:
    x, y = numbers()
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loader = DataLoader(TensorDataset(x, 52_000 + 14_000 * y), batch_size=32, shuffle=True)
    return {"model": model, "data": loader, "loss": nn.MSELoss(), "optimizer": optimizer}


def s305_hubers_column() -> dict[str, Any]:
    x, y = numbers()
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
    return {"model": model, "data": (x, y.squeeze()), "loss": nn.HuberLoss()}


def s305_forecast_without_its_last_axis() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.fc = nn.GRU(1, 16, batch_first=True), nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.gru(x)[0])

    x = torch.randn(12, 12, 1, generator=torch.Generator().manual_seed(0))
    return {"model": Net(), "data": (x, x[..., 0].cumsum(1) / 4), "loss": nn.MSELoss()}


def s305_own_mean_of_absolute_errors() -> dict[str, Any]:
    x, y = numbers()
    model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1))
    return {"model": model, "data": (x, y[:, 0]), "loss": lambda out, true: torch.mean(torch.abs(true - out))}
