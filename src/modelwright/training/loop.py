"""The training loop: the one you would write, with the position it has reached yielded from time to time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn


def _zero() -> Tensor:
    return torch.zeros((), dtype=torch.float64)


@dataclass(slots=True)
class Position:
    """How far training has come. The caller reads it at each yield and may change `every`.

    `epoch` and `batch` count what is finished; `loss` sums the loss of this epoch's rows so far, on the device: reading
    it waits for the device, so read it seldom.
    """

    epoch: int = 0
    batch: int = 0
    rows: int = 0
    loss: Tensor = field(default_factory=_zero)
    every: int = 8


def train(
    model: nn.Module,
    objective: Callable[..., Tensor],
    batches: Any,
    *,
    epochs: int,
    step: Callable[..., Any],
    closure: bool = False,
    schedule: Callable[[], object] | None = None,
    clip_grad_norm: float | None = None,
    accumulate: int = 1,
    position: Position,
) -> Iterator[Position]:
    """Train from `position` until `epochs` are finished; yield it every `position.every` steps and after each epoch.

    `step` makes the optimizer's step; with `closure` (LBFGS) it is given the function that computes the gradient.
    `schedule` makes the scheduler's after each step. After an epoch's last batch the position is yielded with
    `batch == len(batches)`; the epoch is counted as finished when the caller goes on.
    """
    weights = list(model.parameters())
    gradient = partial(_gradient, model, weights, objective, accumulate, clip_grad_norm)
    for epoch in range(position.epoch, epochs):
        model.train()
        for batch in batches.epoch(epoch, position.batch):
            if closure:
                loss = step(partial(gradient, batch))
            else:
                loss = gradient(batch)
                step()
            if schedule is not None:
                schedule()
            position.loss.add_(loss.detach(), alpha=len(batch[0]))
            position.rows += len(batch[0])
            position.batch += 1
            if position.batch % position.every == 0 and position.batch < len(batches):
                yield position
        yield position
        position.epoch, position.batch, position.rows = epoch + 1, 0, 0
        position.loss = torch.zeros_like(position.loss)


def _gradient(
    model: nn.Module,
    parameters: list[nn.Parameter],
    objective: Callable[..., Tensor],
    parts: int,
    clip_grad_norm: float | None,
    batch: tuple[Tensor, ...],
) -> Tensor:
    """Leave the gradient of a batch in the weights, computed in `parts` if it is too large at once; return its loss."""
    for parameter in parameters:
        parameter.grad = None
    if parts == 1:
        loss = objective(model, *batch)
        loss.backward()
    else:
        loss = _in_parts(model, objective, parts, batch)
    if clip_grad_norm is not None:
        nn.utils.clip_grad_norm_(parameters, clip_grad_norm)
    return loss


def _in_parts(
    model: nn.Module,
    objective: Callable[..., Tensor],
    parts: int,
    batch: tuple[Tensor, ...],
) -> Tensor:
    """Add up the gradients of parts of nearly equal size, each with its share of the rows; return the batch's loss."""
    total = torch.zeros((), device=batch[0].device)
    cut = (tensor.tensor_split(min(parts, len(tensor))) for tensor in batch)
    for part in zip(*cut, strict=True):
        loss = objective(model, *part) * (len(part[0]) / len(batch[0]))
        loss.backward()
        total += loss.detach()
    return total
