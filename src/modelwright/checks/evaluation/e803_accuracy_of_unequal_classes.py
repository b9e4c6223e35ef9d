"""Accuracy leads, though one class has nearly all rows.

## What it does
Where accuracy is the metric that chooses the epoch and leads the report, compares the classes: a warning where the
description asks for accuracy by name and one class has 90 % of the rows or more; a note where it is the default.

## Why it matters
Always giving the frequent class has an accuracy of 90 % already. Between useful models accuracy hardly differs, and
the epoch with the best one may be the epoch that ignores the rare class.

## Example
```yaml
evaluate: {metric: accuracy}  # 2 % of the payments are frauds
```

## Fix
```yaml
evaluate: {metric: balanced_accuracy}  # or average_precision, for two classes
```

## Source
dslinter; Saito and Rehmsmeier 2015. 90 %: from there on E806 looks at the score, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "E803"
PHASE = "evaluation"
SEVERITY = "warning"
NEEDS = ("result", "plan", "labels")

UNEQUAL = 0.9


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where accuracy is asked for, or a note where it is the default, of very unequal classes."""
    plan, labels = facts.plan, facts.labels
    assert plan is not None and labels is not None
    share = float(labels.counts.max()) / max(1, int(labels.counts.sum()))
    if plan.metric != "accuracy" or share < UNEQUAL:
        return
    asked = facts.description is not None and facts.description.spec.evaluate.metric == "accuracy"
    frequent = labels.classes[int(labels.counts.argmax())]
    yield Diagnostic(
        code=CODE,
        severity="warning" if asked else "note",
        message=f"accuracy leads, and `{frequent}` alone has {share:.0%} of the rows",
        where=facts.place("evaluate.metric"),
        expected="a metric that sees the rare classes",
        received="accuracy",
        help="evaluate: {metric: balanced_accuracy}",
    )
