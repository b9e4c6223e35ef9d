"""What to say where a step breaks: the layer by its name, the shapes up to there, the arithmetic, the fix."""

from __future__ import annotations

import math

from modelwright.checks.program.program import Program
from modelwright.checks.program.trace import Failure, Op
from modelwright.diagnostic import Diagnostic

Told = tuple[str, str, str, str, str]  # code, message, expected, received, fix
TOLD_BY_RULES = frozenset(("S305", "S306", "S307", "H502", "H503", "H508", "O613", "H507"))


def explain(program: Program) -> Diagnostic | None:
    """Return the finding for a step that broke; None where it went through."""
    failure = program.trace.failure
    if failure is None:
        return None
    code, message, expected, received, fix = _told(program, failure)
    op = failure.op
    where = program.place(op.line if op is not None and op.line is not None else failure.line, failure.module)
    return Diagnostic(
        code=code,
        severity="error",
        message=message,
        where=where,
        expected=expected,
        received=received,
        known=_trail(program),
        help=fix,
    )


def _told(program: Program, failure: Failure) -> Told:
    op, text = failure.op, str(failure.error)
    if "same device" in text or "is on cpu, different from other tensors" in text:
        fix = "torch.zeros(…, device=x.device), or self.register_buffer(…) in __init__"
        return "S311", f"layer `{failure.module}` meets tensors of two devices", "one device", _first(text), fix
    if op is None:
        if failure.stage == "backward" and "shape" in text and "needs one number" in text:
            return "H507", f"{_first(text)}", "one number: the mean over the batch", _first(text), "loss.mean()"
        return "S301", f"the step fails: {_first(text)}", "a step that goes through", type(failure.error).__name__, ""
    layer = f"layer `{op.module}`" if op.module else f"`{op.name}`"
    if op.name == "linear" and len(op.inputs) > 1:
        return _linear(op, layer)
    if op.name.startswith("conv") and len(op.inputs) > 1:
        return _convolution(op, layer, text)
    if op.name == "batch_norm" and "more than 1 value" in text:
        shape = op.inputs[0].shape if op.inputs else ()
        return "M408", f"{layer} has one value a channel in training", "two rows or more", f"{shape}", "drop_last=True"
    if op.name in ("view", "reshape", "unflatten"):
        return _view(op, layer, text)
    if op.name in ("embedding", "embedding_bag"):
        return _embedding(op, layer, text)
    if op.name in ("cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"):
        return _loss(op, text)
    if op.name == "gaussian_nll_loss" and "negative" in text:
        told = "`gaussian_nll_loss` takes variances, and is given negative numbers"
        return "H509", told, "a variance above 0", _first(text), "var = F.softplus(raw) + 1e-6"
    if ("pool" in op.name and "too small" in text) or "Kernel size" in text:
        return (
            "S303",
            f"{layer}: the map is smaller than the kernel",
            "a larger map",
            _shapes(op),
            "leave out a pooling",
        )
    return "S301", f"{layer} cannot work on what it is given: {_first(text)}", "sizes that fit", _shapes(op), ""


def _linear(op: Op, layer: str) -> Told:
    into, weight = op.inputs[0].shape, op.inputs[1].shape
    arriving, wanted = into[-1], weight[-1]
    out = weight[0]
    told = f"{layer} takes {wanted} features and is given {arriving}"
    made = op.inputs[0].producer
    if made is not None and made.name in ("flatten", "view", "reshape") and len(made.inputs[0].shape) > 2:
        sizes = made.inputs[0].shape[1:]
        told = f"{layer} takes {wanted} features, and flattening gives {'×'.join(map(str, sizes))} = {math.prod(sizes)}"
        return "S303", told, f"in_features={arriving}", f"{into}", f"nn.Linear({arriving}, {out})"
    if len(into) > 2 and math.prod(into[1:]) == wanted:
        return "S303", f"{told}: the input was not flattened", f"(N, {wanted})", f"{into}", "x = x.flatten(1)"
    return "S301", told, f"in_features={arriving}", f"{into}", f"nn.Linear({arriving}, {out})"


