"""Statistics were fitted on rows outside the training rows.

## What it does
Proves the plan: takes the range and the categories of each input, and mean and scale of the target, as the plan holds
them, and compares them with the training rows. modelwright splits first and fits on the training rows only, so this
rule is silent unless a plan was made elsewhere or altered.
In a script that calls `modelwright.check`, a scaler, PCA, imputer or `(x - x.mean()) / x.std()` of all rows that
are split afterwards, and one that is fitted on test rows anew, are read off the file.

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
from typing import Any

import numpy as np
import polars as pl

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic
from modelwright.plan.plan import InputPlan, Plan

CODE = "L202"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("table", "split", "plan")

TOLERANCE = 1e-6
TRAINING = "training rows"


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each statistic of the plan that the training rows do not have."""
    assert facts.table is not None and facts.split is not None and facts.plan is not None
    (frame, train), outputs = _looked_at(facts.table.frame, facts.split.train, facts.plan), facts.plan.outputs
    inputs = [column for column in facts.plan.inputs if _fitted(column, frame)]
    means = dict(zip(outputs.targets, outputs.mean, strict=False))
    seen = _seen(frame, train, inputs, [name for name in means if frame[name].dtype.is_numeric()])
    for number, column in enumerate(inputs):
        if beyond := _beyond(column, seen, number):
            yield _finding(facts, f"input `{column.name}`", column.name, beyond)
    for name, mean in means.items():
        found, spread = seen.get(f"mean {name}"), seen.get(f"std {name}") or 0.0
        if found is not None and abs(found - mean) > TOLERANCE * (abs(mean) + spread):
            yield _finding(facts, f"target `{name}`", name, f"mean {mean:.6g}, {TRAINING} {found:.6g}")


def _looked_at(frame: pl.DataFrame, train: np.ndarray, plan: Plan) -> tuple[pl.DataFrame, np.ndarray]:
    """Return the rows and those of them that were learned from: of columns that one network takes, all of them."""
    contrast = plan.contrast
    if contrast is None or contrast.second is not None or not contrast.sides:
        return frame, train
    first = contrast.sides[0]
    each = [
        frame.select(pl.col(side[at]).alias(first[at]) for at in range(len(first)))[train] for side in contrast.sides
    ]
    stacked = pl.concat(each, how="vertical_relaxed")
    return stacked, np.arange(stacked.height)


def _fitted(column: InputPlan, frame: pl.DataFrame) -> bool:
    ranged = column.encoding == "number" and column.low is not None and column.high is not None
    return ranged or (bool(column.categories) and frame[column.name].dtype == pl.String)


def _seen(frame: pl.DataFrame, train: np.ndarray, inputs: list[InputPlan], targets: list[str]) -> dict[str, Any]:
    """Return what training rows have of each input, and mean and deviation of targets: one pass over the columns."""
    mask = np.zeros(frame.height, dtype=bool)
    mask[train] = True
    training = pl.lit(pl.Series(mask))
    asked: list[pl.Expr] = []
    for number, column in enumerate(inputs):
        values = pl.col(column.name)
        if column.categories:
            asked.append(values.filter(training).unique().implode().alias(f"values {number}"))
            continue
        values = values if frame[column.name].dtype.is_float() else values.to_physical().cast(pl.Float64)
        low, high = column.low or 0.0, column.high or 0.0
        slack = TOLERANCE * max(abs(low), abs(high))
        asked.append(((values <= low + slack) & training).any().alias(f"low {number}"))
        asked.append(((values >= high - slack) & training).any().alias(f"high {number}"))
    for name in targets:
        values = pl.col(name).cast(pl.Float64)
        known = values.filter(training & values.is_finite())
        asked += [known.mean().alias(f"mean {name}"), known.std(ddof=0).alias(f"std {name}")]
    return frame.lazy().select(asked).collect().to_dicts()[0] if asked else {}


def _beyond(column: InputPlan, seen: dict[str, Any], number: int) -> str:
    if column.categories:
        unseen = {name for name in column.categories if name is not None} - set(seen[f"values {number}"])
        return f"category `{min(unseen)}`, which no training row has" if unseen else ""
    if seen[f"low {number}"] and seen[f"high {number}"]:
        return ""
    return f"range {column.low:g} to {column.high:g}, beyond that of the {TRAINING}"


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
