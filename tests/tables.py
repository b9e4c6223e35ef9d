"""Tables for tests: real ones from the folder of data sets, and small ones made of a frame."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from modelwright.data.columns import Column, Kind, Reading, Table
from modelwright.spec.schema import Spec

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data"))


def table_of(frame: pl.DataFrame, kinds: Mapping[str, Kind] | None = None, parts: list[int] | None = None) -> Table:
    """Return a table of a frame, kinds by type unless given."""
    kinds = kinds or {}
    columns = tuple(_column(frame[name], kinds.get(name) or _kind(frame[name].dtype)) for name in frame.columns)
    reading = Reading(paths=(), format="frame", options={}, why={}, fingerprint="", seconds=0.0)
    return Table(
        frame=frame, columns=columns, reading=reading, parts=None if parts is None else pl.Series(parts).to_numpy()
    )


def spec(**settings: object) -> Spec:
    """Return a description of keys with nested mappings."""
    return Spec.model_validate(settings)


@cache
def real(name: str) -> pl.DataFrame:
    """Return a real data set, read by polars alone; skips where the data sets are not at hand."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not at hand")
    if name.startswith("adult/"):
        return _adult(path)
    return pl.read_csv(path, null_values=["", "NA"], infer_schema_length=None)


def _adult(path: Path) -> pl.DataFrame:
    """Read a file without header, with a space after each comma and `?` for missing values."""
    text = pl.read_csv(path, has_header=False, infer_schema=False).select(pl.all().str.strip_chars().replace("?", None))
    names = [f"column_{number}" for number in range(1, text.width + 1)]
    text = text.rename(dict(zip(text.columns, names, strict=True))).filter(pl.col(names[-1]).is_not_null())
    numbers = [name for name in names if text[name].str.contains(r"^\d+$").all()]
    return text.with_columns(pl.col(numbers).cast(pl.Int64))


def _column(values: pl.Series, kind: Kind) -> Column:
    return Column(
        name=values.name,
        kind=kind,
        why="by its type",
        count=len(values),
        missing=values.null_count(),
        unique=values.n_unique(),
    )


def _kind(dtype: pl.DataType) -> Kind:
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_integer():
        return "integer"
    if dtype.is_temporal():
        return "date"
    return "numeric" if dtype.is_numeric() else "category"
