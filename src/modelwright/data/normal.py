"""One form for the types that readers give: 64-bit whole numbers, text without missing spellings, microseconds."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

NESTED = (pl.List, pl.Struct, pl.Array, pl.Binary, pl.Object)


def normal(
    series: pl.Series, missing: Sequence[str], numbers: Sequence[float], *, strip: bool, respell: bool
) -> pl.Series:
    """Return a column in the one form; `strip`: cells may have spaces round
    them; `respell`: missing values may be text."""
    dtype = series.dtype
    if dtype == pl.Null:
        return series.cast(pl.String)
    if isinstance(dtype, pl.Categorical | pl.Enum | pl.Time):
        series = series.cast(pl.String)
    if isinstance(dtype, pl.Decimal):
        series = series.cast(pl.Float64)
    if isinstance(dtype, pl.Duration):
        series = series.dt.total_microseconds().cast(pl.Float64) / 1e6
    if isinstance(dtype, pl.Datetime):
        series = series.dt.cast_time_unit("us")
    if series.dtype.is_integer():
        large = _beyond(series)
        series = series.cast(pl.String if large else pl.Int64)
    if series.dtype == pl.String:
        return _text(series, missing, strip=strip, respell=respell)
    if series.dtype.is_float() and series.is_nan().any():
        series = series.fill_nan(None)
    if numbers and series.dtype.is_numeric():
        series = series.set(series.cast(pl.Float64).is_in(list(numbers)).fill_null(False), None)
    return series


def _beyond(series: pl.Series) -> bool:
    return series.cast(pl.Int64, strict=False).null_count() > series.null_count()


def _text(series: pl.Series, missing: Sequence[str], *, strip: bool, respell: bool) -> pl.Series:
    if strip:
        bare = series.str.strip_chars()
        respell = respell or bool((bare != series).any())  # only then can a spelling have escaped the parser
        series = bare
    empty = series.is_in(list(missing)).fill_null(False) if respell else (series == "").fill_null(False)
    return series.set(empty, None) if empty.any() else series


def as_words(series: pl.Series) -> pl.Series:
    """Return a column as words, whole numbers without a decimal point (`3`, never `3.0`)."""
    if series.dtype.is_float():
        whole = series.cast(pl.Int64, strict=False)
        if (whole.cast(series.dtype) == series).all():
            series = whole
    return series.cast(pl.String)
