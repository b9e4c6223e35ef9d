"""Gradients are added up over parts of a batch that are too small, or the parts do not go into the batch.

## What it does
Reads `train.accumulate` beside `train.batch_size`: more parts than rows, or parts of one row where the model has
batch normalisation. (modelwright weighs each part by its rows, so the gradient is that of the whole batch otherwise.)
In a script that calls `modelwright.check`: gradients of several batches that are added up and not divided.

## Why it matters
Batch normalisation sees a part, not the batch: with parts of one or two rows it measures noise.

## Example
```yaml
train: {batch_size: 16, accumulate: 16}
model: [Linear(..., 64), BatchNorm1d(...), ReLU, Linear(..., 3)]
```

## Fix
```yaml
train: {batch_size: 256, accumulate: 16}
```

## Source
Transformers' pull request 34191, where the last part was weighed wrongly. Parts of fewer than 8 rows with batch
normalisation: Wu and He 2018, "Group normalization".
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.heads import listed_layers
from modelwright.diagnostic import Diagnostic

CODE = "O608"
PHASE = "description"
SEVERITY = "warning"
NEEDS = ("description",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for parts that are too small."""
    assert facts.description is not None
    train = facts.description.spec.train
    size, parts = train.batch_size, train.accumulate
    if not isinstance(size, int) or parts < 2:
        return
    normalised = any(call.name.startswith("BatchNorm") for _, call in listed_layers(facts.description.spec))
    if parts <= size and not (normalised and size // parts < 8):
        return
    what = "more parts than rows" if parts > size else f"batch normalisation sees {size // parts} rows at a time"
    yield Diagnostic(
        code=CODE,
        severity="warning",
        message=f"a batch of {size} rows in {parts} parts: {what}",
        where=facts.place("train.accumulate"),
        expected="parts of 8 rows or more",
        received=f"accumulate: {parts}",
        help=f"train: {{batch_size: {size}, accumulate: {max(1, size // 8)}}}",
    )
