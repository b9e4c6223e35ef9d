"""The model is no better than a baseline.

## What it does
Compares the score with those of the baselines (the most frequent class or the mean; a linear model) on the same rows.

## Why it matters
A model that does not beat the mean has learned nothing: a bug, or inputs that know nothing of the target. One that
does not beat a linear model costs more than it gives.

## Example
Accuracy 0.76 where always saying "no" has 0.76.

## Fix
Look at the loss curve and the inputs; if the linear model is as good, use it:
```yaml
model: linear
```

## Source
Karpathy's recipe; deepchecks. Both models are scored on the same resampled rows (95 %): warning where the baseline is
better beyond that interval, a note where the rows do not tell them apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic, Place
from modelwright.evaluate.result import Baseline, Result

CODE = "E801"
PHASE = "evaluation"
SEVERITY = "warning"
NEEDS = ("result",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the best baseline is not beaten beyond the interval."""
    assert facts.result is not None
    best = facts.result.baseline
    if best is None or math.isnan(facts.result.score.value):
        return
    if facts.plan is not None and facts.plan.recipe is not None and facts.plan.recipe.startswith(best.name):
        return
    verdict = best.verdict(facts.result.score.higher_is_better)
    if verdict != "better":
        yield _finding(facts.result, best, verdict)


def _finding(result: Result, best: Baseline, verdict: str) -> Diagnostic:
    score = result.score
    relation = "worse than" if verdict == "worse" else "not told apart from"
    return Diagnostic(
        code=CODE,
        severity="warning" if verdict == "worse" else "note",
        message=f"the model is {relation} the baseline `{best.name}` by the {result.rows:,} {result.part} rows",
        where=Place(key="model"),
        expected=f"{score.metric} {'above' if score.higher_is_better else 'below'} {best.value:.4g}",
        received=f"{score.metric} {score.value:.4g}, which differs by {best.low:.2g} to {best.high:.2g}",
        help="model: linear" if best.name == "linear" else "look at the loss curve, the learning rate and the inputs",
    )
