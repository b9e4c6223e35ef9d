"""Occlusion: which part of a picture its answer hangs on."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from modelwright.report.bitmaps import over, picture, png
from modelwright.report.blocks import Block, Gallery, Missing, Table
from modelwright.report.evidence import Evidence, Learner, Rows
from modelwright.report.inside import taken
from modelwright.report.judged import said, sayings
from modelwright.report.looks import chosen, entry, named, width_of

TITLE = "Where it looks"
PICTURES, FEWEST = 8, 3
CELLS, COARSE = 14, 5  # cells a side that are covered one after another
BUDGET = 3e10  # operations of all covered pictures: one to two seconds on one core
PATCH = 2  # a patch is so many cells wide: what is covered overlaps


def applies(evidence: Evidence) -> bool:
    """Pictures."""
    return evidence.of_pictures and evidence.answered and not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return chosen pictures, each beside the map of what covering costs."""
    learner, rows = evidence.learner, evidence.rows
    if learner is None or rows is None or not rows.media:
        return [Missing(id="occlusion", title=TITLE, why=evidence.lacks("learner"))]
    if BUDGET / (evidence.flops * COARSE * COARSE) < 1:
        return [Missing(id="occlusion", title=TITLE, why="the model is so large that covering parts would take long")]
    budget = evidence.budget(BUDGET)
    at = chosen(evidence, rows, int(np.clip(budget / (evidence.flops * COARSE * COARSE), FEWEST, PICTURES)))
    cells = int(np.clip(np.sqrt(budget / (evidence.flops * len(at))), COARSE, CELLS))
    found = [(place, covered(evidence, learner, place, cells)) for place in at]
    return [_gallery(evidence, learner, rows, found)]


def covered(evidence: Evidence, learner: Learner, at: int, cells: int) -> np.ndarray:
    """Return how much the answer falls when each cell `[h, w]` of a picture is covered by the picture's mean colour.

    Zeiler & Fergus 2014 (https://arxiv.org/abs/1311.2901). A patch is two cells wide and a cell has the mean of the
    patches over it. The answer is the log-odds of the answered class, or the predicted number.
    """
    (shown,) = taken(learner, [at])
    tall, wide = shown.shape[2:]
    high, across = min(cells, tall), min(cells, wide)
    grey = shown.float().mean((2, 3), keepdim=True).round().to(shown.dtype)
    tops, lefts = np.linspace(0, tall, high + 1).astype(int), np.linspace(0, wide, across + 1).astype(int)
    spans = [(a, b) for a in range(1 - PATCH, high) for b in range(1 - PATCH, across)]
    batch = shown.repeat(len(spans), 1, 1, 1)
    for number, (a, b) in enumerate(spans):
        rows = slice(tops[max(a, 0)], tops[min(a + PATCH, high)])
        columns = slice(lefts[max(b, 0)], lefts[min(b + PATCH, across)])
        batch[number, :, rows, columns] = grey[0]
    whole, parts = _answer(evidence, learner, shown), _answer(evidence, learner, batch)
    which = int(np.argmax(whole[0])) if evidence.plan.task == "multiclass" else 0
    sign = -1.0 if evidence.plan.task == "binary" and whole[0, 0] <= 0 else 1.0
    losses = sign * (whole[0, which] - parts[:, which])
    total, seen = np.zeros((high, across)), np.zeros((high, across))
    for (a, b), loss in zip(spans, losses, strict=True):
        cell = slice(max(a, 0), a + PATCH), slice(max(b, 0), b + PATCH)
        total[cell] += loss
        seen[cell] += 1
    return total / seen


def _answer(evidence: Evidence, learner: Learner, pictures: Tensor) -> np.ndarray:
    """Return the answers `[N, K]`."""
    with torch.inference_mode():
        return sayings(evidence.plan, learner.answer((pictures,)))


def _gallery(evidence: Evidence, learner: Learner, rows: Rows, found: list[tuple[int, np.ndarray]]) -> Gallery:
    plan = evidence.plan
    number = plan.task == "regression"
    what = "prediction" if number else "probability of its answer"
    unit = "" if number else " of the log-odds"
    shelves: list[dict[str, Any]] = []
    table: list[list[Any]] = []
    for place, fall in found:
        shown = picture(taken(learner, [place])[0][0].cpu().numpy())
        most = float(np.abs(fall).max())
        top, left = np.unravel_index(int(np.argmax(fall)), fall.shape)
        where = f"row {top + 1} of {fall.shape[0]}, column {left + 1} of {fall.shape[1]}"
        truth, given, _ = said(plan, rows, place)
        table.append([int(rows.numbers[place]) + 1, truth, given, float(fall.max()), where, float(fall.min())])
        lost = f"{fall.max():.2g} lost" if number else f"odds ÷ {np.exp(fall.max()):.2g}"
        alt = f"The same picture with what counts in orange: covering {where} lowers the {what}, {lost}"
        mapped = {"source": png(over(shown, fall, most)), "alt": alt, "caption": f"{lost} at most"}
        first = entry(plan, rows, place, " ")
        label = named(plan, rows, place)
        shelves.append({"label": label, "width": width_of(shown), "pictures": [first, mapped]})
    cells = "×".join(map(str, found[0][1].shape))
    return Gallery(
        id="occlusion",
        title=TITLE,
        how=f"A patch is covered with the picture's mean colour, at each of {cells} places: where that lowers the "
        f"{what} "
        "it is orange, where it raises it blue, where nothing happens it stays grey.",
        rows=shelves,
        table=Table(columns=["row", "truth", "answer", f"most lost{unit}", "where", "least lost"], rows=table),
        note="Each map has its own scale. Orange beside the thing itself, in the background or a corner, is a sign "
        "that the model has learned something else than it should. The last picture is the one answered worst.",
    )
