"""A column that identifies rows is used as an input.

## What it does
Looks among the inputs for columns with another value in each row that count the rows, have the name of an identifier
(`id`, `customer_id`, `index`, `Unnamed: 0`), or are categories with as many values as rows.
A column whose kind the description gives is judged even where it was left out.

## Why it matters
The model can learn the training rows by heart through it and gets nothing for new rows. Where the order of the file
depends on the answer, an identifier even gives the answer away.

## Example
`PassengerId` 1 … 891 among the inputs of a table of passengers.

## Fix
```yaml
data: {drop: [PassengerId]}
```

## Source
deepchecks; Ludwig. Unique in each row, and named or numbered like an identifier: a unique whole-number salary is
not one.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.identify import identifies
from modelwright.diagnostic import Diagnostic
from modelwright.spec.write import paste

CODE = "D103"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "independent")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each input that identifies rows."""
    assert facts.table is not None
    asked = facts.description.spec.data.columns if facts.description is not None else {}
    names = [*facts.input_names, *(name for name in asked if _left_out(facts, name))]
    for name in names:
        column = facts.table.column(name)
        if column.kind == "text":  # each text is its own, and its words are what is read
            continue
        if why := identifies(column, facts.table.frame[name]):
            yield Diagnostic(
                code=CODE,
                severity="warning",
                message=f"input `{name}` identifies rows: {why}",
                where=facts.column_place(name),
                expected="inputs whose values occur in new rows as well",
                received=f"{column.unique:,} distinct values in {column.unique:,} rows",
                help=paste("data", drop=[name]),
            )


def _left_out(facts: Facts, name: str) -> bool:
    """Say whether a column whose kind was given is no input all the same: somebody meant it to be one."""
    assert facts.table is not None and facts.description is not None
    data = facts.description.spec.data
    roles = (*facts.input_names, *facts.targets, *data.drop, data.group, data.time, data.weight, data.series)
    return name in facts.table.names and name not in roles and name not in facts.table.media
