"""Modules that torch.nn lacks: branches (`Residual`, `Concat`) and embedded categories (`Embed`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.model import lengths
from modelwright.model.masks import StepBlock, Steps, through

EMBEDDING_RANGE = 0.05
"""Embeddings start uniform in ±0.05, as Keras' do: torch's N(0, 1) drowns the other inputs, and learns slower."""


class Residual(StepBlock):
    """Add the input, or a `shortcut` of it, to what the layers make of it: [N, …] → [N, …].

    >>> Residual(nn.Identity())(torch.ones(1, 2))
    tensor([[2., 2.]])
    """

    def __init__(self, *layers: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.shortcut = shortcut

    def forward(self, x: Tensor, steps: Steps | None = None) -> Any:
        if steps is None:
            return (x if self.shortcut is None else self.shortcut(x)) + self.layers(x)
        around, kept = through([] if self.shortcut is None else [self.shortcut], x, steps)
        inner, after = through(self.layers, x, steps)
        if after is None and kept is not None:  # what stands at padded steps is no longer told apart
            around = kept.fill(around)
        return around + inner, after


class Concat(StepBlock):
    """Give the input to each branch and join the results along the channels: [N, A, …], [N, B, …] → [N, A + B, …].

    >>> Concat(nn.Identity(), nn.Identity())(torch.ones(1, 2)).shape
    torch.Size([1, 4])
    """

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, steps: Steps | None = None) -> Any:
        if steps is None:
            return torch.cat([layer(x) for layer in self.layers], dim=1)
        branches, each = zip(*(through([layer], x, steps) for layer in self.layers), strict=True)
        if any(one is None or one.axis == 1 for one in each):
            filled = (x if one is None else one.fill(x) for x, one in zip(branches, each, strict=True))
            return torch.cat(list(filled), dim=1), None
        return torch.cat(branches, dim=1), each[0]


class Embed(nn.Module):
    """Put a learned vector for each category beside the numbers: x [N, W], codes [N, E] → [N, W + widths].

    Code 0 stands for a category that training rows don't have; its vector is 0, the middle of the others, and stays so.
    """

    def __init__(self, sizes: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(count + 1, width, padding_idx=0) for count, width in sizes)
        for table in self.tables:
            assert isinstance(table, nn.Embedding)
            nn.init.uniform_(table.weight, -EMBEDDING_RANGE, EMBEDDING_RANGE)
            with torch.no_grad():
                table.weight[0].zero_()

    def extra_repr(self) -> str:
        return f"Embedding × {len(self.tables)}"

    def forward(self, x: Tensor, codes: Tensor) -> Tensor:
        return torch.cat([x, *(table(codes[:, i]) for i, table in enumerate(self.tables))], dim=1)


class Fronted(nn.Module):
    """Layers behind a front: (inputs …) → [N, …] → [N, width]; where the front also tells the steps, they go along.

    `mirror`: in evaluation the mean of the results for pictures and for their mirror images.
    """

    def __init__(self, front: nn.Module, layers: nn.Module, mirror: bool = False) -> None:
        super().__init__()
        self.front = front
        self.layers = layers
        self.mirror = mirror
        self.any_length = lengths.any_length([layers])
        self.costly = lengths.costly(layers)
        self.reach = lengths.reach(layers)

    def forward(self, *inputs: Tensor) -> Tensor:
        made = self.front(*inputs)
        if not isinstance(made, tuple):
            if self.mirror and not self.training:
                return (self.layers(made) + self.layers(made.flip(-1))) / 2
            return self.layers(made)
        x, steps = made
        if self.any_length and steps is not None and lengths.can_group(x):
            return lengths.in_groups(self.layers, x, steps, apart=self.costly, least=self.reach)
        return through((self.layers,), x, steps)[0]
