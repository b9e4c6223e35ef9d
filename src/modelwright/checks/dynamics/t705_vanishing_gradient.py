"""The first layer receives hardly any gradient.

## What it does
Compares the gradient of the first layer with that of the last, in each record of the layers (short epochs do not
each end with one): a warning where in most of them the first is a thousand times smaller, and below 0.0001.

## Why it matters
The first layers stay random: the network learns only with its last ones.

## Example
Ten layers of `Linear, Sigmoid`.

## Fix
ReLU, normalisation between the layers, residual connections.

## Source
AutoTrainer's thresholds: a ratio of 0.001, a gradient of 0.0001.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.past import by_layer
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "T705"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("history",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the first layer is hardly reached."""
    gradients = by_layer(facts, "gradient")
    if len(gradients) < 3:
        return
    names = list(gradients)
    first, last = gradients[names[0]], gradients[names[-1]]
    weak = [a < 1e-3 * b and a < 1e-4 for a, b in zip(first, last, strict=True)]
    if len(weak) < 3 or sum(weak) <= 0.5 * len(weak):
        return
    yield told(
        facts,
        CODE,
        "warning",
        f"hardly any gradient reaches layer `{names[0]}`",
        expected="gradients of about the same size in all layers",
        received=f"{first[-1]:.2g} in `{names[0]}`, {last[-1]:.2g} in `{names[-1]}`",
        help="ReLU instead of sigmoids, BatchNorm1d or LayerNorm between the layers, Residual(…)",
    )
