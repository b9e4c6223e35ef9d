"""A class is absent from a part.

## What it does
Counts the rows of each class in training, validation and test rows. Silent where L212 speaks (sorted rows, no shuffle)
and where most classes have one row (D107).

## Why it matters
A class that is not in the training rows is never predicted; one that is not in the test rows has no score, and a mean
over classes leaves it out without a word.

## Example
7 rows of a rare species, a random split that is not stratified: none of them among the test rows.

## Fix
```yaml
split: {stratify: true}
```

## Source
deepchecks. Exact counts: a warning where a class of at least three rows misses the training or the test rows although
rows were drawn at random; a note for validation rows, for rarer classes, and where groups, time or files make the
parts.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.measure import lonely_classes, short
from modelwright.diagnostic import Diagnostic

CODE = "L213"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "split", "labels")

ENOUGH = 3


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each part that lacks classes."""
    assert facts.split is not None and facts.labels is not None
    plan, labels = facts.split.plan, facts.labels
    if (plan.by == "random" and not plan.shuffle) or lonely_classes(labels):
        return
    parts = {"training": facts.split.train, "validation": facts.split.validation, "test": facts.split.test}
    for part, rows in parts.items():
        counts = np.bincount(labels.codes[rows][labels.codes[rows] >= 0], minlength=len(labels.classes))
        absent = np.flatnonzero((counts == 0) & (labels.counts > 0))
        if len(rows) == 0 or len(absent) == 0:
            continue
        avoidable = part != "validation" and plan.by == "random" and bool((labels.counts[absent] >= ENOUGH).any())
        shown = ", ".join(
            f"`{short(labels.classes[code])}` ({int(labels.counts[code]):,} rows in all)" for code in absent[:5]
        )
        yield Diagnostic(
            code=CODE,
            severity="warning" if avoidable else "note",
            message=f"the {part} rows have no row of {shown}",
            where=facts.place("split.stratify"),
            expected=f"all {len(labels.classes)} classes in the {part} rows",
            received=f"{len(labels.classes) - len(absent)} of {len(labels.classes)} classes in {len(rows):,} rows",
            help="split: {stratify: true}" if avoidable and not plan.stratify else "",
        )
