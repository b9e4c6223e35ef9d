"""Faulty programs of student projects: modules of their own, with losses and optimizers as they stand in the report."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from corpus.rows import binary, numbers, pictures, table, words


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


class Frame(Dataset[tuple[Tensor, Tensor]]):
    """Rows of a frame, one after another, as tutorials write it."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.x[i], self.y[i]


def h502_probability_of_churn_twice() -> dict[str, Any]:
    class Net(Churn):
        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(super().forward(x)).flatten()

    def loss(out: Tensor, y: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(out, y, pos_weight=torch.tensor(2.0))

    x, y = binary()
    return {"model": Net(), "data": DataLoader(Frame(x, y.flatten()), 32, shuffle=True), "loss": loss}


def s305_dataset_gives_single_numbers() -> dict[str, Any]:
    x, y = numbers()
    loader = DataLoader(Frame(x, y[:, 0]), batch_size=32, shuffle=True)
    model = Churn()
    return {
        "model": model,
        "data": loader,
        "loss": nn.SmoothL1Loss(),
        "optimizer": torch.optim.Adam(model.parameters()),
    }


def s307_codes_of_the_questionnaire() -> dict[str, Any]:
    """Also S304."""
    x, y = table(classes=3)
    return {"model": Churn(out=3), "data": DataLoader(Frame(x, y * 10 + 10), 32), "loss": nn.CrossEntropyLoss()}


def s311_blocks_in_a_tuple() -> dict[str, Any]:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(32, 32), nn.Linear(32, 32)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.b(F.relu(self.a(x)))

    class Net(nn.Module):
        def __init__(self, depth: int = 3) -> None:
            super().__init__()
            self.stem, self.head = nn.Linear(8, 32), nn.Linear(32, 3)
            self.blocks = tuple(Block() for _ in range(depth))

        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            for block in self.blocks:
                x = block(x)
            return self.head(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def s311_positions_that_require_a_gradient() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(50, 16)
            self.pos = torch.zeros(1, 12, 16, requires_grad=True)
            self.encoder = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
            self.out = nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.encoder(self.embed(x) + self.pos).mean(1))

    return {"model": Net(), "data": words(), "loss": nn.CrossEntropyLoss()}


def m409_first_layer_called_twice() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inp = nn.Linear(8, 32)
            self.h1, self.h2, self.h3 = nn.Linear(32, 32), nn.Linear(32, 32), nn.Linear(32, 32)
            self.out = nn.Linear(32, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.inp(x))
            x = F.relu(self.h1(x))
            x = F.relu(self.h2(x))
            x = F.relu(self.h2(x))
            return self.out(x)

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def m409_branch_is_overwritten() -> dict[str, Any]:
    class Block(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(width, width, 3, padding=1)
            self.conv2 = nn.Conv2d(width, width, 3, padding=1)
            self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

        def forward(self, x: Tensor) -> Tensor:
            out = F.relu(self.bn1(self.conv1(x)))
            out = self.bn2(self.conv2(x))
            return F.relu(out + x)

    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), Block(8), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model.append(nn.Linear(8, 10))
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


def m401_autoencoder_without_activations() -> dict[str, Any]:
    class Auto(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(64, 48), nn.Linear(48, 32), nn.Linear(32, 16))
            self.decoder = nn.Sequential(nn.Linear(16, 32), nn.Linear(32, 48), nn.Linear(48, 64))

        def forward(self, x: Tensor) -> Tensor:
            return self.decoder(self.encoder(x))

    x, _ = table(256, 64)
    return {"model": Auto(), "data": (x, x), "loss": nn.MSELoss()}


def m402_gelu_after_every_layer() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self, sizes: tuple[int, ...] = (8, 64, 32, 4)) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x = F.gelu(layer(x))
            return x

    return {"model": Net(), "data": table(classes=4), "loss": nn.CrossEntropyLoss()}


def h509_percent_out_of_a_sigmoid() -> dict[str, Any]:
    """Also D109."""
    x, y = numbers()
    percent = torch.sigmoid(y) * 100

    class Net(Churn):
        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(super().forward(x))

    return {"model": Net(), "data": Frame(x, percent), "loss": nn.L1Loss()}


def h505_tied_embedding_as_it_comes() -> dict[str, Any]:
    class Model(nn.Module):
        def __init__(self, words: int = 400, width: int = 128) -> None:
            super().__init__()
            self.embed = nn.Embedding(words, width)
            self.gru = nn.GRU(width, width, batch_first=True)
            self.out = nn.Linear(width, words, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.embed(x) + self.gru(self.embed(x))[0]).transpose(1, 2)

    x, _ = words(64, 13, 400)
    return {"model": Model(), "data": (x[:, :-1], x[:, 1:]), "loss": nn.CrossEntropyLoss()}


def h507_loss_times_the_batch() -> dict[str, Any]:
    x, y = numbers(512)

    def loss(out: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(out, target) * out.shape[0]

    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return {"model": model, "data": DataLoader(Frame(x, y), 128, shuffle=True), "loss": loss, "optimizer": optimizer}
