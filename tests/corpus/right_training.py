"""Right programs that look suspicious: optimizers, loaders and data."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

from corpus.rows import numbers, pictures, table


def _mlp(out: int = 3, hidden: int = 32) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, hidden), nn.ReLU(), nn.Linear(hidden, out))


def right_linear_regression() -> dict[str, Any]:
    model = nn.Linear(8, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return {"model": model, "data": numbers(), "loss": nn.MSELoss(), "optimizer": optimizer}


def right_groups_of_parameters() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.LayerNorm(32), nn.ReLU(), nn.Linear(32, 3))
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=3e-4)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_warm_up_begins_at_zero() -> dict[str, Any]:
    model = _mlp()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 100))
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_large_rate_of_sgd() -> dict[str, Any]:
    model = nn.Linear(8, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss(), "optimizer": optimizer}


def right_lbfgs() -> dict[str, Any]:
    model = nn.Linear(8, 1)
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1)
    return {"model": model, "data": numbers(), "loss": nn.MSELoss(), "optimizer": optimizer}


def right_sorted_rows_that_are_shuffled() -> dict[str, Any]:
    x, y = table(300, classes=3)
    order = y.argsort()
    loader = DataLoader(TensorDataset(x[order], y[order]), batch_size=32, shuffle=True)
    return {"model": _mlp(), "data": loader, "loss": nn.CrossEntropyLoss()}


def right_unshuffled_rows_in_random_order() -> dict[str, Any]:
    return {
        "model": _mlp(),
        "data": DataLoader(TensorDataset(*table(classes=3)), batch_size=32),
        "loss": F.cross_entropy,
    }


def right_weighted_sampler() -> dict[str, Any]:
    x, y = table(300)
    order = y.argsort()
    x, y = x[order], y[order]
    sampler = WeightedRandomSampler((1.0 / torch.bincount(y).float())[y].tolist(), len(y))
    return {
        "model": _mlp(2),
        "data": DataLoader(TensorDataset(x, y), batch_size=32, sampler=sampler),
        "loss": F.cross_entropy,
    }


def right_batch_norm_and_a_last_batch_of_two() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    loader = DataLoader(TensorDataset(*table(258, classes=3)), batch_size=32, shuffle=True)
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss()}


def right_batch_norm_and_dropped_rest() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    loader = DataLoader(TensorDataset(*table(257, classes=3)), batch_size=32, shuffle=True, drop_last=True)
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss()}


def right_batches_of_one_with_layer_norm() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, 1))
    return {
        "model": model,
        "data": DataLoader(TensorDataset(*numbers()), batch_size=1, shuffle=True),
        "loss": nn.MSELoss(),
    }


def right_normalised_inside() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(784, 32), nn.Linear(32, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = x.float() / 255
            return self.fc2(F.relu(self.fc1(x.flatten(1))))

    made = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (64, 1, 28, 28), generator=made, dtype=torch.uint8)
    return {"model": Net(), "data": (x, pictures()[1]), "loss": nn.CrossEntropyLoss()}


def right_batch_norm_first() -> dict[str, Any]:
    x, y = table(classes=3)
    model = nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": (x * 5000, y), "loss": nn.CrossEntropyLoss()}


def right_one_hot_columns() -> dict[str, Any]:
    x, y = table(classes=3)
    codes = F.one_hot((x[:, :4] * 2).round().clamp(-3, 3).long() + 3, 7).flatten(1).float()
    model = nn.Sequential(nn.Linear(28, 32), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": (codes, y), "loss": nn.CrossEntropyLoss()}


def right_pixels_from_zero_to_one() -> dict[str, Any]:
    made = torch.Generator().manual_seed(0)
    x = torch.rand(64, 784, generator=made)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    return {"model": model, "data": (x, pictures()[1]), "loss": nn.CrossEntropyLoss()}


def right_lightning_like() -> dict[str, Any]:
    class Lit(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp()

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x)

        def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
            x, y = batch
            return F.cross_entropy(self(x), y)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=1e-3)

    return {"model": Lit(), "data": DataLoader(TensorDataset(*table(classes=3)), batch_size=32, shuffle=True)}


def right_imbalanced_classes() -> dict[str, Any]:
    x, _ = table(600)
    y = (x[:, 0] > 2).float().unsqueeze(1)
    return {"model": _mlp(1), "data": (x, y), "loss": nn.BCEWithLogitsLoss()}


def right_noise_as_labels() -> dict[str, Any]:
    x, _ = table()
    y = torch.randint(0, 2, (256, 1), generator=torch.Generator().manual_seed(3)).float()
    return {"model": _mlp(1), "data": (x, y), "loss": nn.BCEWithLogitsLoss()}
