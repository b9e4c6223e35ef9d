"""The probabilities do not say how often the model is right.

## What it does
Reads the calibration error on the scored rows. A note from 0.1 on, where there are 500 rows or more.

## Why it matters
Where the model says 90 % and is right in 70 % of such cases, a decision by its probabilities is wrong though its
ranking may be good.

## Example
A network that was trained until its training loss was 0.

## Fix
`CrossEntropyLoss(label_smoothing=0.1)`, fewer epochs, weight decay.

## Source
deepchecks; Guo et al. 2017, "On calibration of modern neural networks". 0.1: ten points.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "E805"
PHASE = "evaluation"
SEVERITY = "note"
NEEDS = ("result",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note for a large calibration error."""
    assert facts.result is not None
    score = facts.result.scores.get("calibration_error")
    if score is None or facts.result.rows < 500 or not score.low > 0.1:
        return
    yield Diagnostic(
        code=CODE,
        severity="note",
        message=f"the probabilities are off by {score.value:.0%} on average",
        where=facts.place("train"),
        expected="a calibration error below 0.1",
        received=f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})",
        help="loss: CrossEntropyLoss(label_smoothing=0.1), or fewer epochs",
    )
