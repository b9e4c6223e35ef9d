"""The score by slice: parts of the rows on which the model is weaker, if they have enough rows to say so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from modelwright.plan.plan import InputPlan, Plan
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Rows
from modelwright.report.judged import row_errors, wrong
from modelwright.report.traces import bars
from modelwright.report.words import labels
from modelwright.text import count

TITLE = "Where it is weaker"
FEWEST = 30  # rows of a slice, and of the rest: the mean of fewer is not near normal
CATEGORIES = 20
PARTS = 4
SHOWN = 12
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows with something in common: their mean error less that of all other rows, with its interval."""

    name: str
    rows: int
    own: float
    rest: float
    gap: float
    low: float
    high: float

    @property
    def weak(self) -> bool:
        """Whether the slice is worse than the rest beyond its interval."""
        return self.low > 0


def applies(evidence: Evidence) -> bool:
    """Rows with columns to cut them by."""
    return evidence.of_columns


def blocks(evidence: Evidence) -> list[Block]:
    """Return the weakest slices of all columns."""
    rows = evidence.rows
    if rows is None:
        return [Missing(id="slices", title=TITLE, why=evidence.lacks("rows"))]
    found, unit = slices(evidence.plan, rows)
    if not found:
        why = (
            f"no part of the {count(len(rows.target), rows.part + ' row')} has {FEWEST} rows with {FEWEST} "
            "others beside it"
        )
        return [Missing(id="slices", title=TITLE, why=why)]
    return [_figure(found, unit, rows)]


def slices(plan: Plan, rows: Rows) -> tuple[list[Slice], str]:
    """Return the slices, weakest first, and what their error is: the share of wrong rows, or the absolute error.

    The intervals are those of a difference of two means (Welch), widened by Bonferroni to the number of slices: of so
    many, some look weak by chance alone.
    """
    if plan.task == "regression":
        one = len(plan.outputs.targets) == 1
        errors = row_errors(plan, rows) * (plan.outputs.scale[0] if one and plan.outputs.scale else 1.0)
        unit = "mean absolute error" if one else "mean absolute error, in standard deviations"
    else:
        errors, unit = wrong(plan, rows).astype(np.float64), "share of wrong answers"
    members = [(name, mask) for column in plan.inputs for name, mask in _cut(column, rows)]
    kept = [(name, mask) for name, mask in members if FEWEST <= mask.sum() <= len(mask) - FEWEST]
    z = _normal(1 - ALPHA / 2 / max(len(kept), 1))
    found = [_slice(name, errors, mask, z) for name, mask in kept]
    return sorted(found, key=lambda each: -each.low), unit


def _slice(name: str, errors: np.ndarray, mask: np.ndarray, z: float) -> Slice:
    own, rest = errors[mask], errors[~mask]
    gap = float(own.mean() - rest.mean())
    spread = z * math.sqrt(_variance(own) + _variance(rest))
    return Slice(name, int(mask.sum()), float(own.mean()), float(rest.mean()), gap, gap - spread, gap + spread)


def _variance(errors: np.ndarray) -> float:
    """Return the variance of a mean; that of shares of 0 or 1 as if one more row had erred and one not (Agresti)."""
    known = float(errors.var(ddof=1)) / len(errors)
    if known > 0 or not set(np.unique(errors)) <= {0.0, 1.0}:
        return known
    share = (errors.sum() + 1) / (len(errors) + 2)
    return share * (1 - share) / (len(errors) + 2)


def _cut(column: InputPlan, rows: Rows) -> Iterator[tuple[str, np.ndarray]]:
    """Yield names and members of a column's slices: its categories, quarters of its numbers, its missing values."""
    values = rows.frame[column.name]
    missing = values.is_null().to_numpy()
    if missing.any():
        yield f"{column.name} is missing", missing
    if column.encoding in ("one_hot", "embedding") or column.kind == "boolean":
        texts = values.cast(str)
        for name in texts.drop_nulls().value_counts(sort=True)[column.name].to_list()[:CATEGORIES]:
            yield f"{column.name} = {name}", (texts == name).fill_null(False).to_numpy()
        return
    if not values.dtype.is_numeric():
        return
    numbers = values.cast(float).to_numpy()
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return
    edges = np.unique(np.quantile(known, np.linspace(0, 1, PARTS + 1)))
    for low, high in pairwise(edges):
        last = high == edges[-1]
        inside = (numbers >= low) & ((numbers <= high) if last else (numbers < high))
        yield f"{column.name} {low:.4g} to {high:.4g}", inside


def _normal(share: float) -> float:
    """Return z with P(Z <= z) = `share`, by halving on the error function."""
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 * (1 + math.erf(middle / math.sqrt(2))) < share else (low, middle)
    return high


def _figure(found: list[Slice], unit: str, rows: Rows) -> Figure:
    weak = [each for each in found if each.weak]
    are = "is" if len(weak) == 1 else "are"
    told = (
        f"{len(weak)} of {count(len(found), 'slice')} {are} weaker beyond chance."
        if weak
        else "None is weaker beyond chance."
    )
    return Figure(
        id="slices",
        title=TITLE,
        how="Points right of 0 are slices with more error than the other rows; only orange ones are weaker "
        "beyond chance.",
        plots=[_plot(found[:SHOWN][::-1], unit)],
        table=Table(
            columns=["slice", "rows", unit, "of the rest", "difference", "low", "high"],
            rows=[[each.name, each.rows, each.own, each.rest, each.gap, each.low, each.high] for each in found[:200]],
            note=f"The 200 weakest of {len(found):,}." if len(found) > 200 else "",
        ),
        note=f"{told} Every value of a category and every quarter of a number with {FEWEST} rows at least is a "
        f"slice of the {len(rows.target):,} rows; "
        f"the intervals (95 % for all together, Bonferroni) allow for looking at {len(found)} of them.",
        wide=True,
    )


def _plot(shown: list[Slice], unit: str) -> Plot:
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": [each.gap for each in shown],
        "y": labels([each.name for each in shown], 34),
        "marker": {"color": ["--orange" if each.weak else "--muted" for each in shown], "size": 10},
        "error_x": bars(*zip(*((each.gap, each.low, each.high) for each in shown), strict=True), colour="--muted"),
        "customdata": [[each.own, each.rest, each.rows] for each in shown],
        "hovertemplate": "%{y}: %{customdata[0]:.4g} against %{customdata[1]:.4g}, %{customdata[2]:,} "
        "rows<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": f"{unit}: slice − rest"}, "zeroline": True},
        "yaxis": {"type": "category", "tickmode": "linear"},
    }
    return Plot(traces=[trace], layout=layout, height=90 + 30 * len(shown))
