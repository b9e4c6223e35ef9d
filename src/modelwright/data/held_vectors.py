"""Rows of numbers that do not fit into memory: `[N, W]` in a file, as a table whose columns are mapped from another."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Examples, Reading, Table
from modelwright.data.frames import fingerprint_of, with_answers
from modelwright.data.kinds import column
from modelwright.data.spill import digest_of, file_of, turned
from modelwright.spec.schema import DataSpec

ROWS = "rows"


def are_vectors(source: Any) -> bool:
    """Return whether an object is an array `[N, W]` of a file of rows."""
    return getattr(source, "ndim", 0) == 2 and isinstance(source, np.ndarray) and file_of(source) is not None


def vector_examples(source: Any, y: Any, targets: Sequence[str]) -> tuple[Examples, list[str] | None]:
    """Return rows with `y` as further columns, and the names of these."""
    frame, names = with_answers(pl.DataFrame({ROWS: np.arange(len(source))}), y, targets)
    return Examples(frame.drop(ROWS), {ROWS: source}), names


def vector_table(examples: Examples, data: DataSpec) -> Table:
    """Return the rows as a table of numeric columns, which polars takes from the file without a copy."""
    started, array = time.perf_counter(), examples.media[ROWS]
    inputs = [pl.Series(f"column_{at}", values) for at, values in enumerate(turned(array), start=1)]
    inputs = [series.fill_nan(None) if series.is_nan().any() else series for series in inputs]
    columns = [column(series, data.columns.get(series.name, "numeric")) for series in inputs]
    columns += [column(series, data.columns.get(series.name), target=True) for series in examples.frame]
    frame = pl.DataFrame([*inputs, *examples.frame])
    digest = hashlib.sha256(f"{digest_of(array)} {fingerprint_of(examples.frame)}".encode()).hexdigest()
    reading = Reading(
        paths=(),
        format="frame",
        options={"columns": frame.columns},
        why={"format": "rows of a data set, streamed from a file: they do not fit into memory"},
        fingerprint=digest,
        seconds=time.perf_counter() - started,
    )
    return Table(frame=frame, columns=tuple(columns), reading=reading)