def _convolution(op: Op, layer: str, text: str) -> Told:
    into, weight = op.inputs[0].shape, op.inputs[1].shape
    rank = len(weight) - 2
    groups = op.argument("groups", 6, 1)
    wanted = weight[1] * (groups if isinstance(groups, int) else 1)
    if len(into) == rank + 1:
        fix = "X = X.unsqueeze(1)" if wanted == 1 else f"X of shape (N, {wanted}, …)"
        return "S302", f"{layer} takes {rank + 2} axes and is given {len(into)}", f"(N, {wanted}, …)", f"{into}", fix
    if len(into) == rank + 2 and into[1] != wanted:
        if into[-1] == wanted:
            order = "0, 3, 1, 2" if rank == 2 else "0, 2, 1" if rank == 1 else "0, 4, 1, 2, 3"
            told = f"{layer}: the channels stand last, {layer} takes them second"
            return "S302", told, f"(N, {wanted}, …)", f"{into}", f"X = X.permute({order})"
        told = f"{layer} takes {wanted} channels and is given {into[1]}"
        return "S302", told, f"in_channels={into[1]}", f"{into}", f"in_channels={into[1]}"
    if "Kernel size" in text or "kernel size" in text:
        told = f"{layer} has a kernel of {'×'.join(map(str, weight[2:]))}, larger than the map"
        return (
            "S303",
            told,
            "a map at least as large as the kernel",
            f"{into}",
            "padding, or one pooling less before it",
        )
    return "S301", f"{layer}: {_first(text)}", "sizes that fit", _shapes(op), ""


def _view(op: Op, layer: str, text: str) -> Told:
    into = op.inputs[0].shape
    asked = [a for a in op.args[1:] if isinstance(a, int)] or [
        s for a in op.args[1:] if isinstance(a, tuple | list) for s in a
    ]
    if "stride" in text:
        return "S303", f"`{op.name}` cannot arrange {into} without copying", "reshape", f"{into}", "x.reshape(…)"
    each = math.prod(into[1:])
    told = f"`{op.name}{tuple(asked)}` does not fit {into}: {'×'.join(map(str, into[1:]))} = {each} numbers a row"
    return "S303", told, f"{each} numbers a row", f"{into}", "x = x.flatten(1)"


def _embedding(op: Op, layer: str, text: str) -> Told:
    weight = next((v.shape for v in op.inputs if v.kind == "parameter"), (0, 0))
    index = next((v.tensor for v in op.inputs if v.kind != "parameter"), None)
    if index is not None and index.is_floating_point():
        told = f"{layer} takes whole numbers and is given real ones"
        return "S306", told, "int64", str(index.dtype).removeprefix("torch."), "X = X.long()"
    if index is not None and index.numel():
        low, high = int(index.min()), int(index.max())
        told = f"{layer} has {weight[0]} vectors and is asked for number {high if high >= weight[0] else low}"
        return (
            "M411",
            told,
            f"0 to {weight[0] - 1}",
            f"{low} to {high}",
            f"nn.Embedding({max(high + 1, weight[0])}, {weight[1]})",
        )
    return "S301", f"{layer}: {_first(text)}", "whole numbers", _shapes(op), ""


def _loss(op: Op, text: str) -> Told:
    shapes = [value.shape for value in op.inputs[:2]]
    if len(shapes) == 2 and shapes[0] and shapes[1] and shapes[0][0] != shapes[1][0]:
        told = f"the model gives {shapes[0][0]} rows for {shapes[1][0]} targets: rows were mixed or lost on the way"
        return (
            "S308",
            told,
            f"{shapes[1][0]} rows of outputs",
            f"{shapes[0]} and {shapes[1]}",
            "keep the batch axis: x.flatten(1)",
        )
    last = len(shapes) == 2 and len(shapes[0]) > 2 and shapes[0][:-1] == shapes[1]
    fix = "loss(output.movedim(-1, 1), target): classes stand second, as the loss takes them" if last else ""
    return "S305", f"`{op.name}` cannot compare output and target: {_first(text)}", "shapes that fit", _shapes(op), fix


def _trail(program: Program) -> str:
    """Return the shapes after the last layers that went through."""
    done = [call for call in program.trace.calls if call.out and call.name and not list(call.layer.children())]
    shown = " → ".join(f"{call.name} {type(call.layer).__name__} {call.out}" for call in done[-4:])
    start = next((call.into for call in program.trace.calls if call.into), ())
    return f"input {start}" + (f" → {'… → ' if len(done) > 4 else ''}{shown}" if shown else "") if start else ""


def _shapes(op: Op) -> str:
    return " and ".join(str(value.shape) for value in op.inputs[:3])


def _first(text: str) -> str:
    return text.strip().splitlines()[0][:160] if text.strip() else "an error without words"
