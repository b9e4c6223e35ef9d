"""Partial dependence: how the answers move when one column is set to each of its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from modelwright.data.arrays import features, number_columns
from modelwright.plan.plan import InputPlan, Plan
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Learner, Rows
from modelwright.report.sections.importance import FEWEST_ROWS, importance
from modelwright.report.words import COLOURS, labels, plain
from modelwright.text import count

HEAD = "How the answer bends with each column"
COLUMNS = 6
POINTS, CATEGORIES = 21, 12
MOST_ROWS = 200
CLASSES = 6


def applies(evidence: Evidence) -> bool:
    """Models of columns, one at a time."""
    return not evidence.members and evidence.of_columns


def blocks(evidence: Evidence) -> list[Block]:
    """Return a small plot for each of the columns that matter most."""
    learner, rows = evidence.learner, evidence.rows
    if learner is None or rows is None:
        return [Missing(id="dependence", title=HEAD, why=evidence.lacks("learner"))]
    if len(rows.target) < FEWEST_ROWS:
        why = f"{count(len(rows.target), rows.part + ' row')} are too few; {FEWEST_ROWS} are needed"
        return [Missing(id="dependence", title=HEAD, why=why)]
    by_name = {column.name: column for column in evidence.plan.inputs if column.encoding != "date"}
    order = [each.name for each in importance(evidence, learner, rows)[0] if each.name in by_name]
    if not order:
        return [Missing(id="dependence", title=HEAD, why="all columns are dates, which are not set one by one")]
    curves = [_curve(evidence.plan, learner, rows, by_name[name]) for name in order[:COLUMNS]]
    return [_figure(evidence.plan, curves, len(order))]


def _curve(plan: Plan, learner: Learner, rows: Rows, column: InputPlan) -> dict[str, Any]:
    """Return the values a column is set to, and for each the mean of the answers and their middle 80 %."""
    chosen = np.linspace(0, len(rows.target) - 1, min(MOST_ROWS, len(rows.target))).astype(np.int64)
    arrays = features(rows.frame, plan.inputs, chosen)
    values, labels = _grid(rows, column)
    means: list[np.ndarray] = []
    spans: list[np.ndarray] = []
    for value in values:
        numbers, codes = arrays.numbers.copy(), arrays.codes.copy()
        if column.encoding == "number":
            at = next(at for at, (one, _) in enumerate(number_columns(plan.inputs)) if one.name == column.name)
            numbers[:, at] = value - column.offset
        else:
            coded = [one.name for one in plan.inputs if one.encoding in ("one_hot", "embedding")]
            codes[:, coded.index(column.name)] = int(value)
        device = learner.inputs[0].device
        with torch.inference_mode():
            made = learner.preprocess(torch.from_numpy(numbers).to(device), torch.from_numpy(codes).to(device))
        answers = learner.answer(made)
        answers = answers.reshape(len(answers), -1)
        means.append(answers.mean(0))
        spans.append(np.quantile(answers, [0.1, 0.9], axis=0))
    return {"column": column, "x": labels, "mean": np.array(means), "span": np.array(spans)}


def _grid(rows: Rows, column: InputPlan) -> tuple[list[float], list[Any]]:
    """Return what a column is set to (numbers, or codes of categories) and how that is written."""
    if column.encoding != "number":
        names = list(column.categories[:CATEGORIES])
        return [float(at + 1) for at in range(len(names))], labels(
            ["(missing)" if name is None else name for name in names], 18
        )
    if column.kind == "boolean":
        return [0.0, 1.0], ["false", "true"]
    known = rows.frame[column.name].drop_nulls().cast(float).to_numpy()
    known = known[np.isfinite(known)]
    if not len(known):
        return [0.0], [0.0]
    distinct = np.unique(known)
    low, high = (float(value) for value in np.quantile(known, [0.01, 0.99]))
    grid = distinct if len(distinct) <= POINTS else np.linspace(low, high, POINTS)
    return [float(value) for value in grid], [float(value) for value in grid]


def _outputs(plan: Plan) -> list[str]:
    """Return a name for each line: the classes, labels or targets; for two classes the second one."""
    if plan.task == "binary":
        return [plan.outputs.classes[1]]
    return list(plan.outputs.classes if plan.task == "multiclass" else plan.outputs.targets)


def _figure(plan: Plan, curves: Sequence[dict[str, Any]], columns: int) -> Figure:
    names = _outputs(plan)
    what = "probability" if plan.task != "regression" else "answer"
    rows = [
        [curve["column"].name, str(x), names[at], float(curve["mean"][i, at])]
        for curve in curves
        for i, x in enumerate(curve["x"])
        for at in range(len(names[:CLASSES]))
    ]
    left = f" The {len(curves)} columns that matter most of {columns}." if columns > len(curves) else ""
    band = "The band holds the middle 80 % of the rows. " if len(names) == 1 else ""
    classes = f" The first {CLASSES} of {len(names)} are drawn." if len(names) > CLASSES else ""
    return Figure(
        id="dependence",
        title=HEAD,
        how="The line is the mean answer when every row gets that value; a flat line means that the column does "
        "nothing by itself.",
        plots=[_plot(curve, names, what, at == 0, _range(plan, curves)) for at, curve in enumerate(curves)],
        table=Table(columns=["column", "value", "of", what], rows=rows),
        note=f"{band}Rows are taken as they are but for that one column, so combinations may appear that "
        f"never occur together (Friedman 2001).{left}{classes}",
        wide=True,
        legend=[(name, COLOURS[at % len(COLOURS)]) for at, name in enumerate(names[:CLASSES])]
        if len(names) > 1
        else [],
    )


def _range(plan: Plan, curves: Sequence[dict[str, Any]]) -> list[float]:
    if plan.task != "regression":
        return [0.0, 1.0]
    low, high = min(float(c["span"].min()) for c in curves), max(float(c["span"].max()) for c in curves)
    room = 0.05 * (high - low) or 1.0
    return [low - room, high + room]


def _plot(curve: dict[str, Any], names: Sequence[str], what: str, first: bool, ends: Sequence[float]) -> Plot:
    column: InputPlan = curve["column"]
    traces: list[dict[str, Any]] = []
    bars = column.encoding != "number" or column.kind == "boolean"
    for at, name in enumerate(names[:CLASSES]):
        colour = COLOURS[at % len(COLOURS)]
        mean, low, high = curve["mean"][:, at], curve["span"][:, 0, at], curve["span"][:, 1, at]
        base: dict[str, Any] = {
            "x": curve["x"],
            "name": plain(name),
            "legendgroup": name,
            "showlegend": False,
        }
        if bars:
            style: dict[str, Any] = {"marker": {"color": colour, "size": 9}}
            if len(names) == 1:
                span = {"type": "data", "symmetric": False, "array": high - mean, "arrayminus": mean - low}
                style["error_y"] = {**span, "color": colour, "thickness": 1.2, "width": 3}
            traces.append({**base, "type": "scatter", "mode": "markers", "y": mean, **style})
            continue
        quiet = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip", "type": "scatter"}
        if len(names) == 1:
            traces.append({**base, **quiet, "y": low})
            traces.append({**base, **quiet, "y": high, "fill": "tonexty", "fillcolor": f"{colour}-soft"})
        traces.append({**base, "type": "scatter", "mode": "lines", "y": mean, "line": {"color": colour, "width": 2.2}})
    layout: dict[str, Any] = {
        "yaxis": {"title": {"text": what if first else ""}, "range": list(ends)},
        "xaxis": {"type": "category"} if bars else {},
    }
    return Plot(traces=traces, layout=layout, title=column.name, height=250)
