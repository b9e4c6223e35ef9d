"""What is said about layers whose sizes don't fit: the arithmetic that leads there, and the line that would fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from modelwright.diagnostic import Diagnostic
from modelwright.plan.shape_rule import Shape, ShapeProblem, dims
from modelwright.spec.call import Call

Trail = Sequence[tuple[str, Shape]]
"""The layers so far, each with the shape after it; the first entry is the input."""


def chain(trail: Trail) -> str:
    """Return the arithmetic up to a layer: `1×28×28 → MaxPool2d(2) → 1×14×14`."""
    return " → ".join(f"{text} → {dims(shape)}" if text else dims(shape) for text, shape in trail)


def problem(found: ShapeProblem, call: Call, label: str, trail: Trail) -> Diagnostic:
    """Return the finding for one layer; `label` is its number, from 1 (`2.1` inside a block)."""
    return Diagnostic(
        code=found.code,
        severity="error",
        message=f"layer {label}: {found.message}",
        expected=found.expected,
        received=found.received or dims(trail[-1][1]),
        known=chain(trail) if len(trail) > 1 else "",
        help=found.fix,
    )


def no_layers(outputs: int) -> Diagnostic:
    """Return the finding for an empty list."""
    return Diagnostic(
        code="S304",
        severity="error",
        message="the model has no layers",
        expected=f"a last layer that gives {outputs} numbers",
        help="linear",
    )


def open_width(call: Call, name: str, position: int) -> ShapeProblem:
    """Return the problem of `Linear(..., ...)` before the end: its width is the user's choice."""
    shown = tuple(64 if index == position else value for index, value in enumerate(call.args))
    fix = replace(call, args=shown, kwargs={**call.kwargs, name: 64} if name in call.kwargs else call.kwargs)
    return ShapeProblem(
        f"`...` for {name} follows from the target in the last such layer only",
        code="S301",
        expected="a width of your choice, for example 64",
        received=str(call),
        fix=str(fix),
    )


def wrong_size(
    call: Call,
    fix: Call,
    given: tuple[int, ...],
    shape: Shape,
    axis: int,
    label: str,
    trail: Trail,
    assume: Shape | None,
) -> ShapeProblem:
    """Return the problem of a size that is not the one that arrives."""
    arriving = dims(shape[-len(given) :]) if len(given) > 1 else str(shape[axis])
    source = trail[-1][0] or "the inputs"
    what = "channels" if axis == 0 and len(shape) > 1 else "numbers"
    message = f"receives {arriving} {what} (from: {source}), but {call} expects {dims(given)}"
    code = "S303" if source.startswith("Flatten") else "S301"
    if axis == 0 and len(shape) > 1 and given == shape[-1:]:
        code = "S302"
        message += f"; {dims(shape)} looks like channels last, where PyTorch has channels first"
        assume = None  # what follows would be about the wrong axes
    return ShapeProblem(message, code=code, expected=arriving, received=dims(given), fix=str(fix), assume=assume)


def wrong_output(last: Call, shape: Shape, outputs: int) -> Diagnostic:
    """Return the finding for a last layer whose output is not what the target needs."""
    numbers = "1 number" if outputs == 1 else f"{outputs} numbers"
    given = dims(shape) + (" numbers" if len(shape) == 1 and shape != (1,) else "")
    if len(shape) > 1:
        fix = f"Flatten, then Linear(..., {outputs}), as the last layers"
    elif last.name == "Linear" and len(last.args) > 1:
        fix = str(replace(last, args=(..., outputs, *last.args[2:])))
    else:
        fix = f"Linear(..., {outputs}) as the last layer"
    return Diagnostic(
        code="S304",
        severity="error",
        message=f"the last layer, {last}, gives {given} for one row, but the target needs {numbers}",
        expected=str(outputs),
        received=dims(shape),
        help=fix,
    )


def residual(call: Call, label: str, around: Shape, result: Shape) -> Diagnostic:
    """Return the finding for a Residual whose layers change the shape that is added at the end."""
    fix = ""
    if len(around) == len(result) == 1:
        fix = str(replace(call, kwargs={**call.kwargs, "shortcut": Call("Linear", (..., result[0]))}))
    elif len(around) == len(result) and all(a % b == 0 for a, b in zip(around[1:], result[1:], strict=True)):
        strides = {a // b for a, b in zip(around[1:], result[1:], strict=True)}
        if len(strides) == 1:
            stride: dict[str, int] = {} if strides == {1} else {"stride": strides.pop()}
            projection = Call(f"Conv{len(around) - 1}d", (..., result[0], 1), dict(stride))
            fix = str(replace(call, kwargs={**call.kwargs, "shortcut": projection}))
    return Diagnostic(
        code="S301",
        severity="error",
        message=f"layer {label}: Residual adds its input to its result, but {dims(around)} is not {dims(result)}",
        expected=f"layers that give {dims(around)}, or a shortcut that gives {dims(result)}",
        received=dims(result),
        help=fix,
    )


def concat(call: Call, label: str, shapes: Sequence[Shape]) -> Diagnostic:
    """Return the finding for a Concat whose branches don't line up."""
    branches = ", ".join(f"{branch} gives {dims(shape)}" for branch, shape in zip(call.args, shapes, strict=True))
    return Diagnostic(
        code="S301",
        severity="error",
        message=f"layer {label}: the branches of Concat must be equal in all axes but the first: {branches}",
        expected="equal axes after the first",
        received=", ".join(dims(shape) for shape in shapes),
    )
