"""Faulty programs: architecture, optimizer, data, and training that cannot work."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import binary, numbers, pictures, table


def _mlp(out: int = 3, hidden: int = 32) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, hidden), nn.ReLU(), nn.Linear(hidden, out))


def m401_no_activation_at_all() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 64), nn.Linear(64, 64), nn.Linear(64, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m401_forgotten_in_forward() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 16, 3)
            self.bn = nn.BatchNorm2d(8)
            self.fc = nn.Linear(16, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = self.bn(self.conv1(x))
            x = F.relu(self.conv2(x))
            return self.fc(x.mean(dim=(2, 3)))

    return {"model": Net(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def m401_dropout_is_no_activation() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 128), nn.Dropout(0.2), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1))
    return {"model": model, "data": numbers(), "loss": nn.MSELoss()}


def m402_relu_on_logits() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(8, 32), nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.fc1(x))
            return F.relu(self.fc2(x))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m402_tanh_then_logits_loss() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.Tanh())
    return {"model": model, "data": binary(), "loss": nn.BCEWithLogitsLoss()}


def m402_sigmoid_for_classes() -> dict[str, Any]:
    """Also H501, H502 or H503."""
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3), nn.Sigmoid())
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m402_dropout_last() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3), nn.Dropout(0.5))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m402_relu_then_sigmoid() -> dict[str, Any]:
    """Also M403."""
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.ReLU(), nn.Sigmoid())
    return {"model": model, "data": binary(), "loss": nn.BCELoss()}


def m403_softmax_between_layers() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.Softmax(dim=1), nn.Linear(32, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m403_activations_in_a_row() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(8, 32), nn.ReLU())
            self.out = nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(torch.sigmoid(self.body(x)))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m405_constant_weights() -> dict[str, Any]:
    model = _mlp()
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.constant_(layer.weight, 0.1)
            nn.init.zeros_(layer.bias)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m405_everything_zero() -> dict[str, Any]:
    """Also T712 or T713."""
    model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1))
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    return {"model": model, "data": numbers(), "loss": nn.MSELoss()}


def m407_keep_rate() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Dropout(0.95), nn.Linear(64, 3))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m407_everything_dropped() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 64), nn.Linear(64, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.b(F.dropout(F.relu(self.a(x)), p=1.0, training=self.training))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m408_last_batch_of_one() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    loader = DataLoader(TensorDataset(*table(257, classes=3)), batch_size=32, shuffle=True)
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss()}


def m408_batches_of_one() -> dict[str, Any]:
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model.append(nn.Linear(8, 10))
    return {
        "model": model,
        "data": DataLoader(TensorDataset(*pictures()), batch_size=1, shuffle=True),
        "loss": F.cross_entropy,
    }


def m409_forgotten_layer() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2, self.fc3 = nn.Linear(8, 32), nn.Linear(32, 32), nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc3(F.relu(self.fc1(x)))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m409_detached() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(8, 32), nn.ReLU())
            self.head = nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.encoder(x).detach())

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m409_made_anew_from_the_values() -> dict[str, Any]:
    model = _mlp(1)
    return {"model": model, "data": numbers(), "loss": lambda out, y: F.mse_loss(out.data, y)}


def m409_through_numpy() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 16), nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            hidden = np.tanh(self.a(x).detach().numpy())
            return self.b(torch.from_numpy(hidden))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m409_classes_before_the_loss() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _mlp(3), "data": (x, y), "loss": lambda out, t: (out.argmax(dim=1) != t).float().mean()}
