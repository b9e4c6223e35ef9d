"""How wrong each scored row is, and what is said of it."""

from __future__ import annotations

import numpy as np

from modelwright.plan.plan import Plan
from modelwright.report.evidence import Rows

SURE = 1e-7  # probabilities beyond it are not told apart in float32


def row_errors(plan: Plan, rows: Rows) -> np.ndarray:
    """Return one number a row, larger for worse: absolute error over the targets' scales, or -log of the truth."""
    answers, target = rows.answers, rows.target
    if plan.task == "regression":
        scale = np.array(plan.outputs.scale) if plan.outputs.scale else 1.0
        return np.abs((answers.reshape(target.shape) - target) / scale).mean(1)
    if plan.task == "multiclass":
        stated = answers[np.arange(len(target)), target.astype(np.int64).reshape(-1)]
    else:
        truth = target.reshape(len(target), -1)
        given = answers.reshape(truth.shape)
        stated = np.where(truth > 0.5, given, 1 - given).min(1)
    return -np.log(np.clip(stated, 1e-12, None))


def sayings(plan: Plan, answers: np.ndarray) -> np.ndarray:
    """Return answers `[N, K]` on a scale on which changes compare: log-odds of probabilities, numbers as they are.

    >>> from types import SimpleNamespace
    >>> sayings(SimpleNamespace(task="binary"), np.array([0.5, 0.9])).round(2).tolist()
    [[0.0], [2.2]]
    """
    told = answers.reshape(len(answers), -1).astype(np.float64)
    if plan.task in ("regression", "forecasting"):
        return told
    shares = np.clip(told, SURE, 1 - SURE)
    return np.log(shares / (1 - shares))


def wrong(plan: Plan, rows: Rows) -> np.ndarray:
    """Return whether each row is answered wrongly (a label at least, of several)."""
    if plan.task == "multiclass":
        return rows.answers.argmax(1) != rows.target.astype(np.int64).reshape(-1)
    truth = rows.target.reshape(len(rows.target), -1)
    return ((rows.answers.reshape(truth.shape) > 0.5) != (truth > 0.5)).any(1)


def said(plan: Plan, rows: Rows, at: int) -> tuple[str, str, float]:
    """Return for a row what is true, what was answered, and the probability of the truth (or the error)."""
    if plan.task == "regression":
        truth, given = rows.target[at].reshape(-1), rows.answers[at].reshape(-1)
        return (
            ", ".join(f"{value:,.6g}" for value in truth),
            ", ".join(f"{value:,.6g}" for value in given),
            float((given - truth)[0]) if len(truth) == 1 else float(np.abs(given - truth).mean()),
        )
    if plan.task == "multilabel":
        names = np.array(plan.outputs.targets)
        truth, given = rows.target[at] > 0.5, rows.answers[at] > 0.5
        least = np.where(truth, rows.answers[at], 1 - rows.answers[at]).min()
        return ", ".join(names[truth]) or "none", ", ".join(names[given]) or "none", float(least)
    classes = plan.outputs.classes
    number = int(rows.target[at].reshape(-1)[0])
    if plan.task == "binary":
        given = float(rows.answers[at])
        return classes[number], classes[int(given > 0.5)], given if number else 1 - given
    return classes[number], classes[int(rows.answers[at].argmax())], float(rows.answers[at][number])
