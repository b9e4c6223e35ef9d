"""The last bias starts at 0 though one class is rare: the first epochs only learn how rare.

## What it does
For one logit and two classes, compares the mean of the first outputs with the log-odds of the classes. A note, where
fewer than 5 % or more than 95 % are positive.

## Why it matters
With 1 % positives the loss falls steeply in the first epochs while nothing but the base rate is learned; curves look
better than they are.

## Example
1 % of the rows are frauds, and the first predictions are 0.5.

## Fix
```python
nn.init.constant_(model.head.bias, math.log(positives / negatives))
```

## Source
Karpathy's recipe; TheDeepChecker. 5 %: log-odds of 3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "H506"
PHASE = "dry_run"
SEVERITY = "note"
NEEDS = ("step", "rows")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note where the first outputs are far from the log-odds."""
    assert facts.step is not None and facts.rows is not None
    labels, calls = facts.rows.labels, facts.step.losses
    if labels is None or len(calls) != 1 or calls[0].name != "binary_cross_entropy_with_logits":
        return
    call = calls[0]
    if call.input is None or call.argument("pos_weight") is not None or set(np.unique(labels)) != {0, 1}:
        return
    share = float(labels.mean())
    odds, mean = math.log(share / (1 - share)), float(call.input.tensor.detach().mean())
    if 0.05 <= share <= 0.95 or abs(odds - mean) < 2:
        return
    yield found(
        facts,
        CODE,
        "note",
        f"{share:.1%} of the rows are positive, and the model starts as if half were",
        op=call.op,
        expected=f"a last bias of {odds:.2f}, the log-odds",
        received=f"a mean output of {mean:.2f}",
        help=f"nn.init.constant_(last_layer.bias, {odds:.2f})",
    )
