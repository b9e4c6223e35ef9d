"""The receipt of a split: what each part holds, so that anybody can check later that the same rows were used."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Table
from modelwright.data.roles import target_columns
from modelwright.data.split import Split
from modelwright.spec.schema import Spec

MOST_CLASSES = 1000  # a target with more distinct values is not told class by class


def receipt(split: Split, table: Table, spec: Spec, targets: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return JSON values: SHA-256 of the row numbers of each part, counts, classes, groups and times.

    A hash is taken of the ascending row numbers (from 0, in reading order) as little-endian 64-bit integers.
    """
    used = sum(len(rows) for rows in split.parts.values())
    facts: dict[str, Any] = {
        "by": split.plan.by,
        "fold": split.plan.fold,
        "rows": {name: len(rows) for name, rows in split.parts.items()},
        "left_out": table.frame.height - used,
        "sha256": {name: sha256(rows.astype("<i8").tobytes()).hexdigest() for name, rows in split.parts.items()},
        "overlap": _overlap(split, table.frame.height),
    }
    unlabelled = spec.task == "gan" and spec.data.target == "auto"  # a GAN makes rows, and needs no target
    names = targets if targets is not None else () if unlabelled else target_columns(spec, table)[0]
    classes = {name: _counts(table.frame.get_column(name), split) for name in names}
    told = {name: counts for name, counts in classes.items() if counts is not None}
    if told:
        facts["classes"] = told
    if spec.data.group is not None:
        facts["groups"] = _groups(table.frame.get_column(spec.data.group), split)
    if spec.data.time is not None:
        facts["time"] = _times(table.frame.get_column(spec.data.time), split)
    return facts


def _overlap(split: Split, height: int) -> int:
    """Count the rows that stand in more than one part (none, if the split is right)."""
    taken, overlap = np.zeros(height, dtype=bool), 0
    for rows in split.parts.values():
        overlap += int(taken[rows].sum())
        taken[rows] = True
    return overlap


def _counts(target: pl.Series, split: Split) -> dict[str, dict[str, int]] | None:
    """Count the values of a target in each part; None for a target of numbers with decimals or very many values."""
    if target.dtype.is_float() or target.n_unique() > MOST_CLASSES:
        return None
    told: dict[str, dict[str, int]] = {}
    for name, rows in split.parts.items():
        values = target.gather(rows).cast(pl.String).value_counts(sort=True)
        told[name] = {str(value): int(count) for value, count in values.iter_rows()}
    return told


def _groups(column: pl.Series, split: Split) -> dict[str, Any]:
    parts = {name: column.gather(rows).unique() for name, rows in split.parts.items()}
    shared = sum(len(groups) for groups in parts.values()) - len(pl.concat(list(parts.values())).unique())
    return {
        "column": column.name,
        "count": {name: len(groups) for name, groups in parts.items()},
        "shared": shared,
        "disjoint": shared == 0,
    }


def _times(column: pl.Series, split: Split) -> dict[str, Any]:
    """Tell first and last time of each part, and whether the parts follow one another in time."""
    ranks = column.rank("dense").to_numpy()
    filled = [rows for rows in split.parts.values() if len(rows)]
    edges = [(np.nanmin(ranks[rows]), np.nanmax(ranks[rows])) for rows in filled if not np.isnan(ranks[rows]).all()]
    spans: dict[str, list[str]] = {}
    for name, rows in split.parts.items():
        values = column.gather(rows).drop_nulls()
        spans[name] = [str(values.min()), str(values.max())] if len(values) else []
    ordered = all(before[1] < after[0] for before, after in pairwise(edges))
    return {"column": column.name, "span": spans, "ordered": ordered}
