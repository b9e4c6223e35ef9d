"""The pictures that a report shows: which ones, how they look, and what is said of them."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import numpy as np

from modelwright.plan.plan import Plan
from modelwright.report.bitmaps import MOST_PIXELS, picture, png
from modelwright.report.evidence import Evidence, Rows
from modelwright.report.judged import row_errors, said, wrong
from modelwright.report.words import percent
from modelwright.text import shortened

SMALLEST = 56  # CSS pixels that a picture is wide at least


def looks(plan: Plan, rows: Rows, at: int) -> np.ndarray:
    """Return one scored picture as it stands in the data, as it is shown."""
    name = plan.inputs[0].name
    return picture(np.asarray(rows.media[name][int(rows.frame[name][at])]))


def width_of(shown: np.ndarray) -> int:
    """Return how wide a picture is shown: whole multiples of its pixels, so that they stay square and sharp."""
    wide = shown.shape[1]
    return min(MOST_PIXELS, wide * max(1, -(-SMALLEST // wide)))


def entry(plan: Plan, rows: Rows, at: int, caption: str = "") -> dict[str, Any]:
    """Return one picture of a gallery with its alternative text."""
    truth, given, value = said(plan, rows, at)
    number = "error" if plan.task == "regression" else "probability of the truth"
    file = f", file {PurePath(rows.files[at]).name}" if rows.files else ""
    alt = f"Row {int(rows.numbers[at]) + 1}{file}: truth {truth}, answer {given}, {number} {value:.3g}"
    return {"source": png(looks(plan, rows, at)), "alt": alt, "caption": caption or named(plan, rows, at)}


def named(plan: Plan, rows: Rows, at: int) -> str:
    """Return in a few words what is true and what was answered; a right answer is said once."""
    truth, given, value = said(plan, rows, at)
    truth, given = shortened(truth, 24), shortened(given, 24)
    if plan.task == "regression":
        return f"{truth}, answered {given}"
    return f"`{truth}`, {percent(value)} sure" if truth == given else f"`{truth}` taken for `{given}`"


def chosen(evidence: Evidence, rows: Rows, most: int) -> list[int]:
    """Return places of at most so many rows that tell much: of each answer the surest right one, and the worst error.

    Of predicted numbers: rows spread over what is true, and the worst error.
    """
    plan, count = evidence.plan, len(rows.target)
    losses = row_errors(plan, rows)
    worst = int(np.argmax(losses))
    if plan.task == "regression":
        order = np.argsort(rows.target.reshape(count, -1)[:, 0], kind="stable")
        spread = [int(order[at]) for at in np.linspace(0, count - 1, max(1, most - 1)).astype(int)]
        return list(dict.fromkeys([*spread, worst]))[:most]
    right = ~wrong(plan, rows)
    _, group = np.unique(np.asarray(rows.target).reshape(count, -1), axis=0, return_inverse=True)
    order = np.argsort(losses, kind="stable")
    order = order[right[order]]
    _, firsts = np.unique(group.reshape(-1)[order], return_index=True)
    found = [int(order[at]) for at in firsts]
    spread = [found[at] for at in np.linspace(0, len(found) - 1, min(len(found), max(1, most - 1))).astype(int)]
    return list(dict.fromkeys([*spread, worst]))[:most]
