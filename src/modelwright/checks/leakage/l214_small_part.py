"""There are too few test rows for the claim that a score makes.

## What it does
Computes how wide the 95 % interval of an accuracy of 0.9 will be with this number of test rows (for numbers: of the
error, in percent).

## Why it matters
With 30 test rows, 0.90 means anything from 0.74 to 0.97: two models cannot be told apart.

## Example
100 rows, `test_size: 0.1`.

## Fix
```yaml
split: {folds: 5}
```

## Source
Roth 2026; Wilson's interval. A note from ±5 points on (about 140 rows); a warning below 8 rows, where even a coin's
accuracy is known to no better than ±35 points.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "L214"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("split", "task")

WIDE = 0.05
FEW = 8
Z = 1.96


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the test rows are few."""
    assert facts.split is not None
    rows = len(facts.split.test)
    if facts.split.plan.folds is not None or rows == 0:
        return
    low, high = wilson(0.9, rows)
    if (high - low) / 2 <= WIDE:
        return
    claim = (
        f"an RMSE is known to about ±{100 * Z / sqrt(2 * rows):.0f} %"
        if facts.task in ("regression", "forecasting")
        else f"an accuracy of 0.90 means {low:.2f} to {high:.2f}"
    )
    yield Diagnostic(
        code=CODE,
        severity="warning" if rows < FEW else "note",
        message=f"{rows} test row{'s are' if rows > 1 else ' is'} few: {claim}",
        where=facts.place("split.test_size"),
        expected="about 140 test rows for ±5 points; folds use every row as a test row once",
        received=f"{rows} test rows",
        help="split: {folds: 5}",
    )


def wilson(share: float, rows: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share seen in `rows` rows.

    >>> [round(end, 2) for end in wilson(0.9, 30)]
    [0.74, 0.97]
    """
    middle = (share + Z * Z / (2 * rows)) / (1 + Z * Z / rows)
    half = Z * sqrt(share * (1 - share) / rows + Z * Z / (4 * rows * rows)) / (1 + Z * Z / rows)
    return middle - half, middle + half
