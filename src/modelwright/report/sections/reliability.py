"""The reliability curve: whether what is stated with some probability happens that often."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from modelwright.evaluate.calibration import reliability
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Rows
from modelwright.report.words import percent, plain
from modelwright.text import count

TITLE = "Does it know how sure it is?"
FEWEST = 50  # rows below which bins say nothing
BINS = 10


def applies(evidence: Evidence) -> bool:
    """Probabilities of classes that exclude each other."""
    return evidence.plan.task in ("binary", "multiclass")


def blocks(evidence: Evidence) -> list[Block]:
    """Return the curve with an interval a bin."""
    rows = evidence.rows
    if rows is None:
        return [Missing(id="reliability", title=TITLE, why=evidence.lacks("rows"))]
    if len(rows.target) < FEWEST:
        why = f"{count(len(rows.target), rows.part + ' row')} are too few for bins; {FEWEST} are needed"
        return [Missing(id="reliability", title=TITLE, why=why)]
    return [_figure(evidence, rows)]


def wilson(share: float, rows: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (1927), which holds in small bins too.

    >>> [round(value, 3) for value in wilson(0.5, 20)]
    [0.299, 0.701]
    """
    z = 1.959964
    centre, scale = (share + z * z / (2 * rows)) / (1 + z * z / rows), z / (1 + z * z / rows)
    half = scale * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return max(0.0, centre - half), min(1.0, centre + half)


def _figure(evidence: Evidence, rows: Rows) -> Figure:
    plan = evidence.plan
    bins = reliability(plan.task, rows.answers, rows.target, rows.weight, bins=BINS)
    spans = [wilson(each.accuracy, each.count) for each in bins]
    x, y = [each.confidence for each in bins], [each.accuracy for each in bins]
    span = {"type": "data", "symmetric": False, "color": "--blue", "thickness": 1.3, "width": 4}
    most = max(each.count for each in bins)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, 1],
            "y": [0, 1],
            "line": {"color": "--muted", "dash": "dot"},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": x,
            "y": y,
            "marker": {
                "color": "--blue",
                "size": [7 + 13 * math.sqrt(each.count / most) for each in bins],
                "opacity": 0.85,
            },
            "error_y": {
                **span,
                "array": [max(0.0, high - at) for (_, high), at in zip(spans, y, strict=True)],
                "arrayminus": [max(0.0, at - low) for (low, _), at in zip(spans, y, strict=True)],
            },
            "text": [count(each.count, "row") for each in bins],
            "hovertemplate": "stated %{x:.1%}, seen %{y:.1%}, %{text}<extra></extra>",
        },
    ]
    of = f"probability of {plain(plan.outputs.classes[1])}" if plan.task == "binary" else "probability of the answer"
    off = [each for each, (low, high) in zip(bins, spans, strict=True) if not low <= each.confidence <= high]
    told = (
        "Every bin agrees with the line, within its interval."
        if not off
        else f"{len(off)} of {count(len(bins), 'bin')} off the line, beyond the interval."
    )
    gap = float(np.average([each.confidence - each.accuracy for each in bins], weights=[each.count for each in bins]))
    lean = "too sure of itself" if gap > 0.02 else "too careful" if gap < -0.02 else ""
    lean = (
        f" On the whole it is {lean}, by {percent(abs(gap), 1)}." if lean and plan.task == "multiclass" and off else ""
    )
    axis = {"range": [-0.03, 1.03], "tickformat": ".0%"}
    return Figure(
        id="reliability",
        title=TITLE,
        how="On the dotted line, what is said with 80 % happens 80 times of 100; points below it are too sure, points above too careful.",
        plots=[
            Plot(
                traces=traces,
                layout={
                    "xaxis": {**axis, "title": {"text": f"stated {of}"}},
                    "yaxis": {**axis, "title": {"text": "share that happened"}},
                    "showlegend": False,
                },
                height=340,
            )
        ],
        table=Table(
            columns=["stated from", "to", "mean stated", "happened", "low", "high", "rows"],
            rows=[
                [each.low, each.high, each.confidence, each.accuracy, low, high, each.count]
                for each, (low, high) in zip(bins, spans, strict=True)
            ],
        ),
        note=f"{told}{lean} The size of a point is its rows; bars are Wilson's 95 % intervals.",
    )
