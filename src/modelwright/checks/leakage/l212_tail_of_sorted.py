"""The test rows are the end of a sorted table, and lack classes.

## What it does
Where rows are split without shuffling, compares the classes of the parts.

## Why it matters
A table sorted by class has its last classes in the test rows only: never learned, always wrong. Keras'
`validation_split` takes the tail in this way.

## Example
150 irises in the order of their species, `shuffle: false`: no virginica among the training rows.

## Fix
```yaml
split: {shuffle: true, stratify: true}
```

## Source
Keras' documentation of `validation_split`. Exact: sets of classes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.measure import short
from modelwright.diagnostic import Diagnostic

CODE = "L212"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("table", "split", "labels")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where an unshuffled split leaves classes out of the training or the test rows."""
    assert facts.split is not None and facts.labels is not None
    if facts.split.plan.by != "random" or facts.split.plan.shuffle:
        return
    everywhere = set(range(len(facts.labels.classes)))
    for part, rows in (("training", facts.split.train), ("test", facts.split.test)):
        lacking = sorted(everywhere - set(np.unique(facts.labels.codes[rows]).tolist()))
        if lacking and len(rows):
            shown = ", ".join(f"`{short(facts.labels.classes[code])}`" for code in lacking[:5])
            yield Diagnostic(
                code=CODE,
                severity="error",
                message=f"the {part} rows have no {shown}: the rows are sorted and were split without shuffling",
                where=facts.place("split.shuffle"),
                expected=f"all {len(everywhere)} classes in the {part} rows",
                received=f"{len(everywhere) - len(lacking)} of {len(everywhere)} classes",
                help="split: {shuffle: true, stratify: true}",
            )
