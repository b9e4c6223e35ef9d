"""The order of the rows predicts the target, and the model can see it.

## What it does
Asks whether row order predicts the class or the number, but only where that can do harm: an identifier or row number is
among the inputs, or the rows are split without shuffling and not by time.

## Why it matters
Files are often sorted by the answer. Through a row number the model reads it off; new rows have other numbers.

## Example
Rows 1–500 are cats, 501–1000 are dogs, and `index` is an input.

## Fix
```yaml
data: {drop: [index]}
split: {shuffle: true}
```

## Source
deepchecks. AUC ≥ 0.9 or ≤ 0.1 for two classes, rank correlation ≥ 0.9 for numbers, at most a tenth of the changes of
class that a random order has for more classes; 50 rows or more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.identify import identifies
from modelwright.checks.measure import auc, correlation, disorder, numbers, ranks
from modelwright.diagnostic import Diagnostic
from modelwright.spec.write import paste

CODE = "L206"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "targets", "task", "independent")

STRONG = 0.9
SORTED = 0.1
ROWS = 50


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each identifier among the inputs that predicts, and for sorted rows that are not shuffled."""
    assert facts.table is not None
    for name in facts.input_names:
        values = facts.table.frame[name]
        if values.dtype.is_numeric() and identifies(facts.table.column(name), values):
            order = numbers(values)[facts.sampled]
            if (strength := _predicts(facts, order)) >= STRONG:
                yield _finding(facts, name, strength)
    plan = facts.split.plan if facts.split is not None else None
    if plan is None or plan.by != "random" or plan.shuffle:
        return
    if (strength := _predicts(facts, facts.sampled.astype(np.float64))) >= STRONG:
        yield _unshuffled(facts, strength)


def _predicts(facts: Facts, order: np.ndarray) -> float:
    if facts.values is not None:
        target = facts.values[facts.sampled]
        present = np.isfinite(target) & np.isfinite(order)
        enough = present.sum() >= ROWS
        return abs(correlation(ranks(order[present]), ranks(target[present]))) if enough else 0.0
    if facts.labels is None:
        return 0.0
    codes = facts.labels.codes[facts.sampled]
    present = (codes >= 0) & np.isfinite(order)
    codes, order = codes[present], order[present]
    if len(codes) < ROWS or len(facts.labels.classes) < 2:
        return 0.0
    if len(facts.labels.classes) == 2:
        area = auc(order, codes == 1)
        return max(area, 1.0 - area)
    left = disorder(codes[np.argsort(order, kind="stable")])
    return 1.0 - left if left <= SORTED else 0.0


def _finding(facts: Facts, name: str, strength: float) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity="warning",
        message=f"input `{name}` numbers the rows, and its order predicts `{facts.targets[0]}`",
        where=facts.column_place(name),
        expected="a target that does not depend on the order of the file",
        received=f"{strength:.3f} from the order alone",
        help=paste("data", drop=[name]),
    )


def _unshuffled(facts: Facts, strength: float) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity="warning",
        message=f"the rows are sorted by `{facts.targets[0]}` and split without shuffling",
        where=facts.place("split.shuffle"),
        expected="parts that are alike: shuffled rows, or a split by time where the order is time",
        received=f"{strength:.3f} from the order alone",
        help="split: {shuffle: true}",
    )
