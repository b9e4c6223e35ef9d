"""Class weights favour the class that is frequent anyway, or there are not as many as classes.

## What it does
Compares the loss's `weight` (or `pos_weight`) with how often each class occurs among the rows that were read: weights
that rise with the frequency, and a length that is not the number of outputs.
In a program also a `WeightedRandomSampler` that draws the frequent class more often still, where the labels it was
made of are the target of the loss.

## Why it matters
Weights are there to make rare classes count. Computed the wrong way round (share instead of 1 / share), they make the
rare class vanish, and accuracy may even look better for it.

## Example
900 rows of class 0, 100 of class 1, and `nn.CrossEntropyLoss(weight=torch.tensor([0.9, 0.1]))`.

## Fix
```python
weight = 1 / counts
weight = weight / weight.mean()  # counts: rows of each class
```

## Source
Humbatova's taxonomy. A correlation of log weight and log count of 0.7 or more, counts that differ by half or more and
weights by a fifth. `pos_weight`: above 1.25 where more than 60 % are positive, below 0.8 where fewer than 40 % are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.graph import LossCall

CODE = "H508"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("forward", "rows")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for weights of classes that stand the wrong way round."""
    assert facts.forward is not None and facts.rows is not None
    yield from _sampler(facts)
    labels = facts.rows.labels
    for call in facts.forward.losses[:1]:
        weight: Any = call.argument("weight")
        if call.name in ("cross_entropy", "nll_loss") and weight is not None:
            yield from _weights(facts, call, np.asarray(weight.detach().cpu(), dtype=np.float64), labels)
        pos: Any = call.argument("pos_weight")
        if call.name == "binary_cross_entropy_with_logits" and pos is not None and pos.numel() == 1:
            yield from _positive(facts, call, float(pos), labels)


def _sampler(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a sampler draws rows of the frequent class more often still."""
    drawn = facts.loader.drawn if facts.loader is not None else ()
    if len(drawn) < 2 or not _judged(facts, {each[0] for each in drawn}):
        return
    most, least = max(drawn, key=lambda each: each[2]), min(drawn, key=lambda each: each[2])
    if most[2] < 1.5 * least[2] or most[1] < 1.2 * least[1]:
        return
    yield found(
        facts,
        CODE,
        "error",
        "the sampler draws rows of the frequent class more often still",
        expected="a weight for each row, larger for rarer classes",
        received=f"weight {most[1]:.3g} for class {most[0]} ({most[2]:,} rows), {least[1]:.3g} for class {least[0]} "
        f"({least[2]:,} rows)",
        help="WeightedRandomSampler((1 / counts)[labels], len(labels))",
    )


def _judged(facts: Facts, classes: set[int]) -> bool:
    """Say whether a loss is given the target of the batch, and that is one of these classes a row."""
    assert facts.forward is not None
    target: Any = facts.forward.batch.target
    if not hasattr(target, "flatten") or not set(wanted := target.flatten().tolist()) <= classes:
        return False
    given = [call.target.tensor for call in facts.forward.losses if call.target is not None]
    return any(each.numel() == len(wanted) and each.flatten().tolist() == wanted for each in given)


def _weights(facts: Facts, call: LossCall, weight: np.ndarray, labels: np.ndarray | None) -> Iterator[Diagnostic]:
    assert call.input is not None
    classes = call.input.shape[1] if call.input.tensor.dim() > 1 else 0
    if classes and len(weight) != classes:
        yield _finding(facts, call, f"{len(weight)} class weights for {classes} classes", str(weight.round(4).tolist()))
        return
    if labels is None or len(labels) == 0 or labels.min() < 0 or labels.max() >= len(weight):
        return
    counts = np.bincount(labels, minlength=len(weight))
    seen = (counts > 0) & (weight > 0)
    if seen.sum() < 2:
        return
    log_weight, log_count = np.log(weight[seen]), np.log(counts[seen])
    if np.ptp(log_count) < np.log(1.5) or np.ptp(log_weight) < np.log(1.2):
        return
    if np.corrcoef(log_weight, log_count)[0, 1] < 0.7:
        return
    most, least = int(np.argmax(counts)), int(np.argmin(np.where(counts > 0, counts, counts.max() + 1)))
    received = (
        f"weight {weight[most]:.3g} for class {most} ({counts[most]:,} rows), {weight[least]:.3g} for class {least} "
    )
    yield _finding(facts, call, "the class weights favour the frequent classes", received + f"({counts[least]:,} rows)")


def _positive(facts: Facts, call: LossCall, weight: float, labels: np.ndarray | None) -> Iterator[Diagnostic]:
    if labels is None or len(labels) == 0 or not set(np.unique(labels)) <= {0, 1}:
        return
    share = float(labels.mean())
    if not ((share > 0.6 and weight > 1.25) or (0 < share < 0.4 and weight < 0.8)):
        return
    received = f"pos_weight={weight:.3g}, and {share:.0%} of the rows are positive"
    yield _finding(facts, call, "`pos_weight` favours the class that is frequent anyway", received)


def _finding(facts: Facts, call: LossCall, message: str, received: str) -> Diagnostic:
    return found(
        facts,
        CODE,
        "error",
        message,
        op=call.op,
        expected="one weight a class, larger for rarer ones; pos_weight = negatives / positives",
        received=received,
        help="weight = 1 / counts; weight = weight / weight.mean()",
    )
