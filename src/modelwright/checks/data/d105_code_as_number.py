"""A code that is used as a number.

## What it does
Looks for whole numbers among the inputs whose name says that they are codes: `zip`, `postcode`, `*_code`, `fips`,
`class_id`, `department_id` … .

## Why it matters
As a number, postcode 90210 lies between 90209 and 90211 and is nine times 10023. The model has to undo that.

## Example
`zip_code` read as a whole number.

## Fix
```yaml
data:
  columns: {zip_code: category}
```

## Source
Humbatova's taxonomy. By name only, hence a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.identify import identifies
from modelwright.diagnostic import Diagnostic
from modelwright.spec.write import paste

CODE = "D105"
PHASE = "data"
SEVERITY = "note"
NEEDS = ("table", "independent")

NAMES = re.compile(
    r"(^|[_\s.-])(zip|zipcode|zip[_\s-]?code|postcode|postal[_\s-]?code|plz|fips|naics|sic|code|cd|class|type|category"
    r"|(region|state|country|city|store|shop|department|product|item|user|customer|device|sensor|station)[_\s-]?id)$"
)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note for each number whose name is that of a code."""
    assert facts.table is not None
    forced = facts.description.spec.data.columns if facts.description is not None else {}
    for name in facts.input_names:
        column = facts.table.column(name)
        if column.kind != "integer" or name in forced or column.unique < 3 or not NAMES.search(name.lower()):
            continue
        if identifies(column, facts.table.frame[name]):
            continue
        yield Diagnostic(
            code=CODE,
            severity="note",
            message=f"input `{name}` looks like a code but is used as a number",
            where=facts.column_place(name),
            expected="a category, if the size of the number means nothing",
            received=f"{column.unique:,} distinct whole numbers, such as {', '.join(column.examples[:3])}",
            help=paste("data", columns={name: "category"}),
        )
