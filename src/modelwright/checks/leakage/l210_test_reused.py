"""The test rows were used for more than one score.

## What it does
Reads the record of what each part was used for: test rows may be used once, for the score at the end, and not for
selection, early stopping, a threshold or calibration.
In a script that calls `modelwright.check`: an epoch, or the learning rate, that is chosen by the test rows.

## Why it matters
Each choice made on the test rows fits them a little. The score then answers how well they were fitted, not how well
new rows will be. Of all leaks this one does the most measured harm.

## Example
Ten runs, the one with the best test score is reported.

## Fix
Choose by the validation score; score once on the test rows:
```yaml
split: {test_size: 0.2, validation_size: 0.1}
```

## Source
LeakageDetector; Roth 2026. Exact: a count.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "L210"
PHASE = "evaluation"
SEVERITY = "error"
NEEDS = ("uses",)

SCORE = "score"


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each use of the test rows beside the score, and for a second score."""
    assert facts.uses is not None
    uses = facts.uses.get("test", ())
    others = sorted(set(uses) - {SCORE})
    if others:
        yield Diagnostic(
            code=CODE,
            severity="error",
            message=f"the test rows were used for {', '.join(others)}",
            where=facts.place("split"),
            expected="test rows used once, for the score at the end; choices made on validation rows",
            received=", ".join(uses),
            help="split: {validation_size: 0.1}",
        )
    if uses.count(SCORE) > 1:
        yield Diagnostic(
            code=CODE,
            severity="warning",
            message=f"the test rows were scored {uses.count(SCORE)} times",
            where=facts.place("split"),
            expected="one score, after all choices are made",
            received=f"{uses.count(SCORE)} scores on the same test rows",
            help="report the first score, or take fresh test rows: split: {random_state: 1}",
        )
