"""Inputs are far larger than a fresh network expects, or of very different sizes.

## What it does
Looks at the numbers that reach the first layer with weights, so scaling inside the model counts: raw bytes (whole
numbers up to 255), numbers beyond 50, none beyond 0.01 (pixels divided by 255 twice), or columns whose spreads differ
by more than a factor of 1,000. Silent where the model normalises first (batch, layer or group normalisation, an
embedding).

## Why it matters
Initial weights are made for inputs of about 0 ± 1. With pixels up to 255 the first outputs are 100 times too large;
with one column in thousands the others are not seen.

## Example
`X = torch.tensor(images, dtype=torch.float32)` with values from 0 to 255.

## Fix
```python
X = X / 255  # pixels
X = (X - X_train.mean(0)) / X_train.std(0)  # columns of a table, with the training rows' values
```

## Source
UMLAUT (whose limit of ±1 fires on standardised data); TheDeepChecker; NeuraLint. 50: fifty deviations of a
standardised column; 1,000: three decimal places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from torch import Tensor

    from modelwright.checks.program.trace import Op

CODE = "D108"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("forward", "rows")

LARGE = 50.0
TINY = 0.01
UNEQUAL = 1000.0
WEIGHED = frozenset(("linear", "conv1d", "conv2d", "conv3d", "lstm", "gru", "rnn_tanh", "rnn_relu", "matmul"))


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for what reaches the first layer with weights, once a program."""
    from modelwright.checks.program.graph import SHAPES, back

    program = facts.forward
    assert program is not None and facts.rows is not None
    for op in program.trace.ops:
        if op.name not in WEIGHED or op.stage != "model" or not op.inputs:
            continue
        if not any(value.kind == "parameter" for value in op.inputs):
            continue
        source = back(op.inputs[0], SHAPES | {"to", "cat", "div", "truediv", "sub", "mul"})
        values = op.inputs[0].tensor.detach()
        if source is None or source.kind != "input" or not values.is_floating_point():
            continue
        if (told := _judge(values)) is not None:
            yield _finding(facts, op, *told)
            return


def _judge(values: Tensor) -> tuple[str, str, str] | None:
    """Return what is wrong with the size of the inputs, what was received, and the fix."""
    flat = values.flatten(1).double() if values.dim() > 1 else values.unsqueeze(1).double()
    if flat.shape[0] < 8 or not bool(flat.isfinite().all()):
        return None
    least, most = float(flat.min()), float(flat.max())
    whole = bool((flat == flat.round()).all())
    received = f"values from {least:.4g} to {most:.4g}, a mean of {float(flat.mean()):.3g}"
    if whole and least >= 0 and 64 < most <= 255 and flat.shape[1] > 16 and float(flat.std()) > 20:
        return "the inputs are raw bytes from 0 to 255", received, "X = X / 255"
    if 0 < max(-least, most) < TINY:
        told = "the inputs are far smaller than a network expects: were they divided twice?"
        return told, received, "X = X / 255  # once"
    spread = flat.std(dim=0)
    used = spread[spread > 0]
    size = float(flat.abs().quantile(0.95)) if flat.numel() < 1_000_000 else float(flat.abs().mean()) * 2
    scale = "X = (X - X_train.mean(0)) / X_train.std(0)"
    if (
        values.dim() == 2
        and len(used) > 1
        and float(used.max() / used.median()) > UNEQUAL
        and float(used.max()) > LARGE
    ):
        told = f"spreads of the columns from {float(used.min()):.3g} to {float(used.max()):.3g}"
        return "one column of the inputs is thousands of times larger than the others", told, scale
    if size > LARGE:
        return "the inputs are far larger than a network expects", received, scale
    return None


def _finding(facts: Facts, op: Op, message: str, received: str, fix: str) -> Diagnostic:
    return found(
        facts,
        CODE,
        "warning",
        message,
        op=op,
        expected="inputs of about 0 ± 1 where the first weights meet them",
        received=received,
        help=fix if facts.description is None else "scale: StandardScaler",
    )
