"""Right programs with unusual forms: own layers, losses, layouts and tricks that are meant."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from corpus.rows import numbers, pictures, series, table, words


class Positions(nn.Module):
    """Sines and cosines, added to what is given."""

    def __init__(self, width: int, length: int = 64) -> None:
        super().__init__()
        at = torch.arange(length).unsqueeze(1)
        rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
        table = torch.zeros(length, width)
        table[:, 0::2], table[:, 1::2] = torch.sin(at * rate), torch.cos(at * rate)
        self.register_buffer("table", table)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table[: x.shape[1]]


def right_encoder_with_positions() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.positions = nn.Embedding(50, 16), Positions(16)
            self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 2)
            self.out = nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.encoder(self.positions(self.embedding(x))).mean(1))

    return {"model": Net(), "data": words(), "loss": nn.CrossEntropyLoss()}


def right_set_of_points_has_no_order() -> dict[str, Any]:
    class Points(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.each = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
            self.out = nn.Linear(32, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.each(x).amax(dim=1))

    return {"model": Points(), "data": series(), "loss": nn.CrossEntropyLoss()}


def right_patches_of_pictures() -> dict[str, Any]:
    class Vit(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patch = nn.Conv2d(1, 16, 7, stride=7)
            self.cls, self.position = nn.Parameter(torch.zeros(1, 1, 16)), nn.Parameter(torch.randn(1, 17, 16) * 0.02)
            self.encoder = nn.TransformerEncoder(
                nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=True), 2, enable_nested_tensor=False
            )
            self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = self.patch(x).flatten(2).transpose(1, 2)
            x = torch.cat([self.cls.expand(len(x), -1, -1), x], dim=1) + self.position
            return self.head(self.norm(self.encoder(x)[:, 0]))

    return {"model": Vit(), "data": pictures(), "loss": nn.CrossEntropyLoss()}


def right_causal_convolutions() -> dict[str, Any]:
    class Wave(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.out = nn.Conv1d(1, 8, 3), nn.Conv1d(8, 8, 3, dilation=2), nn.Conv1d(8, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            x = x.transpose(1, 2)
            x = F.relu(self.first(F.pad(x, (2, 0))))
            x = F.relu(self.second(F.pad(x, (4, 0))))
            return self.out(x).transpose(1, 2)

    x = torch.randn(64, 25, 1, generator=torch.Generator().manual_seed(0)).cumsum(1) / 5
    return {"model": Wave(), "data": (x[:, :-1], x[:, 1:]), "loss": nn.MSELoss()}


def right_unet() -> dict[str, Any]:
    class Unet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down, self.deep = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
            self.up, self.out = nn.ConvTranspose2d(16, 8, 2, stride=2), nn.Conv2d(16, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            first = F.relu(self.down(x))
            deep = F.relu(self.deep(F.max_pool2d(first, 2)))
            return self.out(torch.cat([self.up(deep), first], dim=1))

    x, _ = pictures(8, 1, 28)
    return {"model": Unet(), "data": (x, (x > 0).float()), "loss": nn.BCEWithLogitsLoss()}


def right_dice_loss() -> dict[str, Any]:
    def dice(output: Tensor, target: Tensor) -> Tensor:
        p = torch.sigmoid(output)
        both = (p * target).sum((1, 2, 3))
        return (1 - (2 * both + 1) / (p.sum((1, 2, 3)) + target.sum((1, 2, 3)) + 1)).mean()

    x, _ = pictures(16, 1, 16)
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
    return {"model": model, "data": (x, (x > 0.5).float()), "loss": dice}


def right_focal_loss() -> dict[str, Any]:
    def focal(output: Tensor, target: Tensor) -> Tensor:
        each = F.cross_entropy(output, target, reduction="none")
        return ((1 - torch.exp(-each)) ** 2 * each).mean()

    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": table(classes=3), "loss": focal}


def right_mixture_of_losses() -> dict[str, Any]:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.kind, self.size = nn.Linear(8, 32), nn.Linear(32, 3), nn.Linear(32, 1)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            hidden = F.silu(self.body(x))
            return self.kind(hidden), self.size(hidden).squeeze(1)

    def loss(output: tuple[Tensor, Tensor], target: Tensor) -> Tensor:
        return F.cross_entropy(output[0], target[:, 0].long()) + 0.1 * F.mse_loss(output[1], target[:, 1])

    x, y = table(classes=3)
    return {"model": Two(), "data": (x, torch.stack([y.float(), x[:, 0]], 1)), "loss": loss}


def right_weights_shared_with_the_embedding() -> dict[str, Any]:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.gru = nn.Embedding(50, 16), nn.GRU(16, 16, batch_first=True)
            self.out = nn.Linear(16, 50, bias=False)
            nn.init.normal_(self.embedding.weight, std=0.1)
            self.out.weight = self.embedding.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.gru(self.embedding(x))[0]).flatten(0, 1)

    x, _ = words(length=13)
    loss = lambda output, target: F.cross_entropy(output, target.flatten())  # noqa: E731
    return {"model": Tied(), "data": (x[:, :-1], x[:, 1:]), "loss": loss}


def right_random_features() -> dict[str, Any]:
    class Fourier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("waves", torch.randn(8, 32))
            self.out = nn.Linear(64, 1)

        def forward(self, x: Tensor) -> Tensor:
            phase = x @ self.waves
            return self.out(torch.cat([phase.sin(), phase.cos()], dim=1))

    return {"model": Fourier(), "data": numbers(), "loss": nn.MSELoss()}


def right_straight_through() -> dict[str, Any]:
    class Codes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 16), nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            soft = torch.sigmoid(self.a(x))
            return self.b(soft + (soft.round() - soft).detach())

    return {"model": Codes(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def right_ghost_rest_is_dropped() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 3))
    loader = DataLoader(TensorDataset(*table(129, classes=3)), batch_size=32, shuffle=True, drop_last=True)
    return {"model": model, "data": loader, "loss": nn.CrossEntropyLoss()}


def right_heteroscedastic() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.mean, self.log_variance = nn.Linear(8, 32), nn.Linear(32, 1), nn.Linear(32, 1)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            hidden = torch.tanh(self.body(x))
            return self.mean(hidden), F.softplus(self.log_variance(hidden)) + 1e-3

    def loss(output: tuple[Tensor, Tensor], target: Tensor) -> Tensor:
        return F.gaussian_nll_loss(output[0], target, output[1])

    return {"model": Net(), "data": numbers(), "loss": loss}


def right_ordinal_steps() -> dict[str, Any]:
    x, y = table(classes=4)
    steps = (y.unsqueeze(1) > torch.arange(3)).float()
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
    return {"model": model, "data": (x, steps), "loss": nn.BCEWithLogitsLoss()}


def right_bag_of_words_that_sees_pairs() -> dict[str, Any]:
    class Bag(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.norm, self.head = nn.Embedding(50, 16), nn.LayerNorm(16), nn.Linear(16, 2)
            self.attend = nn.MultiheadAttention(16, 4, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            x = self.embed(x)
            return self.head(self.norm(x + self.attend(x, x, x, need_weights=False)[0]).mean(1))

    return {"model": Bag(), "data": words(), "loss": nn.CrossEntropyLoss()}
