"""The columns of a table, or the pictures, that a GAN makes, and how each becomes numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Table
from modelwright.data.roles import target_columns
from modelwright.data.split import Split
from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.plan.inputs import RARE, plan_inputs
from modelwright.plan.plan import InputPlan
from modelwright.spec.schema import Spec

FEW = 20
"""Different whole numbers up to which each is drawn for itself: years, ratings, counts of rooms."""
DECIMALS = 8
MOST = 0.95
"""Share of the numbers of a column that have its decimals: a file may hold a few quotients (9.53333333333333)."""
ENCODINGS = ("number", "one_hot", "pixels")


def made_columns(
    spec: Spec, table: Table, one: Split, why: dict[str, str]
) -> tuple[tuple[InputPlan, ...], dict[str, str]]:
    """Return the columns that are made, of numbers and categories, and why others are not; add the reasons."""
    changes: dict[str, Any] = {}
    if spec.encode.category == "auto":
        changes["encode"] = spec.encode.model_copy(update={"category": "OneHotEncoder"})
    if spec.transform == "auto" and table.media:
        changes["transform"] = ["Normalize(0.5, 0.5)"]
    targets = target_columns(spec, table)[0] if table.media and len(table.names) > 1 else ()
    inputs, unused, reasons = plan_inputs(spec.model_copy(update=changes), table, one.train, targets)
    why |= reasons
    if "encode" in changes:
        why["encode.category"] = "one-hot: a category is drawn among all"
    if "transform" in changes:
        why["transform"] = "default: pixels from -1 to 1, as the Tanh of a generator gives them"
    left = {c.name: f"a {c.kind} is not generated yet" for c in inputs if c.encoding not in ENCODINGS}
    kept = tuple(column for column in inputs if column.name not in left)
    if not kept:
        raise SpecError(_nothing(left))
    rows = table.frame[one.train]
    made = [_as_made(c, rows[c.name], c.name in spec.data.columns) if c.encoding == "number" else c for c in kept]
    why |= {f"inputs.{column.name}": column.why for column in made}
    return tuple(made), unused | left


def _as_made(column: InputPlan, values: pl.Series, forced: bool) -> InputPlan:
    """Return a column of numbers as it is made: whole numbers of few values are drawn as categories are, unless their
    kind is given; others have as many decimals as nearly all of the training rows."""
    if column.kind != "integer":
        return column.model_copy(update={"decimals": _decimals(values)}) if column.kind == "numeric" else column
    counts = values.alias("value").value_counts(name="rows")
    kept = counts.sort(["rows", "value"], descending=[True, False], nulls_last=True).filter(pl.col("rows") >= RARE)
    if forced or len(counts) > FEW or len(kept) < 2:
        return column
    return InputPlan(
        name=column.name,
        kind="integer",
        encoding="one_hot",
        why=f"{column.why}; {len(kept)} values, drawn as categories are",
        categories=tuple(kept["value"].cast(pl.String).to_list()),
    )


def _decimals(values: pl.Series) -> int | None:
    """Return how many decimals nearly all numbers have; None where it is more than `DECIMALS`."""
    known = values.drop_nulls().drop_nans().to_numpy()
    shares = (np.isclose(known, known.round(count), 1e-12, 0).mean() for count in range(DECIMALS + 1))
    return next((count for count, share in enumerate(shares) if share >= MOST), None) if len(known) else None


def _nothing(left: dict[str, str]) -> Diagnostic:
    return Diagnostic(
        code="D102",
        severity="error",
        message="no column is left that a GAN can make",
        expected="columns of numbers or categories, or pictures",
        received="; ".join(f"`{name}`: {reason}" for name, reason in left.items()),
    )
