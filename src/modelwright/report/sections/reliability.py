"""The reliability curve: whether what is stated with some probability happens that often."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from modelwright.evaluate.calibration import Bin, reliability
from modelwright.plan.plan import Plan
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Rows
from modelwright.report.traces import bars, dotted
from modelwright.report.words import percent, plain
from modelwright.text import count

TITLE = "Does it know how sure it is?"
FEWEST = 50  # rows below which bins say nothing
BINS = 10
NOTICED = 0.02  # mean gap between stated and seen from which it is told


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
    off = [each for each, (low, high) in zip(bins, spans, strict=True) if not low <= each.confidence <= high]
    told = "Every bin agrees with the line, within its interval."
    if off:
        told = f"{len(off)} of {count(len(bins), 'bin')} off the line, beyond the interval."
    gap = float(np.average([each.confidence - each.accuracy for each in bins], weights=[each.count for each in bins]))
    if off and plan.task == "multiclass" and abs(gap) > NOTICED:
        told += f" On the whole it is too {'sure of itself' if gap > 0 else 'careful'}, by {percent(abs(gap), 1)}."
    return Figure(
        id="reliability",
        title=TITLE,
        how="On the dotted line, what is said with 80 % happens 80 times of 100; points below it are too sure, "
        "points above too careful.",
        plots=[_plot(plan, bins, spans)],
        table=Table(
            columns=["stated from", "to", "mean stated", "happened", "low", "high", "rows"],
            rows=[
                [each.low, each.high, each.confidence, each.accuracy, low, high, each.count]
                for each, (low, high) in zip(bins, spans, strict=True)
            ],
        ),
        note=f"{told} The size of a point is its rows; bars are Wilson's 95 % intervals.",
    )


def _plot(plan: Plan, bins: Sequence[Bin], spans: Sequence[tuple[float, float]]) -> Plot:
    most = max(each.count for each in bins)
    seen, (lows, highs) = [each.accuracy for each in bins], zip(*spans, strict=True)
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": [each.confidence for each in bins],
        "y": seen,
        "marker": {
            "color": "--blue",
            "size": [7 + 13 * math.sqrt(each.count / most) for each in bins],
            "opacity": 0.85,
        },
        "error_y": bars(seen, lows, highs, "--blue"),
        "text": [count(each.count, "row") for each in bins],
        "hovertemplate": "stated %{x:.1%}, seen %{y:.1%}, %{text}<extra></extra>",
    }
    of = f"probability of {plain(plan.outputs.classes[1])}" if plan.task == "binary" else "probability of the answer"
    axis = {"range": [-0.03, 1.03], "tickformat": ".0%"}
    layout = {
        "xaxis": {**axis, "title": {"text": f"stated {of}"}},
        "yaxis": {**axis, "title": {"text": "share that happened"}},
        "showlegend": False,
    }
    return Plot(traces=[dotted([0, 1], [0, 1]), points], layout=layout, height=340)
