"""The loss grows while the model is trained.

## What it does
After training, compares the loss of the last epoch with the smallest: a warning where it is twice that or more, and
has not been falling for three epochs.

## Why it matters
Steps are too large: each undoes the one before. The weights that are kept are those of an early epoch.

## Example
`SGD(lr=3)` on a network with several layers.

## Fix
A learning rate ten times smaller, or `train: {clip_grad_norm: 1.0}`.

## Source
TheDeepChecker: twice the minimum.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.past import losses
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "T702"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("history",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the loss ends far above its minimum."""
    past = losses(facts)
    if len(past) < 4 or past[-1] < 2 * min(past) or past[-1] < past[-3] or past[-1] < 0.5 * past[0]:
        return
    yield told(
        facts,
        CODE,
        "warning",
        "the loss grows while the model is trained",
        expected="a loss that falls, or stays",
        received=f"{past[-1]:.4g} in the last epoch, {min(past):.4g} in epoch {past.index(min(past)) + 1}",
        help="a learning rate ten times smaller, or train: {clip_grad_norm: 1.0}",
    )
