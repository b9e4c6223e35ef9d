"""Two linear layers follow one another without a nonlinearity between them.

## What it does
Finds a linear layer or convolution whose input comes straight from another one, perhaps through dropout, a flattening
or batch normalisation. Silent where the middle is narrower than both ends (a factorised layer), for grouped,
depthwise and one-dimensional (1×k, k×1) convolutions, and where the middle is used elsewhere as well.

## Why it matters
Two linear maps are one linear map: the second layer's weights add nothing that the first could not do alone. The
network is shallower than it looks.

## Example
```python
nn.Sequential(nn.Linear(8, 64), nn.Linear(64, 64), nn.Linear(64, 1))
```

## Fix
```python
nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
```

## Source
UMLAUT; NeuraLint. Exact: from the recorded step, or the list of layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.heads import listed_layers
from modelwright.checks.tell import found, shape
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from torch.nn import Module

    from modelwright.checks.program.trace import Op, Value

CODE = "M401"
PHASE = "description"
SEVERITY = "warning"
NEEDS = ("description",)
PROGRAM_NEEDS = ("forward",)

PASSING = ("Dropout", "Flatten", "Identity", "BatchNorm1d", "BatchNorm2d")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each `Linear` of a list of layers that follows another one."""
    assert facts.description is not None
    width: list[object] = []  # in and out of the linear layer before, if nothing else is between
    for key, call in listed_layers(facts.description.spec):
        if call.name in PASSING:
            continue
        if call.name != "Linear":
            width = []
            continue
        into = call.kwargs.get("in_features", call.args[0] if call.args else ...)
        out = call.kwargs.get("out_features", call.args[1] if len(call.args) > 1 else ...)
        if width and not _waist(width[0], width[1], out):
            yield Diagnostic(
                code=CODE,
                severity="warning",
                message=f"`{call}` follows another `Linear` without a nonlinearity between them",
                where=facts.place(key),
                expected="an activation between two linear layers: together they are one linear map",
                received=str(call),
                help=f"ReLU, {call}",
            )
        width = [width[0] if width else into, out]


def _waist(into: object, middle: object, out: object) -> bool:
    """Say whether the middle is, or may be, narrower than both ends; an open width at the end is the target's."""
    if not isinstance(middle, int) or not isinstance(out, int):
        return False
    return middle < out and (not isinstance(into, int) or middle < into)


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield one finding for the layers of a program that are linear in a row."""
    from modelwright.checks.program.graph import DROPOUTS, LINEAR, SHAPES, made_by
    from modelwright.checks.program.trace import tensors as tensors_of

    assert facts.forward is not None
    through = SHAPES | DROPOUTS | {"batch_norm"}
    if _slow_copy(facts.forward.model):
        return
    returned = {id(each) for each in tensors_of(facts.forward.trace.output)}
    pairs: list[tuple[Op, Op]] = []
    for op in facts.forward.trace.named(*LINEAR):
        before = made_by(op.inputs[0], through) if op.inputs else None
        if before is not None and before.name in LINEAR and _only_use(before, op, returned) and not _meant(before, op):
            pairs.append((before, op))
    if not pairs:
        return
    first, second = pairs[0]
    more = f", and {len(pairs) - 1} more such pair{'s' if len(pairs) > 2 else ''}" if len(pairs) > 1 else ""
    yield found(
        facts,
        CODE,
        "warning",
        f"{_name(first)} and {_name(second)} follow one another without a nonlinearity{more}",
        op=second,
        expected="an activation between them: together they are one linear map",
        received=f"{shape(first.inputs[0])} → {shape(first.output)} → {shape(second.output)}",
        help="put nn.ReLU() (or another activation) between the two layers",
    )


def _slow_copy(model: Module) -> bool:
    """Say whether a part that learns has a frozen copy: a predictor then follows what the copy is compared with."""
    parts = {
        (name, parameter.shape): parameter.requires_grad
        for name, parameter in model.named_parameters()
        if parameter.dim() > 1
    }
    frozen = {(name.partition(".")[2], shape) for (name, shape), learns in parts.items() if not learns}
    learned = {(name.partition(".")[2], shape) for (name, shape), learns in parts.items() if learns}
    return bool(frozen) and frozen <= learned


def _name(op: Op) -> str:
    return f"layer `{op.module}`" if op.module else f"`{op.name}`"


def _only_use(before: Op, op: Op, returned: set[int]) -> bool:
    """Say whether nothing but `op` uses the result of `before`, whatever way it takes there.

    A function whose result nobody uses, `F.relu(x)` on a line of its own, is no use; what the model returns is one.
    """
    value = before.output
    while True:
        used = [
            user
            for user in value.consumers
            if user is op or any(out.consumers or id(out.tensor) in returned for out in user.outputs)
        ]
        if len(used) != 1 or id(value.tensor) in returned:
            return False
        if used[0] is op:
            return True
        value = used[0].output


def _meant(before: Op, op: Op) -> bool:
    """Say whether the pair is a factorised layer: a narrow middle, or convolutions in groups or along one axis."""
    into, middle, out = _channels(before.inputs[0], before), _channels(before.output, before), _channels(op.output, op)
    if middle < into and middle < out:
        return True
    for each in (before, op):
        if each.name.startswith("conv"):
            kernel = each.inputs[1].shape[2:]
            groups = each.argument("groups", 7 if "transpose" in each.name else 6, 1)
            if groups != 1 or len(set(kernel)) > 1:
                return True
    return before.name != op.name and "transpose" in f"{before.name} {op.name}"


def _channels(value: Value, op: Op) -> int:
    return value.shape[-1] if op.name == "linear" else value.shape[-int(op.name[-2]) - 1]
