"""The loss jumps up and down from epoch to epoch.

## What it does
Counts, after eight epochs or more, the epochs in which the training loss has risen by a twentieth or more of the first
epoch's loss: a warning where these are more than a fifth of all.

## Why it matters
Each step overshoots. Which epoch is the best is then a matter of luck, and another seed gives another model.

## Example
`SGD(lr=0.5, momentum=0.9)` on a small table.

## Fix
A learning rate three to ten times smaller, a larger batch, or a schedule that ends low: `scheduler: OneCycleLR`.

## Source
AutoTrainer: swings in more than 20 % of the epochs. There swings of 0.03 of an accuracy, which few validation rows show
by chance; here those of the training loss, which is a mean over all rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from modelwright.checks.facts import Facts
from modelwright.checks.past import losses
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "T704"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("history",)

EPOCHS, SWING, OFTEN = 8, 0.05, 0.2


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the loss rises again and again."""
    past = losses(facts)
    if len(past) < EPOCHS:
        return
    rises = [later - earlier for earlier, later in pairwise(past) if later > earlier]
    large = [rise for rise in rises if rise >= SWING * abs(past[0])]
    if len(large) <= OFTEN * (len(past) - 1):
        return
    yield told(
        facts,
        CODE,
        "warning",
        f"the loss jumps: it has risen in {len(large)} of {len(past) - 1} epochs",
        expected="a loss that falls from epoch to epoch but for small changes",
        received=f"rises of up to {max(large):.3g}, where the first epoch's loss is {past[0]:.3g}",
        help="a learning rate three to ten times smaller, or a larger train.batch_size",
    )
