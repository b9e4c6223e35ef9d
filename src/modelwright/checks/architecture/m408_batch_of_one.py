"""Batch normalisation meets a batch of a single row.

## What it does
Where the model has batch normalisation: runs one row in training mode on a copy, and looks at the DataLoader: whether
its batches have one row, or the last one has (rows modulo batch size is 1, and `drop_last` is off).

## Why it matters
One row has no variance. PyTorch raises "Expected more than 1 value per channel when training" after hours, at the end
of an epoch; or, for pictures, normalises by the one picture and spoils the running statistics.

## Example
1,001 rows, `DataLoader(data, batch_size=100)`, `nn.BatchNorm1d`.

## Fix
```python
DataLoader(data, batch_size=100, shuffle=True, drop_last=True)
```

## Source
PyTorch's issue 7716. Exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "M408"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("program", "loader")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where batches of one row meet a batch normalisation."""
    from modelwright.checks.program.probes import batch_norm_in_training, one_row_fails

    program, loader = facts.program, facts.loader
    assert program is not None and loader is not None
    layer = batch_norm_in_training(program.model)
    if layer is None:
        return
    last = loader.rows % loader.batch_size == 1 and not loader.drop_last and loader.rows > 1
    if loader.batch_size != 1 and not last:
        return
    fails = one_row_fails(program)
    if not fails and loader.batch_size != 1:
        return
    told = "every batch has one row" if loader.batch_size == 1 else "the last batch of each epoch has one row"
    does = "training stops there with an error" if fails else "it is normalised by itself alone"
    yield found(
        facts,
        CODE,
        "error" if fails else "warning",
        f"{told}, and batch normalisation `{layer}` needs more: {does}",
        layer=layer,
        expected="two rows or more in each batch",
        received=f"{loader.rows:,} rows in batches of {loader.batch_size:,}",
        help="DataLoader(…, drop_last=True), or another batch size",
    )
