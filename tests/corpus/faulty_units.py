"""Faulty programs as they are handed in, continued: order of steps, dead and saturated units."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus.rows import pictures, table, words


class Encoder(nn.Module):
    """A transformer that classifies words."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.out = nn.Embedding(50, 16), nn.Linear(16, 2)
        layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.encoder(self.embedding(x)).mean(dim=1))


def s312_words_without_positions() -> dict[str, Any]:
    return {"model": Encoder(), "data": words(), "loss": nn.CrossEntropyLoss()}


def s312_own_attention_over_a_series() -> dict[str, Any]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.q, self.k = nn.Linear(1, 16), nn.Linear(16, 16), nn.Linear(16, 16)
            self.v, self.out = nn.Linear(16, 16), nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            x = self.embed(x)
            weights = F.softmax(self.q(x) @ self.k(x).transpose(1, 2) / 4, dim=-1)
            return self.out((weights @ self.v(x)).mean(1))

    x = torch.randn(64, 20, 1, generator=torch.Generator().manual_seed(0)).cumsum(1) / 4
    return {"model": Net(), "data": (x[:, :-1], x[:, -1] - x[:, -2]), "loss": nn.MSELoss()}


def t707_biases_far_below_zero() -> dict[str, Any]:
    """Also T712, T713 or M409."""
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 3))
    nn.init.constant_(model[0].bias, -8.0)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def t707_weights_all_negative() -> dict[str, Any]:
    """Also T712, T713 or M409."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    nn.init.uniform_(model[1].weight, -0.1, 0.0)
    x = torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return {"model": model, "data": (x, pictures()[1]), "loss": nn.CrossEntropyLoss()}


def t708_wide_start_of_sigmoids() -> dict[str, Any]:
    """Also H505."""
    model = nn.Sequential(nn.Linear(8, 64), nn.Sigmoid(), nn.Linear(64, 3))
    nn.init.normal_(model[0].weight, std=20.0)
    return {"model": model, "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def t708_unscaled_inputs_into_tanh() -> dict[str, Any]:
    """Also D108."""
    x, y = table(classes=3)
    model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 3))
    return {"model": model, "data": (x * 200, y), "loss": nn.CrossEntropyLoss()}


class History(nn.Module):
    """A classifier that remembers what it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head, self.history = nn.Linear(8, 16), nn.Linear(16, 3), {}
        self.hidden: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.body(x))
        return self.remember(hidden, self.head(hidden))

    def remember(self, hidden: Tensor, out: Tensor) -> Tensor:
        raise NotImplementedError


def o604_hidden_states_in_a_list() -> dict[str, Any]:
    class Net(History):
        def remember(self, hidden: Tensor, out: Tensor) -> Tensor:
            self.hidden.append(hidden)
            return out

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}


def o604_norms_by_step() -> dict[str, Any]:
    class Net(History):
        def remember(self, hidden: Tensor, out: Tensor) -> Tensor:
            self.history[len(self.history)] = out.norm()
            return out

    return {"model": Net(), "data": table(classes=3), "loss": nn.CrossEntropyLoss()}
