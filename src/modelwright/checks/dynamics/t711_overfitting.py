"""The validation loss rises while the training loss falls.

## What it does
Compares the last epochs: a note where the validation loss has been above its minimum by a fifth or more for five
epochs in a row while the training loss went on falling.

## Why it matters
From there on the model learns the training rows by heart. modelwright keeps the weights of the best epoch, so only
time is lost; the rest of the schedule could still gain from regularisation.

## Example
A large network on 200 rows, 500 epochs.

## Fix
`train: {patience: 20}`, dropout, weight decay, a smaller network, more rows.

## Source
AutoTrainer; UMLAUT. Five epochs and a fifth: conventions, therefore only a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.past import losses
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "T711"
PHASE = "training"
SEVERITY = "note"
NEEDS = ("history",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note where training and validation part."""
    assert facts.history is not None
    past = losses(facts)
    validation = [float(each["validation_loss"]) for each in facts.history if "validation_loss" in each]
    if len(validation) < 10 or len(validation) != len(past):
        return
    best = min(validation)
    if min(validation[-5:]) < 1.2 * best or past[-1] > past[-5]:
        return
    yield told(
        facts,
        CODE,
        "note",
        "the validation loss rises while the training loss falls",
        expected="both falling, or the end of training",
        received=f"validation {best:.4g} in epoch {validation.index(best) + 1}, {validation[-1]:.4g} at the end",
        help="train: {patience: 20}, dropout or weight decay",
    )
