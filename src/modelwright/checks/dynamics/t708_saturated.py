"""Sigmoids or tanh between layers stand at the ends of their range.

## What it does
Counts in each sigmoid and tanh that feeds a layer with weights the units which, for more than 85 % of the rows, lie
within 2.5 % of an end: in the trained model, in a Python program before the first step. A warning where these are more
than half of the units.

## Why it matters
At its ends the function is flat: the gradient that comes back is a tenth of what it should be, or nothing, and the
layers before hardly learn.

## Example
`nn.Sequential(nn.Linear(8, 32), nn.Sigmoid(), nn.Linear(32, 1))` on inputs in the thousands.

## Fix
Scaled inputs, a smaller learning rate, `nn.BatchNorm1d` before the activation, or ReLU.

## Source
TheDeepChecker: a saturation above 0.85 in more than half of the units. Gates, which multiply and feed no layer, are
left alone: they are made to stand at their ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import called, found, told
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.trace import Op, Trace

CODE = "T708"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("trained",)
PROGRAM_NEEDS = ("forward",)

HALF = 0.5
EXPECTED = "values that lie inside the range for most rows"
FIX = "scale the inputs, a smaller learning rate, nn.BatchNorm1d before the activation, or nn.ReLU()"


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for the most saturated layer of the trained model."""
    worst = None if facts.settled is None else _worst(facts.settled)
    if worst is not None:
        op, share = worst
        message = f"{called(op)} is saturated: {share:.0%} of its units stand at an end of the range"
        received = f"{share:.0%} of the units for more than 85 % of the rows"
        yield told(facts, CODE, "warning", message, expected=EXPECTED, received=received, help=FIX, key="model")


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a layer that is saturated before the first step."""
    assert facts.forward is not None
    worst = _worst(facts.forward.trace)
    if worst is not None:
        op, share = worst
        message = f"{called(op)} is saturated before the first step"
        received = f"{share:.0%} of its units at an end of the range, in {op.output.shape}"
        yield found(facts, CODE, "warning", message, op=op, expected=EXPECTED, received=received, help=FIX)


def _worst(trace: Trace) -> tuple[Op, float] | None:
    from modelwright.checks.program.settled import saturated

    worst = max(saturated(trace), key=lambda each: each[1], default=None)
    return worst if worst is not None and worst[1] > HALF else None
