"""What a contrastive task trains: one or two networks whose outputs, brought to unit length, are the embeddings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

COLDEST = 0.01
"""Least learned temperature, CLIP's: below it the loss looks at the nearest negative alone, and training breaks."""


class Temperature(nn.Module):
    """What similarities are divided by: a number, or exp of a weight that is learned."""

    def __init__(self, value: float, learnable: bool) -> None:
        super().__init__()
        self.value = value
        self.log = nn.Parameter(torch.tensor(math.log(value))) if learnable else None

    def forward(self) -> Tensor | float:
        """Return the temperature."""
        return self.value if self.log is None else self.log.exp().clamp(min=COLDEST)


class Contrast(nn.Module):
    """Inputs of all networks → embeddings of unit length `[N, T · D]`, those of the T networks beside one another.

    `takes` is how many tensors each network takes. `heads` are the projections behind the networks, perhaps none: what
    the loss compares is their output, what the model answers is not.
    """

    def __init__(
        self, networks: Sequence[nn.Module], takes: Sequence[int], heads: Sequence[nn.Module], temperature: Temperature
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.takes = tuple(takes)
        self.heads = nn.ModuleList(heads)
        self.temperature = temperature

    def forward(self, *inputs: Tensor) -> Tensor:
        found = [network(*part) for network, part in zip(self.networks, self._apart(inputs), strict=True)]
        return torch.cat([functional.normalize(one, dim=1) for one in found], dim=1)

    def side(self, number: int, *inputs: Tensor) -> Tensor:
        """Return the embeddings `[N, D]` of one side alone."""
        network = self.networks[number if len(self.networks) > 1 else 0]
        return functional.normalize(network(*inputs), dim=1)

    def compared(self, *inputs: Tensor) -> Tensor:
        """Return what the loss compares, `[V, N, P]`: `inputs` are those of V views or sides one after another."""
        if len(self.networks) > 1:
            parts = self._apart(inputs)
            return torch.stack([self._head(at, network(*parts[at])) for at, network in enumerate(self.networks)])
        takes = self.takes[0]
        views = len(inputs) // takes
        joined = [torch.cat(inputs[at::takes]) if views > 1 else inputs[at] for at in range(takes)]
        return self._head(0, self.networks[0](*joined)).unflatten(0, (views, -1))

    def judged(self, *inputs: Tensor) -> Tensor:
        """Return embeddings, and beside them what the loss compares: `[N, T · D + T · P]`, for validation."""
        found = [network(*part) for network, part in zip(self.networks, self._apart(inputs), strict=True)]
        heads = [self._head(at, one) for at, one in enumerate(found)]
        return torch.cat([*(functional.normalize(one, dim=1) for one in found), *heads], dim=1)

    def _head(self, at: int, found: Tensor) -> Tensor:
        return functional.normalize(self.heads[at](found) if len(self.heads) else found, dim=1)

    def _apart(self, inputs: Sequence[Tensor]) -> list[Sequence[Tensor]]:
        parts: list[Sequence[Tensor]] = []
        for takes in self.takes:
            parts.append(inputs[:takes])
            inputs = inputs[takes:]
        return parts


class Judged(nn.Module):
    """The core as validation asks it; see `Contrast.judged`."""

    def __init__(self, core: Contrast) -> None:
        super().__init__()
        self.core = core

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.core.judged(*inputs)


class Prepare(nn.Module):
    """The preprocessing of each network: raw arrays of all → tensors of all."""

    def __init__(self, each: Sequence[nn.Module], takes: Sequence[int]) -> None:
        super().__init__()
        self.each = nn.ModuleList(each)
        self.takes = tuple(takes)  # raw arrays

    def forward(self, *raw: Tensor) -> tuple[Tensor, ...]:
        made: list[Tensor] = []
        for one, takes in zip(self.each, self.takes, strict=True):
            made += one(*raw[:takes])
            raw = raw[takes:]
        return tuple(made)
