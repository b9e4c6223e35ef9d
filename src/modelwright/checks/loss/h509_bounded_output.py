"""The last function of the model cannot reach the values of the target.

## What it does
Looks at the function that makes the output where output and target are compared as numbers: sigmoid and softmax give
0 to 1, tanh -1 to 1, ReLU and softplus nothing below 0. Compares with the range of the target; in a GAN the end of the
generator with what real rows have.

## Why it matters
A target of 25 is never reached by a sigmoid. The loss stays high, the gradient dies at the bound, and the model
answers with the bound everywhere.

## Example
`nn.Sequential(nn.Linear(8, 1), nn.ReLU())` for a target that has negative values; `Tanh` for prices.

## Fix
Leave the last activation out, or scale the target into its range.

## Source
TheDeepChecker. Exact; targets must leave the range by 1 % of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import called, found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.trace import Op

CODE = "H509"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("forward", "rows")

BOUNDS = {
    "sigmoid": (0.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hardtanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, math.inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, math.inf),
    "exp": (0.0, math.inf),
    "square": (0.0, math.inf),
    "logsigmoid": (-math.inf, 0.0),
    "log_softmax": (-math.inf, 0.0),
}


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where targets lie beyond what the last function gives."""
    from modelwright.checks.program.graph import compared, made_by

    program = facts.forward
    assert program is not None and facts.rows is not None
    for op, output, target in compared(program.trace, program.losses):
        made = made_by(output)
        if made is None or (bounds := bounds_of(made)) is None or not target.tensor.numel():
            continue
        low, high = bounds
        whole = facts.rows.target if facts.rows.target is not None and target.kind == "target" else target.tensor
        values = whole.detach().float()
        least, most = float(values.min()), float(values.max())
        slack = 0.01 * (high - low if math.isfinite(high - low) else max(abs(least), abs(most)))
        if least >= low - slack and most <= high + slack:
            continue
        beyond = float(((values < low - slack) | (values > high + slack)).float().mean())
        yield found(
            facts,
            CODE,
            "error",
            f"{called(made)} cannot reach the target",
            op=made if made.line is not None or made.module else op,
            expected=f"targets from {low:g} to {high:g}, or an output without that function",
            received=f"targets from {least:.4g} to {most:.4g}; {beyond:.0%} of them lie outside",
            help="leave the last activation out (a plain Linear is the output), or scale the target",
        )
        return


def bounds_of(op: Op) -> tuple[float, float] | None:
    """Return the least and the largest value that a function gives; None where there are none, or they are learned."""
    if op.name == "hardtanh":
        return float(op.argument("min_val", 1, -1.0)), float(op.argument("max_val", 2, 1.0))
    if op.name in ("clamp", "clip"):
        low, high = op.argument("min", 1), op.argument("max", 2)
        if isinstance(low, int | float | None) and isinstance(high, int | float | None):
            return -math.inf if low is None else float(low), math.inf if high is None else float(high)
        return None
    return BOUNDS.get(op.name)
