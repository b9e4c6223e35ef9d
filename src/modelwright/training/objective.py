"""How a batch becomes a loss: supervised learning, with or without row weights."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

Objective = Callable[..., Tensor]


def supervised(criterion: Callable[[Tensor, Tensor], Tensor]) -> Objective:
    """Return the loss of a batch `(*inputs, target)`: `criterion(model(*inputs), target)`."""

    def objective(model: nn.Module, *batch: Tensor) -> Tensor:
        return criterion(model(*batch[:-1]), batch[-1])

    return objective


def weighted(row_losses: Callable[[Tensor, Tensor], Tensor]) -> Objective:
    """Return the loss of a batch `(*inputs, target, weight)`: the mean of each row's loss times its weight.

    Weights have mean 1 over the training rows, so the size of the loss and of the steps stays what it is without them.
    """

    def objective(model: nn.Module, *batch: Tensor) -> Tensor:
        return (row_losses(model(*batch[:-2]), batch[-2]) * batch[-1]).mean()

    return objective
