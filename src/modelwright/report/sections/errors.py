"""The rows that the model is most wrong about, as they stand in the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from modelwright.plan.plan import Plan
from modelwright.report.blocks import Block, Listing, Missing, Table
from modelwright.report.evidence import Evidence, Rows
from modelwright.text import shortened

TITLE = "Where it is most wrong"
MOST = 12
COLUMNS = 10
LONGEST = 40


def applies(evidence: Evidence) -> bool:
    """Every model errs."""
    return True


def blocks(evidence: Evidence) -> list[Block]:
    """Return the rows with the largest errors."""
    rows = evidence.rows
    if rows is None:
        return [Missing(id="errors", title=TITLE, why=evidence.lacks("rows"))]
    losses = row_errors(evidence.plan, rows)
    worst = np.argsort(-losses, kind="stable")[:MOST]
    if evidence.plan.task != "regression":
        worst = np.array([at for at in worst if wrong(evidence.plan, rows)[at]], dtype=np.int64)
        if not len(worst):
            why = f"none of the {len(losses):,} {rows.part} rows is answered wrongly"
            return [Missing(id="errors", title=TITLE, why=why)]
    return [_listing(evidence.plan, rows, worst, losses)]


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


def _listing(plan: Plan, rows: Rows, worst: Sequence[int] | np.ndarray, losses: np.ndarray) -> Listing:
    names = [column.name for column in plan.inputs if column.name in rows.frame.columns]
    shown = names[:COLUMNS]
    last = "error" if plan.task == "regression" else "probability of the truth"
    table: list[list[Any]] = []
    for at in worst:
        truth, given, value = said(plan, rows, int(at))
        cells = [_cell(rows.frame[name][int(at)]) for name in shown]
        table.append([int(rows.numbers[at]) + 1, truth, given, value, *cells])
    wrongs = (
        ""
        if plan.task == "regression"
        else f" {int(wrong(plan, rows).sum()):,} of {len(losses):,} rows are answered wrongly."
    )
    left = f"The first {COLUMNS} of {len(names)} columns are shown." if len(names) > COLUMNS else ""
    return Listing(
        id="errors",
        title=TITLE,
        how=f"The {len(table)} {rows.part} rows with the largest errors: look for what they share, and for "
        f"labels that are wrong themselves.{wrongs}",
        table=Table(columns=["row", "truth", "answer", last, *shown], rows=table, note=left),
    )


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    return value if isinstance(value, int | float) else shortened(str(value), LONGEST)
