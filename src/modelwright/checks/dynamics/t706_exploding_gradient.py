"""Gradients are enormous.

## What it does
Looks at the gradient of each layer at the end of each epoch that has a record of the layers: a warning from a norm
of 1,000,000 on.

## Why it matters
One such step throws the weights away. In float32 the next one may be NaN.

## Example
A recurrent network over 500 steps without clipping.

## Fix
`train: {clip_grad_norm: 1.0}`, a smaller learning rate, scaled inputs and target.

## Source
TheDeepChecker's threshold. AutoTrainer's ratio of 70 between layers fires on networks that learn well.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.past import by_layer
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "T706"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("history",)

HUGE = 1e6


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for the layer with the largest gradient, where that is enormous."""
    largest = {name: max(norms) for name, norms in by_layer(facts, "gradient").items()}
    if not largest or max(largest.values()) < HUGE:
        return
    name = max(largest, key=lambda layer: largest[layer])
    yield told(
        facts,
        CODE,
        "warning",
        f"the gradient of layer `{name}` is enormous",
        expected=f"a norm far below {HUGE:,.0f}",
        received=f"{largest[name]:.3g}",
        help="train: {clip_grad_norm: 1.0}",
    )
