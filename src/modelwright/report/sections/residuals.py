"""Residuals of predicted numbers: against the answers, and how they are spread."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Rows
from modelwright.report.traces import dotted
from modelwright.report.words import plain
from modelwright.text import count

TITLE = "What is left over: residuals"
FEWEST = 10
MOST_POINTS = 1_500
MOST_TARGETS = 3
BINS = 10  # of equally many rows, for the line through the middle


def applies(evidence: Evidence) -> bool:
    """Predicted numbers."""
    return evidence.plan.task == "regression"


def blocks(evidence: Evidence) -> list[Block]:
    """Return answers against truth, and residuals, for each target."""
    rows = evidence.rows
    if rows is None:
        return [Missing(id="residuals", title=TITLE, why=evidence.lacks("rows"))]
    if len(rows.target) < FEWEST:
        why = f"{count(len(rows.target), rows.part + ' row')} are too few; {FEWEST} are needed"
        return [Missing(id="residuals", title=TITLE, why=why)]
    names = evidence.plan.outputs.targets[:MOST_TARGETS]
    return [_figure(name, rows, at, len(names) > 1) for at, name in enumerate(names)]


def _figure(name: str, rows: Rows, at: int, several: bool) -> Figure:
    truth = rows.target.reshape(len(rows.target), -1)[:, at].astype(np.float64)
    given = rows.answers.reshape(len(rows.target), -1)[:, at].astype(np.float64)
    left = truth - given
    chosen = np.linspace(0, len(truth) - 1, min(MOST_POINTS, len(truth))).astype(int)
    middle = _middle(given, left)
    low, high = np.quantile(left, [0.05, 0.95])
    sampled = f" {len(chosen):,} of {len(truth):,} rows are drawn." if len(chosen) < len(truth) else ""
    return Figure(
        id=f"residuals-{at}" if several else "residuals",
        title=f"{TITLE}{f' of `{name}`' if several else ''}",
        how="Left, points on the dotted line are right; in the middle, a band without slope or funnel around 0 "
        "is what is hoped for.",
        plots=_plots(plain(name), truth[chosen], given[chosen], left, middle),
        table=Table(
            columns=["answers from", "to", "rows", "mean residual", "middle residual", "5 %", "95 %"],
            rows=middle["table"],
        ),
        note=f"{_lean(left)} Nine of ten residuals lie between {low:,.4g} and {high:,.4g}. The line is the median of "
        f"tenths of the rows.{sampled}",
        wide=True,
    )


def _lean(left: np.ndarray) -> str:
    """Say whether the answers are too low or too high, beyond 1.96 standard errors of the mean residual."""
    error = left.std(ddof=1) / np.sqrt(len(left))
    if abs(left.mean()) <= 1.96 * error:
        return "On the whole it answers neither too high nor too low."
    return f"On the whole it answers too {'low' if left.mean() > 0 else 'high'}, by {abs(left.mean()):,.4g}."


def _plots(name: str, truth: np.ndarray, given: np.ndarray, left: np.ndarray, middle: dict[str, Any]) -> list[Plot]:
    drawn = (
        ("Truth against answer", _right(truth, given), _axes(f"answer ({name})", f"truth ({name})")),
        ("Residual by answer", _over(given, truth - given, middle), _axes(f"answer ({name})", "truth − answer")),
        ("How they are spread", [_spread(left)], {**_axes("truth − answer", "rows"), "bargap": 0.04}),
    )
    return [Plot(traces=traces, layout=layout, title=title, height=320) for title, traces, layout in drawn]


def _axes(x: str, y: str) -> dict[str, Any]:
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}, "showlegend": False}


def _middle(given: np.ndarray, left: np.ndarray) -> dict[str, Any]:
    """Return mean answer, median residual and more of each tenth of the rows by answer."""
    order = np.argsort(given, kind="stable")
    parts = [part for part in np.array_split(order, min(BINS, max(1, len(order) // 5))) if len(part)]
    table = [
        [float(given[part].min()), float(given[part].max()), len(part), float(left[part].mean())]
        + [float(value) for value in np.quantile(left[part], [0.5, 0.05, 0.95])]
        for part in parts
    ]
    return {"x": [float(given[part].mean()) for part in parts], "y": [row[4] for row in table], "table": table}


def _points(x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    size = 6 if len(x) < 300 else 4
    return {
        "type": "scatter",
        "mode": "markers",
        "x": _short(x),
        "y": _short(y),
        "marker": {"color": "--blue", "size": size, "opacity": 0.45},
        "hovertemplate": "%{x:,.4g}, %{y:,.4g}<extra></extra>",
    }


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def _right(truth: np.ndarray, given: np.ndarray) -> list[dict[str, Any]]:
    ends = [float(min(truth.min(), given.min())), float(max(truth.max(), given.max()))]
    return [_points(given, truth), dotted(ends, ends)]


def _over(given: np.ndarray, left: np.ndarray, middle: dict[str, Any]) -> list[dict[str, Any]]:
    ends = [float(given.min()), float(given.max())]
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": middle["x"],
        "y": middle["y"],
        "line": {"color": "--orange", "width": 2.5},
    }
    return [_points(given, left), dotted(ends, [0.0, 0.0]), {**line, "hoverinfo": "skip"}]


def _spread(left: np.ndarray) -> dict[str, Any]:
    counts, edges = np.histogram(left, bins=min(40, max(8, int(np.sqrt(len(left))))))
    middles = (edges[:-1] + edges[1:]) / 2
    hover = "%{x:,.4g}: %{y:,} rows<extra></extra>"
    return {"type": "bar", "x": middles, "y": counts, "marker": {"color": "--blue"}, "hovertemplate": hover}
