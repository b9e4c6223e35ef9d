"""The times of a series are out of order, missing or irregular.

## What it does
Looks at the column that orders the rows of a forecast: unsorted rows are sorted, missing times get rows without values
where the times are regular otherwise, irregular ones are taken as they follow one another. Each is said; times that are
doubled, missing or no times are errors. Times of several zones are read as UTC, which is said in a note.

## Why it matters
A window counts rows. Where an hour is missing, the value of a day ago stands 23 rows before, and a season is smeared.

## Example
Hourly measurements in local time, in which an hour is missing in spring and occurs twice in autumn.

## Fix
Give times in UTC; several series of one table need the column that tells them apart:
```yaml
data: {time: date, series: shop}
```

## Source
Differences of neighbouring times. Up to 10 % of rows are added for missing times: trading days (2 of 7 days are
missing) stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "D114"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("description", "table")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each thing that had to be done to the rows of a forecast."""
    assert facts.table is not None and facts.description is not None
    yield from (each for each in facts.table.findings if each.code == CODE)
    timeline = facts.table.timeline
    for note in () if timeline is None else timeline.notes:
        yield Diagnostic(
            code=CODE,
            severity="warning",
            message=note,
            where=facts.place("data.time"),
            expected=f"rows in the order of time, one every {timeline.step}" if timeline and timeline.step else "times",
            help="nothing has to be done if this is meant",
        )
