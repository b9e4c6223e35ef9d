"""Loss or metric belong to another task: a loss of numbers for classes, or accuracy for numbers.

## What it does
Compares task, loss and metric: `MSELoss` and its like on classes, a loss of classes on numbers, accuracy or F1 for
numbers, RMSE or R² for classes.

## Why it matters
Squared error on class numbers says that class 0 is nearer to class 1 than to class 9. Accuracy of real numbers is 0.

## Example
```yaml
data: {path: iris.csv, target: species}
loss: MSELoss
```

## Fix
```yaml
loss: CrossEntropyLoss
```

## Source
AutoTrainer; UMLAUT. A table. Whole numbers may be classes or grades: where no task is declared and the target is a
number, a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.heads import CLASSES, DEFAULT, LABELS, NUMBERS, TASKS, name_of
from modelwright.diagnostic import Diagnostic, Severity

CODE = "H504"
PHASE = "description"
SEVERITY = "error"
NEEDS = ("description", "task")

METRICS_OF_CLASSES = frozenset(
    [
        "accuracy",
        "balanced_accuracy",
        "f1",
        "roc_auc",
        "average_precision",
        "log_loss",
        "calibration_error",
        "brier_score",
        "hamming_loss",
        "acc",
        "auc",
        "auroc",
        "pr_auc",
        "ap",
        "f1_macro",
        "f1_score",
        "cross_entropy",
        "brier",
        "brier_score_loss",
        "ece",
        "hamming",
    ]
)
METRICS_OF_NUMBERS = frozenset(
    [
        "rmse",
        "mae",
        "mse",
        "r2",
        "median_absolute_error",
        "root_mean_squared_error",
        "mean_absolute_error",
        "mean_squared_error",
        "r2_score",
    ]
)
"""Kept apart from `evaluate.metrics`, which needs numpy; a test compares the two."""


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a loss and for a metric of another task."""
    assert facts.description is not None and facts.task is not None
    spec, numeric = facts.description.spec, facts.task in ("regression", "forecasting")
    loss = name_of(spec.loss)
    if loss in (CLASSES | LABELS if numeric else NUMBERS):
        yield Diagnostic(
            code=CODE,
            severity=_severity(facts),
            message=f"`{loss}` is a loss of {'classes' if numeric else 'numbers'}, the target is {_target(facts)}",
            where=facts.place("loss"),
            expected=f"a loss of {TASKS[facts.task]}",
            received=spec.loss,
            known=_known(facts),
            help=f"loss: {DEFAULT[facts.task]}",
        )
    metric = spec.evaluate.metric
    if metric in (METRICS_OF_CLASSES if numeric else METRICS_OF_NUMBERS):
        yield Diagnostic(
            code=CODE,
            severity=_severity(facts),
            message=f"`{metric}` is a score of {'classes' if numeric else 'numbers'}, the target is {_target(facts)}",
            where=facts.place("evaluate.metric"),
            expected=f"a score of {TASKS[facts.task]}",
            received=metric,
            known=_known(facts),
            help=f"evaluate: {{metric: {'rmse' if numeric else 'accuracy'}}}",
        )


def _severity(facts: Facts) -> Severity:
    return "note" if _ambiguous(facts) else "error"


def _ambiguous(facts: Facts) -> bool:
    assert facts.description is not None
    if facts.description.spec.task != "auto" or facts.table is None:
        return False
    return all(facts.table.column(name).kind in ("integer", "numeric") for name in facts.targets)


def _target(facts: Facts) -> str:
    assert facts.task is not None
    return f"{TASKS[facts.task]} (`{facts.task}`)"


def _known(facts: Facts) -> str:
    return (
        "whole numbers may be classes or grades: say `task: regression` or `task: multiclass`"
        if _ambiguous(facts)
        else ""
    )
