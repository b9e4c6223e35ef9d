"""A column with one value, or none.

## What it does
Looks for inputs with a single distinct value, and for columns without any value. A column of zeros (or ones) beside
others of the same name with another number (`Soil_Type7` among `Soil_Type1` …) is a category that does not occur, and
only a note, as is one word in all rows, which is often the name of the study or the place. modelwright leaves such
columns out of the inputs. Of tensors: a column of a table with one value that is not 1 (a column of ones may be meant
as a bias), where no other column is an indicator.

## Why it matters
It cannot help the model. Often it shows that something else went wrong: a filter, a join, a sensor that was off.

## Example
`pressure` is 0 in all 8,000 rows, since the sensor was off.

## Fix
```yaml
data: {drop: [pressure]}
```

## Source
TheDeepChecker; deepchecks. Exact: number of distinct values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.data.columns import Column
from modelwright.diagnostic import Diagnostic
from modelwright.spec.write import paste

CODE = "D102"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table",)
PROGRAM_NEEDS = ("rows",)

NUMBERS = ("numeric", "integer", "boolean")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each constant or empty column that nobody asked to leave out."""
    assert facts.table is not None
    yield from _targets(facts)
    rows = facts.table.frame.height
    families = Counter(_family(column.name) for column in facts.table.columns)
    roles = set(facts.targets)
    if facts.description is not None:
        data = facts.description.spec.data
        roles |= {*data.drop, data.group or "", data.time or "", data.weight or ""}
    for column in facts.table.columns:
        if column.name in roles or rows < 2 or column.unique > 1 or (column.unique == 1 and column.missing):
            continue
        numbered = column.name != _family(column.name) and families[_family(column.name)] > 1
        indicator = numbered and column.examples[:1] in (("0",), ("1",), ("0.0",), ("1.0",), ("false",), ("true",))
        yield _finding(facts, column, natural=indicator or (column.unique == 1 and column.kind not in NUMBERS))


def _targets(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each number to predict, or to forecast, that never changes; D107 judges classes."""
    assert facts.table is not None
    still = [name for name in facts.targets if facts.table.column(name).unique == 1]
    if facts.task not in ("regression", "forecasting") or facts.table.frame.height < 2:
        return
    for name in still:
        yield Diagnostic(
            code=CODE,
            severity="error" if len(still) == len(facts.targets) else "warning",
            message=f"the target `{name}` has one value only: there is nothing to learn",
            where=facts.column_place(name),
            expected="a target that changes",
            received=f"`{facts.table.column(name).examples[0]}` in all rows",
            help="name another column: `data: {target: …}`",
        )
    timeline = facts.table.timeline
    blocks = () if timeline is None or len(timeline.blocks) < 2 else timeline.blocks
    for name in facts.targets if not still else ():
        values = facts.table.frame[name]
        constant = [at for at, (start, stop) in enumerate(blocks) if values[start:stop].drop_nulls().n_unique() < 2]
        if constant and timeline is not None:
            shown = ", ".join(f"`{timeline.names[at]}`" for at in constant[:5])
            yield Diagnostic(
                code=CODE,
                severity="note",
                message=f"`{name}` never changes in {len(constant)} of {len(blocks)} series: {shown}",
                where=facts.column_place(name),
                expected="series that change; the last value forecasts a constant one without an error",
                received=f"one value in each row of {shown}",
                help="leave these series out, or score the others apart",
            )


def _finding(facts: Facts, column: Column, *, natural: bool) -> Diagnostic:
    empty = column.unique == 0
    value = column.examples[0] if column.examples else ""
    return Diagnostic(
        code=CODE,
        severity="note" if natural else "warning",
        message=f"column `{column.name}` has no values" if empty else f"column `{column.name}` has one value only",
        where=facts.column_place(column.name),
        expected="at least two distinct values in an input",
        received="every value is missing" if empty else f"`{value}` in all rows",
        help=paste("data", drop=[column.name]),
    )


def _family(name: str) -> str:
    return name.rstrip("0123456789")


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each constant column of a table in tensors."""
    from modelwright.checks.program.columns import columns_of

    table = columns_of(facts.rows)
    if table is None or not table.complete:
        return
    distinct = table.distinct
    if bool((distinct == 2).any()):  # categories as zeros and ones: one that does not occur is natural
        return
    for at in (distinct == 1).nonzero()[0].tolist():
        value = float(table.x[0, at])
        if value != 1:
            yield found(
                facts,
                CODE,
                "warning",
                f"column {at} of the input has one value only",
                expected="at least two distinct values in an input",
                received=f"{value:g} in all {len(table.x):,} rows",
                help=f"X = numpy.delete(X, {at}, axis=1), or find out why it is empty",
            )
