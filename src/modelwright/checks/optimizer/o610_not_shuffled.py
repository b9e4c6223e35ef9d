"""Training rows are served in the order of their labels.

## What it does
Looks at the DataLoader: rows in their stored order (`shuffle=False`, no sampler), and labels that come class after
class, or a target that only rises or falls.

## Why it matters
Each batch then holds one class. The model learns to say that class, then the next; the loss jumps, and the last class
wins.

## Example
`DataLoader(TensorDataset(X, y), batch_size=32)` where the first half of `y` is 0 and the second half 1.

## Fix
```python
DataLoader(dataset, batch_size=32, shuffle=True)
```

## Source
Karpathy's recipe; Humbatova's taxonomy. Labels count as sorted where they change no more often than a tenth of what a
random order would give, over at least two batches.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "O610"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("program", "loader")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a loader that serves sorted rows in their order."""
    loader, rows = facts.loader, facts.rows
    assert loader is not None and rows is not None
    if loader.shuffled is not False or loader.batch_size >= loader.rows:
        return
    labels = rows.labels
    if labels is not None and len(labels) >= 20:
        counts = np.unique(labels, return_counts=True)[1] / len(labels)
        expected = (len(labels) - 1) * (1 - float((counts**2).sum()))
        changes = int((labels[1:] != labels[:-1]).sum())
        if len(counts) < 2 or changes > 0.1 * expected:
            return
        received = (
            f"{len(labels):,} rows whose label changes {changes} times; in random order about {expected:.0f} times"
        )
    elif rows.target is not None and rows.target.dim() == 1 and len(rows.target) >= 20 and len(rows.floats) > 0:
        steps = np.diff(rows.target.double().cpu().numpy())
        if not ((steps >= 0).all() or (steps <= 0).all()) or not steps.any():
            return
        received = "a target that only rises" if steps.sum() > 0 else "a target that only falls"
    else:
        return
    yield found(
        facts,
        CODE,
        "error",
        "the rows come in the order of their target, and the DataLoader does not shuffle them",
        expected="shuffle=True for training",
        received=received,
        help=f"DataLoader(dataset, batch_size={loader.batch_size}, shuffle=True)",
    )
