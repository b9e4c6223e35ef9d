"""The pairs of classes that are most often taken for each other, with the pictures."""

from __future__ import annotations

import numpy as np

from modelwright.report.blocks import Block, Gallery, Missing
from modelwright.report.evidence import Evidence, Rows
from modelwright.report.judged import row_errors
from modelwright.report.looks import entry, looks, width_of
from modelwright.report.sections.confusion import largest, matrix
from modelwright.report.words import percent
from modelwright.text import count

TITLE = "Which pictures are taken for what"
PAIRS, EACH = 6, 8


def applies(evidence: Evidence) -> bool:
    """Pictures of classes that exclude each other."""
    return evidence.of_pictures and evidence.plan.task in ("binary", "multiclass")


def blocks(evidence: Evidence) -> list[Block]:
    """Return the pictures of the pairs with most errors, the surest errors first."""
    rows = evidence.rows
    if rows is None or not rows.media:
        return [Missing(id="confused", title=TITLE, why=evidence.lacks("rows"))]
    classes = evidence.plan.outputs.classes
    counts = matrix(len(classes), rows)
    pairs = largest(counts * ~np.eye(len(classes), dtype=bool))
    if not len(pairs):
        return [
            Missing(id="confused", title=TITLE, why=f"all {len(rows.target):,} {rows.part} rows are answered right")
        ]
    return [_gallery(evidence, rows, counts, pairs)]


def _gallery(evidence: Evidence, rows: Rows, counts: np.ndarray, pairs: np.ndarray) -> Gallery:
    plan = evidence.plan
    classes = plan.outputs.classes
    truth = rows.target.reshape(-1).astype(np.int64)
    given = (rows.answers > 0.5).astype(np.int64) if rows.answers.ndim == 1 else rows.answers.argmax(1)
    losses = row_errors(plan, rows)
    width = width_of(looks(plan, rows, 0))
    shelves = []
    for a, b in pairs[:PAIRS]:
        own = np.flatnonzero((truth == a) & (given == b))
        own = own[np.argsort(-losses[own], kind="stable")]
        of = int(counts[a].sum())
        label = f"`{classes[a]}` taken for `{classes[b]}`: {count(len(own), 'picture')} of {of:,}"
        stated = rows.answers if rows.answers.ndim == 2 else np.stack([1 - rows.answers, rows.answers], 1)
        pictures = [entry(plan, rows, int(at), f"{percent(float(stated[at, b]))} sure") for at in own[:EACH]]
        shelves.append({"label": label, "width": width, "pictures": pictures})
    wrong = int((truth != given).sum())
    left = f" The {PAIRS} most frequent of {len(pairs)} pairs." if len(pairs) > PAIRS else ""
    return Gallery(
        id="confused",
        title=TITLE,
        how="A row is one kind of error, the surest first. Look for what the pictures share, and for labels that are "
        "wrong themselves.",
        rows=shelves,
        note=f"{wrong:,} of {len(truth):,} {rows.part} rows are answered wrongly. At most {EACH} pictures a row.{left} "
        "Point at a picture, or read its alternative text, for its row and file.",
    )
