"""How a batch becomes a loss: supervised learning, with or without row weights; contrastive learning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

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


def contrastive(criterion: nn.Module, labelled: bool, parts: int = 1) -> Objective:
    """Return the loss of a batch `(*inputs of each view or side, labels if `labelled`)`: embeddings are compared.

    In `parts` (gradient caching: Gao, Zhang, Han and Callan 2021) each part of the rows is encoded twice: once for
    its embeddings alone, and once more when their gradient is known, so that memory holds the activations of one part
    and the loss still sees the whole batch. Dropout repeats what it drew.
    """

    def objective(model: nn.Module, *batch: Tensor) -> Tensor:
        inputs, labels = (batch[:-1], batch[-1]) if labelled else (batch, None)
        compared = _compared(model) if parts == 1 else partial(_in_parts, _compared(model), parts)
        temperature: nn.Module = model.temperature  # pyright: ignore[reportAssignmentType]
        return criterion(compared(*inputs), labels, temperature())

    return objective


def _compared(model: nn.Module) -> Callable[..., Tensor]:
    return model.compared  # pyright: ignore[reportReturnType]  # of model.contrast.Contrast


def _in_parts(compared: Callable[..., Tensor], parts: int, *inputs: Tensor) -> Tensor:
    """Return what `compared` returns `[V, N, P]`, computed in parts that are encoded again for their gradient."""
    cut: Sequence[Sequence[Tensor]] = [one.tensor_split(min(parts, len(one))) for one in inputs]
    made = (checkpoint(compared, *part, use_reentrant=False) for part in zip(*cut, strict=True))
    return torch.cat([one for one in made if isinstance(one, Tensor)], dim=1)
