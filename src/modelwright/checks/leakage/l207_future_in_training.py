"""Training rows are later than test rows.

## What it does
Where the description names a time column, compares the latest training time with the earliest test time.
Where no time is named, a column of dates, one a row, along which the target goes with that of the row before: a
warning if a split was asked for, else a note. In a script that calls `modelwright.check`: windows of a series that
overlap and are split at random.

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

import numpy as np
import polars as pl

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic
from modelwright.spec.write import paste

CODE = "L207"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "split")

ROWS, FOLLOWS = 50, 0.8


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where training rows lie after the first test row."""
    assert facts.table is not None and facts.split is not None
    if facts.time is None:
        yield from _suspected(facts)
        return
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


def _suspected(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where each row has its date, the target follows from the row before, and chance splits them."""
    assert facts.table is not None and facts.split is not None
    chosen = facts.description is not None and facts.description.spec.split.model_fields_set
    if (
        facts.independent is None
        or facts.split.plan.by != "random"
        or not facts.split.plan.shuffle
        or facts.values is None
    ):
        return
    for column in facts.table.columns:
        if column.kind != "date" or column.unique < max(ROWS, column.count - column.missing) or column.missing:
            continue
        values = facts.values[facts.table.frame[column.name].arg_sort().to_numpy()]
        known = values[np.isfinite(values)]
        follows = _follows(known) if len(known) >= ROWS else 0.0
        if follows < FOLLOWS:
            continue
        yield Diagnostic(
            code=CODE,
            severity="warning" if chosen else "note",
            message=f"rows follow one another in `{column.name}`, and are split at random: training has seen what "
            "comes before and after each test row",
            where=facts.column_place(column.name),
            expected="earlier rows for training, later ones for the test",
            received=f"a target that goes with that of the row before (r = {follows:.2f})",
            help=f"{paste('data', time=column.name)}\nsplit: {{by: time}}",
        )
        return


def _follows(values: np.ndarray) -> float:
    """Return the correlation of each value with the one before; 0 where either side never changes."""
    before, after = values[:-1], values[1:]
    return float(np.corrcoef(before, after)[0, 1]) if before.std() > 0 and after.std() > 0 else 0.0
