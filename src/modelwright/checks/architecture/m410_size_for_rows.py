"""The model has far more parameters than there are numbers to learn from.

## What it does
Divides the parameters that are learned by the numbers in the training rows. A note from ten parameters a number on.

## Why it matters
Such a model can learn every row by heart. That may be wanted (large networks often generalise all the same), but the
validation score is then all there is to go by.

## Example
A network of a million weights on 150 rows of 4 columns.

## Fix
Fewer or narrower layers, weight decay, dropout, early stopping; or more rows.

## Source
Humbatova's taxonomy. Ten: a convention, therefore only a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "M410"
PHASE = "dry_run"
SEVERITY = "note"
NEEDS = ("program", "rows")

MANY = 10


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note for a model that is large beside its data."""
    assert facts.program is not None and facts.rows is not None
    rows = facts.loader.rows if facts.loader is not None else sum(batch.size for batch in facts.rows.read)
    first = facts.rows.batch
    if (facts.loader is None and not facts.rows.complete) or not first.size:
        return
    numbers = rows * sum(tensor[0].numel() if tensor.dim() else 1 for tensor in first.tensors)
    weights = sum(p.numel() for p in facts.program.model.parameters() if p.requires_grad)
    if not numbers or weights < MANY * numbers:
        return
    yield found(
        facts,
        CODE,
        "note",
        f"{weights:,} parameters are learned from {numbers:,} numbers ({rows:,} rows)",
        expected=f"fewer than {MANY} parameters a number, or a check on rows that were kept apart",
        received=f"{weights / numbers:.0f} parameters a number",
        help="a narrower model, weight decay or early stopping",
    )
