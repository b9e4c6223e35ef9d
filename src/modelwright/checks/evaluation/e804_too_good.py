"""The score is too good to be true, and one input explains it.

## What it does
Where accuracy, AUC, F1 or R² reach 0.99, asks whether a single input explains the target (as L205 does).

## Why it matters
Real problems are seldom that easy. Such a score is more often a leak than a success, and it is best found before
anybody is told.

## Example
Accuracy 1.000, and `discharge_code` alone gives 1.000.

## Fix
```yaml
data: {drop: [discharge_code]}
```

## Source
UMLAUT (there on the score alone, which fires on MNIST and irises); pytorch_tabular issue 21. 0.99 in both,
and no other input nearly as good.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.reveal import reveals
from modelwright.diagnostic import Diagnostic
from modelwright.spec.write import paste

CODE = "E804"
PHASE = "evaluation"
SEVERITY = "warning"
NEEDS = ("result", "table", "targets", "task")

PERFECT = 0.99
BOUNDED = frozenset(("accuracy", "balanced_accuracy", "f1", "roc_auc", "average_precision", "r2"))


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a nearly perfect score rests on one input."""
    assert facts.result is not None
    scores = {facts.result.score.metric: facts.result.score, **facts.result.scores}
    perfect = [score for name, score in scores.items() if name in BOUNDED and score.value >= PERFECT]
    if not perfect:
        return
    for target in facts.targets:
        for reveal in reveals(facts, target):
            if not reveal.easy:
                yield Diagnostic(
                    code=CODE,
                    severity="warning",
                    message=f"{perfect[0].metric} {perfect[0].value:.4g} is too good: `{reveal.column}` explains it",
                    where=facts.column_place(reveal.column),
                    expected="a score that needs more than one input",
                    received=f"{reveal.strength:.4g} from `{reveal.column}` alone",
                    known="see `modelwright explain L205` and `modelwright explain L204`",
                    help=paste("data", drop=[reveal.column]),
                )
