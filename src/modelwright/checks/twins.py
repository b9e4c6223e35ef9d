"""Which rows of a table are equal. Only rows that the columns of most values cannot tell apart are hashed whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from modelwright.checks.measure import row_hashes
from modelwright.data.columns import Column

LOOKS = 3  # columns by which rows are told apart before any is hashed whole
ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Repeats:
    """Rows, ascending, that may equal another in their inputs: their numbers, a hash of inputs, one with targets.

    Every other row differs from all rows.
    """

    rows: np.ndarray
    inputs: np.ndarray
    whole: np.ndarray


def repeats(frame: pl.DataFrame, inputs: Sequence[Column], targets: Sequence[str]) -> Repeats:
    """Return the rows that may be equal in all `inputs`, with their hashes."""
    rows = _unresolved(frame, inputs)
    chosen = frame if len(rows) == frame.height else frame[rows]
    hashes = row_hashes(chosen, [column.name for column in inputs])
    whole = hashes * ODD + row_hashes(chosen, list(targets)) if targets else hashes
    return Repeats(rows, hashes, whole)


def every(repeated: Repeats, rows: int) -> np.ndarray:
    """Return one uint64 for each of so many rows; equal rows have equal ones, all others one of their own."""
    hashes = np.arange(rows, dtype=np.uint64)
    hashes[repeated.rows] = repeated.whole
    return hashes


def _unresolved(frame: pl.DataFrame, inputs: Sequence[Column]) -> np.ndarray:
    """Return the rows whose values in the columns of most values occur together in another row as well."""
    if not inputs:
        return np.arange(frame.height)
    keys = np.zeros(frame.height, dtype=np.uint64)
    for column in sorted(inputs, key=lambda column: -column.unique)[:LOOKS]:
        keys = keys * ODD + frame[column.name].hash(seed=0).to_numpy()
    if pl.Series(keys).n_unique() == frame.height:  # a third of the time of sorting them
        return np.empty(0, dtype=np.int64)
    ordered = np.sort(keys)
    double = ordered[1:][ordered[1:] == ordered[:-1]]
    places = np.searchsorted(double, keys)
    return np.flatnonzero(double[np.minimum(places, len(double) - 1)] == keys)
