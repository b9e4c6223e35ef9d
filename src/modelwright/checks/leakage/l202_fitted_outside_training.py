"""Statistics were fitted on rows outside the training rows.

## What it does
Proves the plan: takes the range and the categories of each input, and mean and scale of the target, as the plan holds
them, and compares them with the training rows. modelwright splits first and fits on the training rows only, so this
rule is silent unless a plan was made elsewhere or altered.

## Why it matters
A scaler, a vocabulary or a target mean that has seen the test rows carries knowledge of them into training.

## Example
`StandardScaler().fit(all_rows)` before `train_test_split`.

## Fix
Let modelwright make the plan: `modelwright train` with the description.

## Source
Kapoor and Narayanan, L1.2; LeakageDetector; dslinter. Exact for ranges and categories; one part in a million for
target means.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from modelwright.checks.facts import Facts
from modelwright.checks.measure import numbers
from modelwright.diagnostic import Diagnostic
from modelwright.plan.plan import InputPlan, Plan

CODE = "L202"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("table", "split", "plan")

TOLERANCE = 1e-6


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each statistic of the plan that the training rows do not have."""
    assert facts.table is not None and facts.split is not None and facts.plan is not None
    for column in facts.plan.inputs:
        training = _training(facts.table.frame, facts.split.train, facts.plan, column.name)
        if beyond := _beyond(column, training):
            yield _finding(facts, f"input `{column.name}`", column.name, beyond)
    for name, mean in zip(facts.plan.outputs.targets, facts.plan.outputs.mean, strict=False):
        values = numbers(facts.table.frame[name].gather(facts.split.train))
        values = values[np.isfinite(values)]
        if len(values) and abs(float(values.mean()) - mean) > TOLERANCE * (abs(mean) + float(values.std())):
            yield _finding(facts, f"target `{name}`", name, f"mean {mean:.6g}, training rows {values.mean():.6g}")


def _training(frame: pl.DataFrame, rows: np.ndarray, plan: Plan, name: str) -> pl.Series:
    """Return the training values of an input: those of all columns, where one network takes several side by side."""
    contrast = plan.contrast
    if contrast is None or contrast.second is not None or not contrast.sides:
        return frame[name].gather(rows)
    at = contrast.sides[0].index(name)
    each = [frame.select(pl.col(side[at]).alias(name))[rows] for side in contrast.sides]
    return pl.concat(each, how="vertical_relaxed")[name]


def _beyond(column: InputPlan, training: pl.Series) -> str:
    if column.encoding == "number" and column.low is not None and column.high is not None:
        values = numbers(training)
        values = values[np.isfinite(values)]
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
        slack = TOLERANCE * max(abs(low), abs(high))
        if column.low < low - slack or column.high > high + slack:
            return f"range {column.low:g} to {column.high:g}, training rows {low:g} to {high:g}"
    if column.categories and training.dtype == pl.String:
        unseen = {name for name in column.categories if name is not None} - set(
            training.unique().drop_nulls().to_list()
        )
        if unseen:
            return f"category `{min(unseen)}`, which no training row has"
    return ""


def _finding(facts: Facts, what: str, name: str, received: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity="error",
        message=f"{what} was fitted on rows outside the training rows",
        where=facts.column_place(name),
        expected="statistics of the training rows only",
        received=received,
        help="make the plan again from the description: modelwright train",
    )
