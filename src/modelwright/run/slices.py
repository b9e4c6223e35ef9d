"""The score on parts of the scored rows: one category, or rows without a value, at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from modelwright.data.arrays import targets
from modelwright.data.columns import Examples
from modelwright.evaluate.metrics import METRICS, tabled
from modelwright.evaluate.result import Score
from modelwright.evaluate.score import evaluate
from modelwright.run.prepare import Prepared
from modelwright.ship.model import Model

FEWEST = 20  # rows of a slice: fewer have an interval that says nothing
MOST_CATEGORIES = 20  # of a column whose slices are looked at
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that have one thing in common, and their score."""

    name: str
    rows: int
    score: Score


def slices(prepared: Prepared, model: Model, part: str) -> list[Slice]:
    """Return the slices of a part's rows that score worst, worst first; empty where no slice is large enough."""
    numbers, plan = prepared.split.parts[part], prepared.plan
    table = prepared.dataset.table
    frame = table.frame[numbers]
    answers = model.answers_to(Examples(frame, table.media)) if table.media else model.answers(frame)
    target = targets(frame.select(list(plan.outputs.targets)), plan.outputs, plan.task)
    weight = None if plan.data.weight is None else frame[plan.data.weight].cast(pl.Float64).to_numpy()
    metric = tabled(plan.metric, plan.task)  # the report may be drawn where the code is not
    found: list[Slice] = []
    for name, chosen in _masks(frame, prepared):
        own = None if weight is None else weight[chosen]
        result = evaluate(metric, plan.task, answers[chosen], target[chosen], weight=own, part=part)
        if np.isfinite(result.score.value):
            found.append(Slice(name, int(chosen.sum()), result.score))
    sign = 1 if METRICS[metric].higher_is_better else -1
    return sorted(found, key=lambda one: sign * one.score.value)[:SHOWN]


def _masks(frame: pl.DataFrame, prepared: Prepared) -> Iterator[tuple[str, np.ndarray]]:
    for column in prepared.plan.inputs:
        values = frame[column.name]
        missing = values.is_null().to_numpy()
        if FEWEST <= missing.sum() < len(values):
            yield f"{column.name} is missing", missing
        if column.kind not in ("category", "boolean"):
            continue
        words = values.cast(pl.String)
        for word in words.drop_nulls().value_counts(sort=True)[column.name].head(MOST_CATEGORIES):
            chosen = words.eq_missing(word).to_numpy()
            if FEWEST <= chosen.sum() < len(values):
                yield f"{column.name} = {word}", chosen
