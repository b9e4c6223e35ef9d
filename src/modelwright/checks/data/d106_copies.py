"""Many rows are copies of others, or equal inputs have different labels.

## What it does
Counts rows whose inputs and target are equal to those of another row, and, for classes, rows with equal inputs and
another label. Equal rows that chance explains are left alone (expected pairs if columns were independent).

## Why it matters
A copy in the training rows and another in the test rows make the score too good: the model has seen the answer.
Contradictions set a limit to any score.

## Example
Two exports were concatenated, and half of the customers are in both.

## Fix
Keep one of each:
```python
polars.read_csv("customers.csv").unique(maintain_order=True).write_csv("customers-unique.csv")
```

## Source
deepchecks. Warning where 5 % of the rows have a twin although some number has nearly as many distinct values as there
are distinct rows; where all columns are coarse (wine quality: natural 35 %), only where nearly each row occurs an even
number of times (or a multiple of 3 or 5). Else, a note from 0.5 % on. Of tensors: only where a column is fine-grained,
and copies only where every class has them: to repeat the rows of a rare class is a method.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.checks.copies import FEW, fine_grained, natural, remarkable
from modelwright.checks.facts import Facts
from modelwright.checks.measure import with_twin
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "D106"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "targets", "independent")
PROGRAM_NEEDS = ("rows",)

WORTH_SAYING = 0.005


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for copies and one for contradictions."""
    assert facts.table is not None
    if not facts.input_names:
        return
    twins = facts.twins
    share = float(twins.mean()) if len(twins) else 0.0
    if share >= WORTH_SAYING and not natural(facts):
        yield _copies(facts, share, int(np.unique(facts.hashes[twins]).size), int(twins.argmax()) + 1)
    if facts.labels is not None:
        yield from _contradictions(facts)


def _copies(facts: Facts, share: float, distinct: int, first: int) -> Diagnostic:
    assert facts.table is not None
    path = facts.table.reading.paths[0] if facts.table.reading.paths else "data.csv"
    return Diagnostic(
        code=CODE,
        severity="warning" if remarkable(facts, share) else "note",
        message=f"{share:.1%} of the rows have an exact copy ({distinct:,} rows occur more than once)",
        where=facts.column_place("", first),
        expected="each observation once; copies can stand in training and test rows at the same time",
        received=f"row {first:,} is the first with a copy",
        help=f'polars.read_csv("{path}").unique(maintain_order=True)',
    )


def _contradictions(facts: Facts) -> Iterator[Diagnostic]:
    assert facts.table is not None
    rows = facts.table.frame.height
    order = np.argsort(facts.repeats.inputs, kind="stable")
    inputs, whole = facts.repeats.inputs[order], facts.repeats.whole[order]
    differs = (inputs[1:] == inputs[:-1]) & (whole[1:] != whole[:-1])
    unlike = np.unique(inputs[1:][differs])
    share = float(np.isin(inputs, unlike).sum()) / max(rows, 1)
    if share < WORTH_SAYING or not fine_grained(facts):
        return
    yield Diagnostic(
        code=CODE,
        severity="warning" if share >= FEW else "note",
        message=f"{share:.1%} of the rows have equal inputs and different labels",
        where=facts.column_place(facts.targets[0]),
        expected="rows with equal inputs to have the same label, where the inputs are as fine as here",
        received=f"{len(unlike):,} sets of equal inputs with more than one label",
        help="look at these rows: labels may be wrong, or a column that tells them apart is missing",
    )


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for copies, and one for contradictions, of a table in tensors."""
    from modelwright.checks.program import columns

    table = columns.columns_of(facts.rows)
    if table is None or not len(table.y) or not table.measured:
        return
    inputs = columns.row_hashes(table.x)
    whole = columns.row_hashes(np.column_stack([table.x, table.y]))
    twins, classes = with_twin(whole), facts.rows.labels if facts.rows is not None else None
    parts = [twins] if classes is None else [twins[classes[: len(twins)] == each] for each in np.unique(classes)]
    if all(float(part.mean()) >= FEW for part in parts if len(part)):
        told = f"{float(twins.mean()):.1%} of the rows have an exact copy"
        received = f"row {int(twins.argmax()) + 1:,} is the first with a copy"
        yield _in_tensors(facts, told, "each observation once", received, "keep one of each before you split")
    unlike = with_twin(inputs) & ~twins
    if classes is not None and float(unlike.mean()) >= FEW:
        told = f"{float(unlike.mean()):.1%} of the rows have equal inputs and different labels"
        received = f"row {int(unlike.argmax()) + 1:,} is the first"
        yield _in_tensors(
            facts, told, "one label for equal inputs", received, "look at these rows: were labels shifted?"
        )


def _in_tensors(facts: Facts, told: str, expected: str, received: str, fix: str) -> Diagnostic:
    return found(facts, CODE, "warning", told, expected=expected, received=received, help=fix)
