"""Files given apart have different classes.

## What it does
Where training, validation and test rows come from files of their own, compares their classes. Classes that differ only
in case, spaces or a dot at the end are shown with the line that makes them equal.

## Why it matters
A class that is spelt differently in the test file counts as wrong in every one of its rows: the score is 0 for a
model that is right.

## Example
Adult's test file ends each label with a dot: `>50K.` where the training file has `>50K`.

## Fix
```yaml
data: {replace: {income: {">50K.": ">50K", "<=50K.": "<=50K"}}}
```

## Source
deepchecks. Exact comparison of sets.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.measure import Labels, short
from modelwright.diagnostic import Diagnostic
from modelwright.spec.write import paste

CODE = "D112"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("table", "labels")

PARTS = {1: "validation", 2: "test"}


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each file with classes that training rows do not have."""
    assert facts.table is not None and facts.labels is not None
    parts = facts.table.parts
    if parts is None:
        return
    known = _classes(facts.labels, parts == 0)
    for part, name in PARTS.items():
        strange = [label for label in _classes(facts.labels, parts == part) if label not in known]
        if strange:
            yield _finding(facts, name, strange, known)


def _finding(facts: Facts, part: str, strange: list[str], known: list[str]) -> Diagnostic:
    alike = {_plain(label): label for label in known}
    same = {label: alike[_plain(label)] for label in strange if _plain(label) in alike}
    path = getattr(facts.description.spec.data, part, None) if facts.description is not None else None
    shown = ", ".join(f"`{short(label)}`" for label in strange[:5])
    return Diagnostic(
        code=CODE,
        severity="error" if same else "warning",
        message=f"the {part} file has classes that training rows do not have: {shown}",
        where=facts.place(f"data.{part}") if path else facts.column_place(facts.targets[0]),
        expected=f"the classes of the training rows: {', '.join(f'`{short(label)}`' for label in known[:5])}",
        received="; ".join(f"`{a}` for `{b}`" for a, b in list(same.items())[:3]) if same else shown,
        help=paste("data", replace={facts.targets[0]: same}) if same else "spell the classes alike in all files",
    )


def _classes(labels: Labels, rows: np.ndarray) -> list[str]:
    present = np.unique(labels.codes[rows])
    return [labels.classes[code] for code in present if code >= 0]


def _plain(label: str) -> str:
    return label.strip().rstrip(".").strip().casefold()
