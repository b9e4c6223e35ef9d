"""Faulty programs: optimizers, data, and training that cannot work."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from corpus.rows import numbers, pictures, table


def _mlp(out: int = 3, hidden: int = 32) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, hidden), nn.ReLU(), nn.Linear(hidden, out))


def o601_head_swapped_after() -> dict[str, Any]:
    model = _mlp(10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    model[2] = nn.Linear(32, 3)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o601_another_model() -> dict[str, Any]:
    model = _mlp()
    optimizer = torch.optim.Adam(model.parameters())
    return {
        "model": copy.deepcopy(model),
        "data": table(classes=3),
        "loss": nn.CrossEntropyLoss(),
        "optimizer": optimizer,
    }


def o601_only_the_last_layer() -> dict[str, Any]:
    model = _mlp()
    optimizer = torch.optim.Adam(model[2].parameters(), lr=1e-3)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o603_dropout_in_evaluation() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 64), nn.Linear(64, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = F.dropout(F.relu(self.a(x)), 0.5)
            return self.b(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def o603_dropout_layer_made_in_forward() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 64), nn.Linear(64, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = nn.Dropout(0.3)(F.relu(self.a(x)))
            return self.b(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def o605_adam_with_ten() -> dict[str, Any]:
    model = _mlp()
    optimizer = torch.optim.Adam(model.parameters(), lr=10)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o605_nothing() -> dict[str, Any]:
    model = _mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def o605_runs_away() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=20, momentum=0.9)
    return {"model": model, "data": numbers(), "loss": nn.MSELoss(), "optimizer": optimizer}


def o610_sorted_by_class() -> dict[str, Any]:
    x, y = table(300, classes=3)
    order = y.argsort()
    loader = DataLoader(TensorDataset(x[order], y[order]), batch_size=32)
    return {"model": _mlp(), "data": loader, "loss": nn.CrossEntropyLoss()}


def o610_own_dataset_of_two_files() -> dict[str, Any]:
    class TwoFiles(Dataset[tuple[Tensor, Tensor]]):
        def __init__(self) -> None:
            x, y = table(200)
            self.x = torch.cat([x[y == 0], x[y == 1]])
            self.y = torch.cat([y[y == 0], y[y == 1]])

        def __len__(self) -> int:
            return len(self.y)

        def __getitem__(self, at: int) -> tuple[Tensor, Tensor]:
            return self.x[at], self.y[at]

    return {
        "model": _mlp(2),
        "data": DataLoader(TwoFiles(), batch_size=16, shuffle=False),
        "loss": nn.CrossEntropyLoss(),
    }


def o613_require_grad() -> dict[str, Any]:
    model = _mlp()
    for parameter in model[0].parameters():
        parameter.require_grad = False
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def o613_set_on_the_module() -> dict[str, Any]:
    model = _mlp()
    model[0].requires_grad = False
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def o613_softmax_without_an_axis() -> dict[str, Any]:
    """Also M403 or S308."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.score = nn.Linear(8, 8)
            self.out = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(x * F.softmax(self.score(x)))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def o613_changed_in_place() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            hidden = torch.sigmoid(self.a(x))
            hidden += x
            return self.b(hidden)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def d101_nan_in_a_column() -> dict[str, Any]:
    x, y = table(classes=3)
    x[17, 3] = float("nan")
    return {"model": _mlp(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def d101_division_by_zero() -> dict[str, Any]:
    x, y = numbers()
    ratio = x[:, 0] / torch.relu(x[:, 1])
    data = torch.cat([x[:, 1:], ratio.unsqueeze(1)], dim=1)
    loader = DataLoader(TensorDataset(data, y), batch_size=64, shuffle=True)
    return {"model": _mlp(1), "data": loader, "loss": nn.MSELoss()}


def d108_bytes() -> dict[str, Any]:
    made = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (64, 1, 28, 28), generator=made).float()
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    return {"model": model, "data": (x, pictures()[1]), "loss": nn.CrossEntropyLoss()}


def d108_income_beside_age() -> dict[str, Any]:
    x, y = table(classes=3)
    x = x * torch.tensor([1, 1, 10, 1, 30_000, 1, 1, 1.0])
    return {"model": _mlp(), "data": (x, y), "loss": nn.CrossEntropyLoss()}


def d108_years_and_prices() -> dict[str, Any]:
    x, y = table(classes=3)
    return {"model": _mlp(), "data": (x * 300 + 2_000, y), "loss": nn.CrossEntropyLoss()}


def t712_multiplied_by_zero() -> dict[str, Any]:
    """Also T713."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(1)
            self.mask = torch.zeros(1)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x) * self.mask

    return {"model": Net(), "data": numbers(), "loss": nn.MSELoss()}


def t712_dead_units() -> dict[str, Any]:
    """Also T713."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 32), nn.Linear(32, 3, bias=False)
            nn.init.constant_(self.a.bias, -50.0)

        def forward(self, x: Tensor) -> Tensor:
            return self.b(F.relu(self.a(x)))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def t713_second_input_forgotten() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(3)

        def forward(self, numbers: Tensor, extra: Tensor) -> Tensor:
            return self.layers(numbers)

    x, y = table(classes=3)
    loader = DataLoader(TensorDataset(x, x * 2, y), batch_size=32, shuffle=True)
    return {"model": Net(), "data": loader, "loss": nn.CrossEntropyLoss()}


def t713_noise_instead_of_the_input() -> dict[str, Any]:
    """Also T712 or M409."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(3)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(torch.ones_like(x))

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def d107_one_class_left() -> dict[str, Any]:
    x, y = table()
    return {"model": _mlp(2), "data": (x, y * 0), "loss": nn.CrossEntropyLoss()}
