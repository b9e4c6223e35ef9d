"""The rows that the model is most wrong about, as they stand in the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from modelwright.plan.plan import Plan
from modelwright.report.blocks import Block, Gallery, Listing, Missing, Table
from modelwright.report.evidence import Evidence, Rows
from modelwright.report.judged import row_errors, said, wrong
from modelwright.report.looks import entry, looks, width_of
from modelwright.text import shortened

TITLE = "Where it is most wrong"
MOST = 12
COLUMNS = 10
LONGEST, LONGEST_TEXT = 40, 300


def applies(evidence: Evidence) -> bool:
    """Every model errs; a forecast's errors have sections of their own."""
    return evidence.plan.task != "forecasting"


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
    if evidence.of_pictures and rows.media:
        return [_gallery(evidence.plan, rows, worst)]
    return [_listing(evidence.plan, rows, worst, losses)]


def _gallery(plan: Plan, rows: Rows, worst: np.ndarray) -> Gallery:
    pictures = [entry(plan, rows, int(at)) for at in worst]
    last = "error" if plan.task == "regression" else "probability of the truth"
    files = [PurePath(rows.files[int(at)]).name if rows.files else "" for at in worst]
    told = [
        [int(rows.numbers[at]) + 1, file, *said(plan, rows, int(at))] for at, file in zip(worst, files, strict=True)
    ]
    return Gallery(
        id="errors",
        title=TITLE,
        how=f"The {len(pictures)} {rows.part} pictures with the largest errors: look for what they share, and for "
        "labels that are wrong themselves.",
        rows=[{"label": "", "width": width_of(looks(plan, rows, int(worst[0]))), "pictures": pictures}],
        table=Table(columns=["row", "file", "truth", "answer", last], rows=told),
    )


def _listing(plan: Plan, rows: Rows, worst: Sequence[int] | np.ndarray, losses: np.ndarray) -> Listing:
    told = [column for column in plan.inputs if column.encoding not in ("pixels", "steps")]
    names = [column.name for column in told if column.name in rows.frame.columns]
    shown = names[:COLUMNS]
    texts = {column.name for column in plan.inputs if column.encoding == "tokens"}
    last = "error" if plan.task == "regression" else "probability of the truth"
    table: list[list[Any]] = []
    for at in worst:
        truth, given, value = said(plan, rows, int(at))
        cells = [_cell(rows.frame[name][int(at)], LONGEST_TEXT if name in texts else LONGEST) for name in shown]
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


def _cell(value: Any, longest: int) -> Any:
    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    return value if isinstance(value, int | float) else shortened(str(value), longest)
