"""Values of a column as numbers: what planning and the arrays must agree on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

LIMIT = 1e37
"""Numbers are kept within ±1e37, so that differences and scaled values of them are finite in float32 (to 3.4e38)."""

LOSS = 1e-5
"""Numbers that float32 would move by more than this share of their spread get an offset."""

DATE_PARTS = ("year", "month", "day", "weekday", "hour", "minute")

_PARTS: dict[str, Callable[[pl.Series], pl.Series]] = {
    "year": lambda dates: dates.dt.year(),
    "month": lambda dates: dates.dt.month(),
    "day": lambda dates: dates.dt.day(),
    "weekday": lambda dates: dates.dt.weekday(),
    "hour": lambda dates: dates.dt.hour(),
    "minute": lambda dates: dates.dt.minute(),
}
_OF_DAYS = frozenset({"year", "month", "day", "weekday"})
_OF_HOURS = frozenset({"hour", "minute"})


def numbers_of(values: pl.Series) -> np.ndarray:
    """Return a column of numbers or booleans as float64 `[N]`, NaN where missing."""
    return values.cast(pl.Float64).to_numpy()


def date_part(values: pl.Series, part: str) -> pl.Series:
    """Return one part of dates as whole numbers, null where missing or where the type has no such part.

    >>> from datetime import date
    >>> date_part(pl.Series([date(2024, 2, 29)]), "weekday").to_list()
    [4]
    """
    of_days = isinstance(values.dtype, pl.Date | pl.Datetime)
    of_hours = isinstance(values.dtype, pl.Time | pl.Datetime)
    if (part in _OF_DAYS and of_days) or (part in _OF_HOURS and of_hours):
        return _PARTS[part](values)
    return pl.Series(values.name, [None], dtype=pl.Int32).new_from_index(0, len(values))


def offset_for(known: np.ndarray) -> float:
    """Return the number to take off these values before they become float32; 0 where they can stay as they are.

    Near 10⁹ neighbours in float32 are 64 apart: a column of 10⁹ ± 1 would be constant. Subtraction in float64 of a
    number close to all of them is exact (Sterbenz 1974).

    >>> offset_for(np.array([1.0, 2.5])), offset_for(np.array([1e9, 1e9 + 1]))
    (0.0, 1000000000.5)
    """
    clipped = np.clip(known, -LIMIT, LIMIT)
    rounded = clipped.astype(np.float32).astype(np.float64)
    loss = float(np.abs(rounded - clipped).max())
    low, high = float(clipped.min()), float(clipped.max())
    if loss == 0 or loss <= LOSS * float(np.std(clipped)):
        return 0.0
    centre = low / 2 + high / 2
    moved = (clipped - centre).astype(np.float32).astype(np.float64) + centre
    return centre if float(np.abs(moved - clipped).max()) < loss / 2 else 0.0
