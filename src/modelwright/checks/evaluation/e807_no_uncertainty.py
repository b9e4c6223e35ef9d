"""A score says more than its rows support.

## What it does
Looks at the interval of the leading score (bootstrap, or corrected for folds): a warning where there is none, a note
where it is wider than 0.2 for a metric between 0 and 1.

## Why it matters
A second model that is better by less than the interval may be worse on the next rows.

## Example
An accuracy of 0.87 on 30 test rows: the interval goes from 0.73 to 0.97.

## Fix
`split: {folds: 5}` uses every row for one score; or more test rows.

## Source
Roth 2026 (differences below the noise of the split). 0.2: ten points to either side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from modelwright.checks.evaluation.e804_too_good import BOUNDED
from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic
from modelwright.evaluate.result import format_score

CODE = "E807"
PHASE = "evaluation"
SEVERITY = "warning"
NEEDS = ("result",)

WIDE = 0.2


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a score without an interval, a note for a wide one."""
    assert facts.result is not None
    score, rows = facts.result.score, facts.result.rows
    if math.isnan(score.value):
        return
    missing = math.isnan(score.low) or math.isnan(score.high)
    wide = score.metric in BOUNDED and score.high - score.low > WIDE
    if not missing and not wide:
        return
    yield Diagnostic(
        code=CODE,
        severity="warning" if missing else "note",
        message=f"the {score.metric} of {rows:,} rows has {'no' if missing else 'a wide'} interval",
        where=facts.place("split"),
        expected="an interval that is narrower than the differences that matter",
        received=format_score(score) + (f": {score.note}" if score.note else ""),
        help="split: {folds: 5}",
    )
