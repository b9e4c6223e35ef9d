"""Losses of torch.nn by name: as one number a batch, and as one number a row."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from modelwright.diagnostic import NOWHERE, Place
from modelwright.errors import SpecError
from modelwright.model.refusal import refused
from modelwright.plan.losses import ONE_OUTPUT_A_CLASS, misfit
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.names import bind
from modelwright.spec.schema import Task

TENSORS = ("weight", "pos_weight")
"""Arguments of losses that are tensors; a description gives them as a number or a list of numbers."""


class ClassNumbers(nn.Module):
    """A loss on class numbers for a target of two classes: [N, 1] of 0.0 and 1.0 → [N] of 0 and 1."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        return self.loss(output, target[:, 0].long())


class Signs(nn.Module):
    """A loss on signs (SoftMarginLoss) for targets of 0 and 1: 0 → -1, 1 → 1."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        return self.loss(output, 2 * target - 1)


def make_loss(text: str, task: Task | None = None, where: Place = NOWHERE) -> nn.Module:
    """Return a loss as a module: `loss(output, target)` → mean over the batch (a number).

    Targets: binary float [N, 1], multiclass int64 [N], multilabel float [N, K], regression float [N, T]. SpecError
    where the loss can't train the task. Without `task`, any supervised loss is made.

    >>> make_loss("CrossEntropyLoss(label_smoothing=0.1)", "multiclass")(torch.zeros(2, 3), torch.tensor([0, 2]))
    tensor(1.0986)
    """
    return _make(parse(text), task, "mean", where)


def row_losses(text: str, task: Task | None = None, where: Place = NOWHERE) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss of each row: (output, target) → [N], several outputs averaged as the loss itself does.

    Their mean is `make_loss`'s number, but for CrossEntropyLoss and NLLLoss with `weight`: torch divides those by the
    sum of the weights, here each row is its loss times its class weight.

    >>> row_losses("MSELoss")(torch.zeros(2, 1), torch.tensor([[1.0], [2.0]]))
    tensor([1., 4.])
    """
    loss = _make(parse(text), task, "none", where)

    def losses(output: Tensor, target: Tensor) -> Tensor:
        values: Tensor = loss(output, target)
        return values if values.dim() == 1 else values.flatten(1).mean(dim=1)

    return losses


def _make(call: Call, task: Task | None, reduction: str, where: Place) -> nn.Module:
    arguments = bind("loss", call, where)
    found = misfit(call, task, where)
    if found is not None:
        raise SpecError(found)
    given = {name: _tensor(value) if name in TENSORS else value for name, value in arguments.items()}
    try:
        loss: nn.Module = getattr(nn, call.name)(**{**given, "reduction": reduction})
    except (ValueError, TypeError, RuntimeError) as error:
        raise SpecError(refused(call, error, where)) from error
    if task == "binary" and call.name in ONE_OUTPUT_A_CLASS:
        return ClassNumbers(loss)
    return Signs(loss) if call.name == "SoftMarginLoss" else loss


def _tensor(value: Value) -> Tensor | None:
    return None if value is None else torch.tensor(value, dtype=torch.float32)
