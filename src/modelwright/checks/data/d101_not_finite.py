"""Infinite numbers in an input or the target, or rows without a target.

## What it does
Counts infinite values (error) in each number that is an input or a target, NaN that is not marked as missing included
for the target, and rows whose target is missing (note; warning from half of the rows on).

## Why it matters
One infinity makes the mean and the scale of its column infinite and every loss NaN. Rows without a target teach
nothing and are left out, which should be known before a score is read.

## Example
A ratio computed with a zero below the line: `price_per_room` = 250000 / 0 = inf.

## Fix
Correct the values, or leave the column out:
```yaml
data: {drop: [price_per_room]}
```

## Source
UMLAUT; TheDeepChecker. Exact counts; the half for missing targets is a convention.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import polars as pl

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.data.columns import Column
from modelwright.diagnostic import Diagnostic
from modelwright.spec.write import paste

CODE = "D101"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("table",)
PROGRAM_NEEDS = ("rows",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each column with infinities and for each target with missing values."""
    assert facts.table is not None
    frame = facts.table.frame
    for name in dict.fromkeys((*facts.targets, *facts.input_names)):
        if not frame[name].dtype.is_float() or _seen_finite(facts.table.column(name)):
            continue
        if (infinite := frame[name].is_infinite().fill_null(False)).any():
            yield _infinite(facts, name, infinite)
    for name in facts.targets:
        values = frame[name]
        gone = values.is_null() | values.is_nan().fill_null(False) if values.dtype.is_float() else values.is_null()
        if gone.any():
            yield _without_target(facts, name, int(gone.sum()), frame.height, int(gone.arg_max() or 0))


def _seen_finite(column: Column) -> bool:
    """Return whether reading has seen the ends of a column, and they are finite."""
    ends = column.low, column.high
    return all(isinstance(end, float) and isfinite(end) for end in ends)


def _infinite(facts: Facts, name: str, infinite: pl.Series) -> Diagnostic:
    count, first = int(infinite.sum()), int(infinite.arg_max() or 0)
    target = name in facts.targets
    return Diagnostic(
        code=CODE,
        severity="error",
        message=f"column `{name}` has {count:,} infinite value{'s' if count > 1 else ''}",
        where=facts.column_place(name, first + 1),
        expected="finite numbers" + (" to predict" if target else "; a missing value is fine"),
        received=f"{'inf' if facts.table and facts.table.frame[name][first] > 0 else '-inf'} in row {first + 1:,}",
        help="correct or remove these rows" if target else paste("data", drop=[name]),
    )


def _without_target(facts: Facts, name: str, missing: int, rows: int, first: int) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity="warning" if missing >= rows / 2 else "note",
        message=f"{missing:,} of {rows:,} rows have no value in the target `{name}`; they teach nothing",
        where=facts.column_place(name, first + 1),
        expected="a target in every row; rows without one are left out",
        received=f"{missing / rows:.1%} missing",
        help="check that the file is complete and that this is the right target" if missing >= rows / 2 else "",
    )


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each tensor of a program's data with NaN or infinite values."""
    assert facts.rows is not None
    parts = list(facts.rows.floats)
    if facts.rows.target is not None and facts.rows.target.is_floating_point():
        parts.append(("the target", facts.rows.target))
    for name, values in parts:
        if values.isfinite().all():
            continue
        nan, infinite = int(values.isnan().sum()), int(values.isinf().sum())
        bad = ~values.flatten(1).isfinite() if values.dim() > 1 else ~values.isfinite().unsqueeze(1)
        row = int(bad.any(dim=1).nonzero()[0])
        columns = bad.any(dim=0).nonzero().flatten().tolist()
        yield found(
            facts,
            CODE,
            "error",
            f"{name} has "
            + " and ".join(f"{n:,} {what}" for n, what in ((nan, "NaN"), (infinite, "infinite values")) if n),
            expected="finite numbers; one NaN makes the loss NaN, and with it every weight",
            received=f"first in row {row}; columns {', '.join(map(str, columns[:5]))}" + " …" * (len(columns) > 5),
            help="X = torch.nan_to_num(X), or fill with the mean of the training rows",
        )
