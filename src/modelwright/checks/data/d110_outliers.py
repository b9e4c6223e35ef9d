"""Some values lie extremely far from all others.

## What it does
For each column of a two-dimensional input, measures how far the largest values lie from the middle half, in widths of
that half. A note from 100 widths on.

## Why it matters
One value of 10,000,000 among ages makes the mean and the deviation meaningless: after standardising, all other rows
are the same number.

## Example
A missing age that was written as 999999.

## Fix
Correct or clip the values, mark them as missing, or scale with `RobustScaler` or `QuantileTransformer`.

## Source
TheDeepChecker. 100 widths: 150 deviations of a normal distribution; heavy-tailed money columns stay below.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "D110"
PHASE = "dry_run"
SEVERITY = "note"
NEEDS = ("rows",)

FAR = 100.0


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield one note for each input with columns that hold extreme values."""
    assert facts.rows is not None
    for name, values in facts.rows.floats:
        if values.dim() != 2 or len(values) < 32 or values.shape[1] > 512 or not bool(values.isfinite().all()):
            continue
        sample = values[:20_000].double()
        low, middle, high = (sample.quantile(q, dim=0) for q in (0.25, 0.5, 0.75))
        width = high - low
        distance = (sample - middle).abs().amax(dim=0) / width.clamp_min(1e-30)
        columns = [int(at) for at in ((distance > FAR) & (width > 0)).nonzero().flatten()]
        if not columns:
            continue
        worst = max(columns, key=lambda at: float(distance[at]))
        yield found(
            facts,
            CODE,
            "note",
            f"column {worst} of {name} has values extremely far from the others",
            expected=f"values within {FAR:g} widths of the middle half",
            received=f"{float(sample[:, worst].abs().max()):.4g}, where half lie from {float(low[worst]):.4g} to "
            f"{float(high[worst]):.4g}",
            help="mark it as missing, clip it, or scale with RobustScaler",
        )
