"""Sizes that a class of the user's own takes from the data: `Net(num_classes=...)` → `Net(num_classes=3)`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from modelwright.errors import SpecError
from modelwright.plan.plan import InputPlan
from modelwright.plan.shape_rule import Shape
from modelwright.spec import own
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.source import Description


def resolve_own(
    description: Description,
    text: str,
    inputs: Shape,
    outputs: int,
    columns: Sequence[InputPlan],
    key: str = "model",
) -> tuple[str, str]:
    """Return the call with every size filled in, and the reason; SpecError where the code is not there or does not fit.

    A parameter that is left out or `...` is filled in where its name says what it means (`input_size`, `num_classes`).
    """
    where, call = description.place(key), parse(text)
    known = own.signature(call, description.base, description.own, key, where)
    found = list(own.problems(call, known, where))
    if found:
        raise SpecError(*found)
    if known.tensors == 2:
        inputs = (inputs[0] - sum(column.dim for column in columns), *inputs[1:])
    filled = _filled(call, known, inputs, outputs)
    sizes = [name for name, value in own.bound(filled, known).items() if own.bound(call, known).get(name) != value]
    followed = f"; {', '.join(f'`{name}`' for name in sizes)} from the data" if sizes else ""
    place = f"your own, {known.place.file}:{known.place.line}" if known.place.line else "your own"
    return str(filled), place + followed


def _filled(call: Call, known: own.Signature, inputs: Shape, outputs: int) -> Call:
    names = [each.name for each in known.parameters if each.positional]
    open_ends = [each.name for each in known.parameters if each.required]
    args = tuple(
        _size(name, inputs, outputs) if value is ... else value
        for name, value in zip([*names, *[""] * len(call.args)], call.args, strict=False)
    )
    kwargs = {name: _size(name, inputs, outputs) if value is ... else value for name, value in call.kwargs.items()}
    lacking = [name for name in open_ends if name not in kwargs and name not in names[: len(args)]]
    return Call(call.name, args, kwargs | {name: _size(name, inputs, outputs) for name in lacking})


def _size(name: str, inputs: Shape, outputs: int) -> Value:
    """Return the size that a parameter's name stands for: of a picture its channels, or all its numbers."""
    if name in own.OUTPUTS:
        return outputs
    if len(inputs) == 3:
        return inputs[0] if "channels" in name else math.prod(inputs)
    return inputs[-1]
