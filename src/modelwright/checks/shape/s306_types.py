"""Inputs or targets are of a number type that the layers or the loss do not take.

## What it does
Compares types: inputs of float64 or whole numbers before layers of float32, class numbers that are floats for cross-
entropy, whole numbers as the target of a binary loss or a loss of numbers.

## Why it matters
PyTorch raises "expected scalar type Long but found Float" somewhere inside; which of the tensors is meant has to be
guessed.

## Example
`y = torch.tensor(df["label"].values, dtype=torch.float32)` for `nn.CrossEntropyLoss()`.

## Fix
```python
y = y.long()  # class numbers; y.float() for BCEWithLogitsLoss and MSELoss; X.float() for inputs
```

## Source
UMLAUT; PyTorch's issue 15436. Exact: a table of types.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.graph import LossCall

CODE = "S306"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("program", "rows")

CLASSES = ("cross_entropy", "nll_loss", "multi_margin_loss")
FLOATS = (
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for inputs, and one for a target, of a type that does not fit."""
    program = facts.program
    assert program is not None
    failure = program.trace.failure
    if failure is not None and failure.stage == "model" and failure.op is not None and _typed(str(failure.error)):
        kinds = [str(value.tensor.dtype).removeprefix("torch.") for value in failure.op.inputs]
        weight = next((k for k, v in zip(kinds, failure.op.inputs, strict=True) if v.kind == "parameter"), "float32")
        other = next((kind for kind in kinds if kind != weight), weight)
        yield found(
            facts,
            CODE,
            "error",
            f"layer `{failure.op.module or failure.op.name}` has weights of {weight} and is given {other}",
            op=failure.op,
            expected=f"inputs of {weight}",
            received=", ".join(kinds),
            help="X = X.float()",
        )
    for call in program.losses:
        if call.input is None or call.target is None:
            continue
        told = _target(call)
        if told is not None:
            yield found(
                facts,
                CODE,
                "error",
                told[0],
                op=call.op,
                expected=told[1],
                received=f"a target of {str(call.target.tensor.dtype).removeprefix('torch.')}, {call.target.shape}",
                help=told[2],
            )
            return


def _target(call: LossCall) -> tuple[str, str, str] | None:
    """Return what is wrong with the type of a target, what is expected, and the fix."""
    assert call.input is not None and call.target is not None
    target = call.target.tensor
    if call.name in CLASSES:
        if target.is_floating_point() and call.target.shape != call.input.shape:
            return (
                f"`{call.name}` takes class numbers, and the target is of real numbers",
                "whole numbers (int64)",
                ("target.long()" if target.dim() < 2 or target.shape[-1] != 1 else "target.squeeze(1).long()"),
            )
        if str(target.dtype).removeprefix("torch.") in ("int32", "int16", "int8", "bool"):
            return f"`{call.name}` takes class numbers of 64 bits", "whole numbers (int64)", "target.long()"
        if not target.is_floating_point() and target.dim() == call.input.tensor.dim() > 1:
            fix = "target.squeeze(1)" if target.shape[1] == 1 else "target.argmax(dim=1), or target.float()"
            return (
                f"`{call.name}` takes one class number a row, and the target is {call.target.shape}",
                "shape (N,)",
                fix,
            )
    if call.name in FLOATS and not target.is_floating_point() and call.input.tensor.is_floating_point():
        return (
            f"`{call.name}` takes real numbers, and the target is of whole numbers",
            "a float target",
            "target.float()",
        )
    return None


def _typed(text: str) -> bool:
    wanted = ("dtype", "scalar type", "same type", "should be the same", "Expected tensor for argument")
    return any(words in text for words in wanted) and "device" not in text
