"""Measures that several rules use: ranks, areas under curves, row hashes, chance of equal rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl

SAMPLE = 20_000
"""Rows that measures of single columns look at: the standard error of an AUC near 0.99 is below 0.001 there."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Class of each row: `codes` int64 (-1: missing) into `classes`, sorted, and rows of each class in `counts`."""

    codes: np.ndarray
    classes: tuple[str, ...]
    counts: np.ndarray


def labels(target: pl.Series) -> Labels:
    """Return the classes of a column.

    >>> labels(pl.Series(["b", None, "a", "b"])).codes.tolist()
    [1, -1, 0, 1]
    """
    codes = categories(target)
    present = target.drop_nulls().unique().sort()
    names = tuple(str(value) for value in present.to_list())
    return Labels(codes, names, np.bincount(codes[codes >= 0], minlength=len(names)))


def lonely_classes(labels: Labels) -> bool:
    """Return whether most classes have one row: a text or an identifier rather than a class."""
    return len(labels.classes) > 2 and float((labels.counts == 1).mean()) > 0.5


def categories(column: pl.Series) -> np.ndarray:
    """Return each value's place among the sorted distinct values, -1 where missing."""
    if column.dtype == pl.String:
        names = column.drop_nulls().unique().sort()
        if not len(names):
            return np.full(len(column), -1)
        return column.cast(pl.Enum(names)).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    if column.dtype.is_integer() and (codes := _whole(column.cast(pl.Int64))) is not None:
        return codes
    ranks = column.rank("dense").cast(pl.Int64).fill_null(0).to_numpy()
    return ranks - 1


def _whole(column: pl.Series) -> np.ndarray | None:
    """Return the codes of whole numbers that lie close together, without sorting them; None where they do not."""
    low, high = cast("int | None", column.min()), cast("int | None", column.max())
    if low is None or high is None or high - low > 4 * len(column) + 1_000:
        return None
    places = (column - low).fill_null(-1).to_numpy()
    present = np.bincount(places[places >= 0], minlength=high - low + 1) > 0
    return np.where(places >= 0, (np.cumsum(present) - 1)[places], -1)


def numbers(column: pl.Series) -> np.ndarray:
    """Return a column as float64, NaN where missing; dates as microseconds or days."""
    plain = column.to_physical() if column.dtype.is_temporal() else column
    return plain.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def spread(rows: int, most: int = SAMPLE) -> np.ndarray:
    """Return at most `most` row numbers, evenly spread over all rows."""
    if rows <= most:
        return np.arange(rows)
    return (np.arange(most, dtype=np.int64) * rows) // most


def row_hashes(frame: pl.DataFrame, columns: list[str]) -> np.ndarray:
    """Return one uint64 for each row; equal rows have equal hashes."""
    return frame.select(list(dict.fromkeys(columns))).hash_rows(seed=0).to_numpy()


def with_twin(hashes: np.ndarray) -> np.ndarray:
    """Return for each row whether another is equal to it."""
    return pl.Series(hashes).is_duplicated().to_numpy()


def ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 1, ties shared.

    >>> ranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def auc(values: np.ndarray, positive: np.ndarray) -> float:
    """Return the area under the ROC curve of one number for a class, by the ranks (Mann and Whitney).

    >>> auc(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]))
    0.75
    """
    wins = int(positive.sum())
    losses = len(positive) - wins
    if wins == 0 or losses == 0:
        return 0.5
    return float((ranks(values)[positive].sum() - wins * (wins + 1) / 2) / (wins * losses))


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Pearson's correlation, 0 where one of the two is constant."""
    a, b = first - first.mean(), second - second.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0


def collision_rate(column: pl.Series) -> float:
    """Return the estimated chance that two rows have the same value: sum of n(n-1) over N(N-1)."""
    rows = len(column)
    if rows < 2:
        return 1.0
    counts = column.value_counts()["count"].cast(pl.Float64).to_numpy()
    return float((counts * (counts - 1)).sum() / (rows * (rows - 1)))


def disorder(labels: np.ndarray) -> float:
    """Return the chance that two neighbours differ, relative to rows in random order (0: sorted, about 1: shuffled)."""
    if len(labels) < 2:
        return 1.0
    shares = np.bincount(labels) / len(labels)
    expected = 1.0 - float((shares * shares).sum())
    return float((labels[1:] != labels[:-1]).mean()) / expected if expected > 0 else 1.0


def short(value: str, most: int = 40) -> str:
    """Return a value for a message, cut where it is long.

    >>> short("a" * 50, 5)
    'aaaa…'
    """
    return value if len(value) <= most else f"{value[: most - 1]}…"
