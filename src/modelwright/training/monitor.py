"""What happens in each layer, epoch by epoch: size of its gradient and weights, and how far a step moves them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

MOST = 50_000_000  # numbers from which on no copy of the weights is kept
ENOUGH = 64  # steps between two records of layers: one takes about as long as a small step, so 2 % of them at most
FIRST = 5  # epochs that have a record each, however short they are: a run may end early


def due(epoch: int, steps: int) -> bool:
    """Say whether an epoch, counted from 0, of so many steps ends with a record of the layers.

    >>> [epoch for epoch in range(20) if due(epoch, 16)], due(17, 64)
    ([0, 1, 2, 3, 4, 7, 11, 15, 19], True)
    """
    return epoch < FIRST or (epoch + 1) % math.ceil(ENOUGH / steps) == 0


def since(epoch: int, steps: int) -> int:
    """Return the steps that an epoch's record tells of: those after the record before.

    >>> since(4, 16), since(7, 16), since(11, 16)
    (16, 48, 64)
    """
    return steps * (epoch - next((each for each in range(epoch - 1, -1, -1) if due(each, steps)), -1))


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the weights that are learned, to compare with later; none of a very large model."""
    learned = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    if sum(parameter.numel() for parameter in learned.values()) > MOST:
        return {}
    return {name: parameter.detach().clone() for name, parameter in learned.items()}


def layers(model: nn.Module, before: dict[str, Tensor], steps: int) -> dict[str, dict[str, float]]:
    """Return for each layer the norm of its `gradient` (of the last step), of its `weight`, and the relative `update`.

    The update is the distance from the weights `before` these `steps`, divided by their norm and by the root of
    `steps`: about the relative size of one step. One reading of the device for all layers together.
    """
    learned = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    if not learned:
        return {}
    with torch.no_grad():
        weights = [parameter.detach() for _, parameter in learned]
        gradients = [p.new_zeros(1) if p.grad is None else p.grad for _, p in learned]
        old = [before.get(name, weight) for (name, _), weight in zip(learned, weights, strict=True)]
        moved = torch._foreach_sub(weights, old)  # pyright: ignore
        norms = torch._foreach_norm([*gradients, *weights, *old, *moved])  # pyright: ignore
        table: list[list[float]] = torch.stack([norm.double() for norm in norms]).reshape(4, -1).cpu().tolist()
    return _by_layer([name for name, _ in learned], table, steps)


def _by_layer(names: list[str], table: list[list[float]], steps: int) -> dict[str, dict[str, float]]:
    """Join the parameters of one layer: the root of the sum of squares."""
    found: dict[str, list[float]] = {}
    for at, name in enumerate(names):
        sums = found.setdefault(name.rpartition(".")[0] or name, [0.0] * 4)
        for row in range(4):
            sums[row] += table[row][at] ** 2
    told: dict[str, dict[str, float]] = {}
    for layer, squares in found.items():
        gradient, weight, old, moved = (math.sqrt(square) for square in squares)
        update = moved / old / math.sqrt(steps) if old else 0.0
        told[layer] = {"gradient": gradient, "update": update, "weight": weight}
    return told
