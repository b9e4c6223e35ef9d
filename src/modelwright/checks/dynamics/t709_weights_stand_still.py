"""The weights of a layer never change, or grow without end.

## What it does
Compares the weights of each layer before and after each epoch: exactly equal in every epoch, or a norm beyond
100,000,000.

## Why it matters
A layer that never changes is not trained: its units are dead, or its gradient is lost on the way.

## Example
A layer after ReLU units that all give 0.

## Fix
`modelwright check` shows where the gradient is lost; otherwise a smaller learning rate or weight decay.

## Source
TrainCheck; TheDeepChecker (100,000,000). Exact for equality.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.past import by_layer, losses
from modelwright.checks.tell import names, told
from modelwright.diagnostic import Diagnostic

CODE = "T709"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("history",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for layers that stand still, and for one that grows without end."""
    updates, weights = by_layer(facts, "update"), by_layer(facts, "weight")
    still = [name for name, moved in updates.items() if moved and not any(moved) and weights[name][-1] > 0]
    if still and any(any(moved) for moved in updates.values()) and losses(facts):
        yield told(
            facts,
            CODE,
            "warning",
            f"the weights of {names(still)} never change",
            expected="weights that change in every layer that is trained",
            received=f"the same weights after {len(losses(facts))} epochs",
            help="modelwright check: it shows where the gradient is lost",
        )
    huge = [name for name, norms in weights.items() if norms and norms[-1] > 1e8]
    if huge:
        yield told(
            facts,
            CODE,
            "warning",
            f"the weights of {names(huge)} grow without end",
            expected="weights of ordinary size",
            received=f"a norm of {weights[huge[0]][-1]:.3g}",
            help="a smaller learning rate, AdamW(weight_decay=0.01)",
        )
