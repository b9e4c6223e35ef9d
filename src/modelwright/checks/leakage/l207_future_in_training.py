"""Training rows are later than test rows.

## What it does
Where the description names a time column, compares the latest training time with the earliest test time.

## Why it matters
In use, a model knows the past only. One that was trained on rows after those it is tested on has seen what was to
come, and its score does not say how it will do tomorrow.

## Example
Daily sales with `data: {time: date}`, split at random.

## Fix
```yaml
split: {by: time}
```

## Source
Kapoor and Narayanan, L3.1; Roth 2026. Exact: one training row later than the first test row. An error in a split by
time; a warning in other splits, which may be meant.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "L207"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "split", "time")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where training rows lie after the first test row."""
    assert facts.table is not None and facts.split is not None and facts.time is not None
    times = facts.table.frame[facts.time]
    training, test = times.gather(facts.split.train), times.gather(facts.split.test).drop_nulls()
    if len(test) == 0 or times.dtype == pl.String:
        return
    later = int((training > test.min()).sum())
    if later == 0:
        return
    by = facts.split.plan.by
    yield Diagnostic(
        code=CODE,
        severity="error" if by == "time" else "warning",
        message=f"{later:,} of {len(training):,} training rows are later than the first test row",
        where=facts.place("split.by"),
        expected=f"training rows up to {test.min()}, the time of the first test row",
        received=f"training rows up to {training.max()}",
        help="split: {by: time}" if by == "random" else "give files in which the test rows are the latest",
    )
