"""The confusion matrix: which classes are taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Rows
from modelwright.report.words import labels
from modelwright.text import count

TITLE = "Which classes are taken for which"
WRITTEN = 14  # classes up to which the counts stand in the cells
MOST = 40  # classes that are drawn; those with most rows
HEAT = [[at / 4, f"--heat-{at}"] for at in range(5)]


def applies(evidence: Evidence) -> bool:
    """Classes that exclude each other."""
    return evidence.plan.task in ("binary", "multiclass")


def blocks(evidence: Evidence) -> list[Block]:
    """Return the matrix: rows are the truth, columns the answers."""
    rows = evidence.rows
    if rows is None:
        return [Missing(id="confusion", title=TITLE, why=evidence.lacks("rows"))]
    return [_figure(list(evidence.plan.outputs.classes), rows)]


def matrix(classes: int, rows: Rows) -> np.ndarray:
    """Return counts [K, K] of truth by answer."""
    truth = rows.target.reshape(-1).astype(np.int64)
    given = (rows.answers > 0.5).astype(np.int64) if rows.answers.ndim == 1 else rows.answers.argmax(1)
    return np.bincount(truth * classes + given, minlength=classes * classes).reshape(classes, classes)


def _figure(classes: list[str], rows: Rows) -> Figure:
    counts = matrix(len(classes), rows)
    kept = np.sort(np.argsort(-counts.sum(1), kind="stable")[:MOST])
    names = labels([classes[at] for at in kept], 24)
    shown = counts[np.ix_(kept, kept)]
    wrong = counts * ~np.eye(len(classes), dtype=bool)
    told = "; ".join(
        f"`{classes[a]}` taken for `{classes[b]}`: {count(int(wrong[a, b]), 'row')}" for a, b in largest(wrong)[:3]
    )
    left = f" The {len(kept)} classes with most rows of {len(classes)} are drawn." if len(kept) < len(classes) else ""
    cells = [[classes[a], classes[b], int(counts[a, b])] for a, b in largest(counts)]
    return Figure(
        id="confusion",
        title=TITLE,
        how="Rows are the truth, columns the answers; what lies off the diagonal is wrong, and colour is the "
        "share of the true class.",
        plots=[_plot(names, shown)],
        table=Table(
            columns=["truth", "answer", "rows"],
            rows=cells[:400],
            note=f"The 400 largest of {len(cells):,} cells." if len(cells) > 400 else "",
        ),
        note=f"Most frequent: {told}.{left}" if told else f"No row is answered wrongly.{left}",
    )


def largest(counts: np.ndarray) -> np.ndarray:
    """Return the places [C, 2] of the counts above 0, largest first."""
    places = np.argwhere(counts)
    return places[np.argsort(-counts[tuple(places.T)], kind="stable")]


def _plot(names: list[str], shown: np.ndarray) -> Plot:
    shares = shown / np.maximum(shown.sum(1, keepdims=True), 1)
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": shares,
        "zmin": 0,
        "zmax": 1,
        "colorscale": HEAT,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "customdata": shown,
        "hovertemplate": "truth %{y}, answer %{x}: %{customdata:,} rows (%{z:.1%})<extra></extra>",
    }
    axis = {"type": "category", "showgrid": False}
    layout = {
        "xaxis": {**axis, "title": {"text": "answer"}},
        "yaxis": {**axis, "title": {"text": "truth"}, "autorange": "reversed"},
        "annotations": _cells(names, shown, shares) if len(names) <= WRITTEN else [],
    }
    return Plot(traces=[trace], layout=layout, height=int(np.clip(150 + 38 * len(names), 280, 760)))


def _cells(names: list[str], shown: np.ndarray, shares: np.ndarray) -> list[dict[str, Any]]:
    """Return the counts as texts in the cells; Plotly's own text cannot change its colour with the cell's."""
    return [
        {
            "x": names[b],
            "y": names[a],
            "text": f"{int(shown[a, b]):,}",
            "showarrow": False,
            "font": {"color": "--on-heat" if shares[a, b] > 0.6 else "--ink", "size": 14},
        }
        for a in range(len(names))
        for b in range(len(names))
    ]
