"""Steps are far too large or too small for the weights.

## What it does
Looks at how far a step moves the weights of each layer, relative to their size, in the median of the records that
epochs end with (short ones not each): a warning above 0.3 in any layer with a weight matrix that matters, or below
0.0000001 in all.

## Why it matters
Healthy steps are about a thousandth of the weights. Ten times more still works with some luck; a third of the weights
a step is noise.

## Example
`Adam(lr=0.5)`.

## Fix
Change the learning rate by the factor that is missing to 0.001.

## Source
Karpathy's recipe; TheDeepChecker (0.0001 to 0.1 as ordinary, which fires on small last layers; hence the wide band).
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from modelwright.checks.facts import Facts
from modelwright.checks.past import by_layer
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "O612"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("history",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for steps of the wrong size."""
    sizes = {name: median(moved) for name, moved in by_layer(facts, "update").items() if len(moved) >= 3}
    if not sizes:
        return
    middle = median(sizes.values())
    if 1e-7 <= middle <= 0.3:
        return
    kind = "large" if middle > 0.3 else "small"
    yield told(
        facts,
        CODE,
        "warning",
        f"steps are far too {kind}: the median layer moves by {middle:.2g} of its size in each",
        expected="about 0.001 of the size of the weights",
        received=", ".join(f"`{name}` {size:.2g}" for name, size in list(sizes.items())[:4]),
        help="a smaller learning rate" if kind == "large" else "a larger learning rate",
    )
