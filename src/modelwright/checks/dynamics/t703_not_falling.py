"""The loss of the training rows does not fall.

## What it does
After five epochs or more, compares the smallest loss with that of the first epoch: a warning where less than 0.5 % is
gained.

## Why it matters
Nothing is learned: the learning rate is far too small or too large, or inputs say nothing of the target.

## Example
`SGD(lr=0.0000001)`.

## Fix
A larger learning rate (or a much smaller one); `modelwright check` for other causes.

## Source
TheDeepChecker (5 % in a window of 5), AutoTrainer. 0.5 % of the first epoch's loss: rows without any signal still
gain more, since a network learns their noise.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.past import losses
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "T703"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("history",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the loss stays where it was."""
    past = losses(facts)
    if len(past) < 5 or past[0] <= 1e-6 or min(past) < 0.995 * past[0]:
        return
    yield told(
        facts,
        CODE,
        "warning",
        f"the loss has not fallen in {len(past)} epochs",
        expected="a loss that falls on the rows it is trained on",
        received=f"{past[0]:.4g} in the first epoch, {min(past):.4g} at its best",
        help="another learning rate: ten times larger, or a hundred times smaller where the loss jumps",
    )
