"""The trained model gives every row the same answer.

## What it does
Looks at the answers of the trained model to up to 256 training rows: one class for all of them, though no class has
more than 80 % of these rows; or numbers whose spread is below a hundredth of the target's.

## Why it matters
The model has learned the most frequent class, or the mean. Its score is often mistaken for a beginning.

## Example
An accuracy of 0.52 with two classes of nearly equal size, and every answer is `yes`.

## Fix
Another learning rate (a hundred times smaller where the loss jumped, ten times larger where it stood still); look at
dead units (T707) and at the scale of the inputs (D108).

## Source
TheDeepChecker; DeepDiagnosis. 80 %: beyond that, one class for all can be the best answer, which E801 and E806 weigh.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from torch import Tensor

CODE = "T710"
PHASE = "training"
SEVERITY = "warning"
NEEDS = ("trained", "task")

FREQUENT, SPREAD, ROWS = 0.8, 0.01, 30


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where all answers are one."""
    from torch import Tensor

    from modelwright.checks.program.trace import tensors

    trained = facts.trained
    assert trained is not None and trained.rows is not None
    output = None if facts.settled is None else next(tensors(facts.settled.output), None)
    target = trained.rows.batch.target
    if output is None or not isinstance(target, Tensor) or len(output) != len(target) or len(target) < ROWS:
        return
    same = _one_class(output, target) if facts.task in ("binary", "multiclass") else ""
    same = _one_number(output, target) if facts.task in ("regression", "forecasting") else same
    if same:
        yield told(
            facts,
            CODE,
            "warning",
            "the trained model gives every row the same answer",
            expected="answers that differ from row to row",
            received=same,
            help="another learning rate; then look at the units and the scale of the inputs (T707, D108)",
        )


def _one_class(output: Tensor, target: Tensor) -> str:
    wide = output.dim() > 1 and output.shape[1] > 1
    answers = output.argmax(dim=1) if wide else (output.flatten() > 0).long()
    if output.dim() > 2 or not bool((answers == answers[0]).all()):
        return ""
    true = target.argmax(dim=1) if target.dim() > 1 and target.shape[1] > 1 else target.flatten().long()
    share = float(true.bincount().max()) / len(true)
    return f"class number {int(answers[0])} for all {len(answers)} rows" if share <= FREQUENT else ""


def _one_number(output: Tensor, target: Tensor) -> str:
    spread = float(output.float().std(dim=0).mean())
    wanted = float(target.float().std(dim=0).mean())
    return f"a spread of {spread:.2g}, the target's is {wanted:.2g}" if spread < SPREAD * wanted else ""
