"""A class is hardly ever recognised, though the accuracy looks good.

## What it does
Compares accuracy and balanced accuracy on the scored rows. A warning where the accuracy is 0.9 or more and the
balanced one is no better than always giving the same answer.

## Why it matters
The rare class is usually the one that matters: fraud, illness, failure.

## Example
98 % accuracy where 98 % of the rows belong to one class.

## Fix
```yaml
train: {class_weight: balanced}
evaluate: {metric: balanced_accuracy}
```

## Source
deepchecks. Balanced accuracy of guessing: 1 / number of classes, with a margin of 0.02.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "E806"
PHASE = "evaluation"
SEVERITY = "warning"
NEEDS = ("result", "plan")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where one answer is given to nearly everything."""
    assert facts.result is not None and facts.plan is not None
    scores, classes = facts.result.scores, len(facts.plan.outputs.classes)
    accuracy, balanced = scores.get("accuracy"), scores.get("balanced_accuracy")
    if accuracy is None or balanced is None or classes < 2 or facts.plan.task not in ("binary", "multiclass"):
        return
    if accuracy.value < 0.9 or balanced.value > 1 / classes + 0.02 or facts.plan.train.class_weight is not None:
        return
    yield Diagnostic(
        code=CODE,
        severity="warning",
        message="the model gives nearly every row the same class",
        where=facts.place("train"),
        expected=f"a balanced accuracy well above {1 / classes:.2f}",
        received=f"accuracy {accuracy.value:.3f}, balanced accuracy {balanced.value:.3f}",
        help="train: {class_weight: balanced}",
    )
