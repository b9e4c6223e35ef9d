"""The trained model answers otherwise in evaluation mode than in training mode.

## What it does
Compares the answers to up to 256 training rows in training mode (dropout left out) and in evaluation mode: a warning
where their similarity (cosine) is below 0.75.

## Why it matters
Normalisation uses the batch in training and running means in evaluation. Where these have not settled, the loss of
training says nothing of the score.

## Example
`BatchNorm1d(64, momentum=0.001)` and three epochs.

## Fix
The default `momentum=0.1`, more steps, larger batches, or `LayerNorm`, which knows no modes.

## Source
TheDeepChecker: a similarity of 0.75.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "E808"
PHASE = "evaluation"
SEVERITY = "warning"
NEEDS = ("trained", "result")

SIMILAR = 0.75


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the two modes answer differently."""
    from modelwright.checks.program.probes import batch_norm_in_training
    from modelwright.checks.program.settled import moods

    assert facts.trained is not None
    name = batch_norm_in_training(facts.trained.model)
    if name is None or facts.trained.batch.size < 16 or (similar := moods(facts.trained)) >= SIMILAR:
        return
    yield told(
        facts,
        CODE,
        "warning",
        f"the model answers otherwise in evaluation than in training: the means of `{name}` have not settled",
        expected=f"answers that are alike (cosine of at least {SIMILAR})",
        received=f"a cosine of {similar:.2f}",
        help="BatchNorm1d(...) with its default momentum, more epochs, or LayerNorm(...)",
        key="model",
    )
