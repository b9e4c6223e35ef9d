"""Most units of a layer give 0 for every row.

## What it does
Counts in each ReLU layer the units (channels, in maps) that are 0 for all rows of a batch: in the trained model on up
to 256 training rows, in a Python program before the first step. A warning from 90 % on, a note from 50 % on.

## Why it matters
A unit that is 0 for every row receives no gradient and stays so. The layer is as narrow as the few that live.

## Example
`SGD(lr=3)` whose first steps push all biases far below 0.

## Fix
A smaller learning rate, scaled inputs, `LeakyReLU`, or a fresh initialisation (`nn.init.kaiming_normal_`).

## Source
TheDeepChecker (more than 50 % dead), AutoTrainer (70 % zero gradients). Networks with positive inputs lose a third of
their units to chance and learn well, therefore 90 % for a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import called, found, told
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.trace import Op, Trace

CODE = "T707"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("trained",)
PROGRAM_NEEDS = ("forward",)

MANY, MOST = 0.5, 0.9
EXPECTED = "units that answer to some rows"
FIX = "a smaller learning rate, scaled inputs, nn.LeakyReLU(), or nn.init.kaiming_normal_ for the layer before"


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for the layer with most dead units, where these are many."""
    worst = None if facts.settled is None else _worst(facts.settled)
    if worst is not None:
        op, share = worst
        severity = "warning" if share >= MOST else "note"
        message = f"{share:.0%} of the units after {called(op)} are dead"
        received = f"0 for every row: {share:.0%} of {op.output.shape[1]} units"
        yield told(facts, CODE, severity, message, expected=EXPECTED, received=received, help=FIX, key="model")


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a layer that is dead before the first step."""
    assert facts.forward is not None
    worst = _worst(facts.forward.trace)
    if worst is not None and worst[1] >= MOST:
        op, share = worst
        message = f"{share:.0%} of the units of {called(op)} are dead before the first step"
        received = f"0 for every row of the batch, {op.output.shape}"
        yield found(facts, CODE, "warning", message, op=op, expected=EXPECTED, received=received, help=FIX)


def _worst(trace: Trace) -> tuple[Op, float] | None:
    from modelwright.checks.program.settled import dead

    worst = max(dead(trace), key=lambda each: each[1], default=None)
    return worst if worst is not None and worst[1] >= MANY else None
