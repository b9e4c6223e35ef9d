"""There are no test rows, or they are the validation rows.

## What it does
Looks in the description for a test file that is also the validation or training file, and for `split.sizes` without
test rows.
In a script that calls `modelwright.check`: loaders of two parts (by their names) that serve the same rows.

## Why it matters
Training stops at the weights that are best on the validation rows. A score on the same rows is a score on the rows
that were selected for, and too good.

## Example
```yaml
data: {path: train.csv, validation: holdout.csv, test: holdout.csv}
```

## Fix
Leave `validation` out: those rows are then taken from the training file.
```yaml
data: {path: train.csv, test: holdout.csv}
```

## Source
Kapoor and Narayanan, L1.1. Exact: the same path, or a size of 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "L201"
PHASE = "description"
SEVERITY = "error"
NEEDS = ("description",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each part that is another part."""
    assert facts.description is not None
    data, split = facts.description.spec.data, facts.description.spec.split
    paths = [data.path] if isinstance(data.path, str) else data.path
    files = {"test": data.test, "validation": data.validation}
    if data.test is not None and data.validation is not None and _same(data.test, data.validation):
        yield _twice(facts, "data.validation", "test and validation rows come from the same file", data.test)
    for part, file in files.items():
        if file is not None and any(_same(file, path) for path in paths if path):
            yield _twice(facts, f"data.{part}", f"training and {part} rows come from the same file", file)
    if split.sizes is not None and split.sizes[2] == 0:
        yield Diagnostic(
            code=CODE,
            severity="error",
            message="there are no test rows",
            where=facts.place("split.sizes"),
            expected="three sizes above zero: training, validation and test rows",
            received=f"sizes: {split.sizes}",
            help=f"sizes: {[split.sizes[0], split.sizes[1] // 2, split.sizes[1] - split.sizes[1] // 2]}",
        )


def _twice(facts: Facts, key: str, message: str, file: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity="error",
        message=message,
        where=facts.place(key),
        expected="rows that take no part in training or selection",
        received=file,
        help=f"leave `{key.rpartition('.')[2]}` out: its rows are then taken from `data.path`",
    )


def _same(first: str, second: str) -> bool:
    return Path(first) == Path(second) or Path(first).absolute() == Path(second).absolute()
