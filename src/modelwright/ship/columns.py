"""Typed rows as other runtimes take them: one NumPy vector a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.missing import ALWAYS
from modelwright.plan.plan import InputPlan, Plan

CODED = ("one_hot", "embedding")


def vectors(frame: pl.DataFrame, inputs: Sequence[InputPlan]) -> dict[str, np.ndarray]:
    """Return the columns of typed rows (`Model.read`): numbers and dates float64 with NaN, categories as words.

    A date is its seconds since 1970-01-01 on the clock it was written by; a missing category is the empty word.
    """
    return {column.name: _vector(frame.get_column(column.name), column) for column in inputs}


def _vector(values: pl.Series, column: InputPlan) -> np.ndarray:
    if column.encoding in CODED:
        return values.cast(pl.String).fill_null("").to_numpy().astype(object)
    if column.encoding != "date":
        return values.cast(pl.Float64).to_numpy()
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is not None:
        values = values.dt.replace_time_zone(None)
    micro = values.cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Float64)
    return (micro / 1e6).to_numpy()


def code_table(column: InputPlan, plan: Plan) -> tuple[dict[str, int], int]:
    """Return the code of each word of a category column, and the code of all others.

    The spellings of a missing value that training knew have the code of missing, unless they are words of the column.
    """
    codes = {name: number for number, name in enumerate(column.categories, 1) if name is not None}
    missing = column.categories.index(None) + 1 if None in column.categories else 0
    spelt = (*ALWAYS, *(str(word) for word in plan.data.options.get("missing") or ()))
    return {**dict.fromkeys(spelt, missing), **codes}, 0


def schema(plan: Plan, inputs: Sequence[InputPlan]) -> list[dict[str, Any]]:
    """Return what each input is, as JSON values: name, type, how it was in training rows."""
    return [_described(column) for column in inputs]


def _described(column: InputPlan) -> dict[str, Any]:
    if column.encoding in CODED:
        known = [name for name in column.categories if name is not None]
        return {"name": column.name, "kind": column.kind, "type": "string", "missing": "", "categories": known}
    made = {"name": column.name, "kind": column.kind, "type": "float64", "missing": "NaN"}
    if column.encoding == "date":
        return made | {"unit": "seconds since 1970-01-01 00:00"}
    return made | {"low": column.low, "high": column.high}
