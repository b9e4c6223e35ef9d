"""An answer depends on how many rows are asked at once.

## What it does
Asks the trained model for 16 rows two by two and together with others, in evaluation mode. An error where an answer
differs by more than a tenth of the spread of the answers. modelwright's own scores are computed on whole parts and are
never means over batches.
In a script that calls `modelwright.check`: a score that is the mean of the scores of batches. For an accuracy that is
wrong only where the last batch is smaller, which the loader says while the check runs; else it is a note.

## Why it matters
A score then changes with the batch size, and a single row in use gets another answer than in the test.

## Example
`nn.BatchNorm1d(64, track_running_stats=False)`, which normalises by whatever rows are there.

## Fix
Leave `track_running_stats` alone; keep rows apart in `forward` (see S308).

## Source
torchmetrics issue 845. A tenth of the spread: float32 leaves about a millionth.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "E802"
PHASE = "evaluation"
SEVERITY = "error"
NEEDS = ("trained", "result")

FAR = 0.1


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where answers hang on the batch."""
    from modelwright.checks.program.settled import apart

    assert facts.trained is not None
    distance = apart(facts.trained)
    if distance > FAR:
        yield told(
            facts,
            CODE,
            "error",
            "an answer depends on how many rows are asked at once",
            expected="the same answer for a row, among few and among many",
            received=f"answers that differ by {distance:.0%} of their spread",
            help="leave track_running_stats=True in the normalisation, and keep rows apart in forward",
            key="model",
        )
