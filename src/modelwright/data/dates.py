"""Columns of text that are dates: one format for all values, found and said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import polars as pl

FIRST_LOOK = 200  # distinct values that a format must fit before it is tried on all
MOSTLY = 0.9  # share of values of one format from which the others are mistakes, not words

TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M", " %H:%M:%S%.f", "T%H:%M:%S%.f", " %I:%M:%S %p", " %I:%M %p")
DAYS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
)
WORDS = ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y")
FORMATS: tuple[str, ...] = tuple(day + time for day in (*DAYS, *WORDS) for time in TIMES)
ZONED: tuple[str, ...] = tuple(f"%Y-%m-%d{time}%z" for time in TIMES if time)
MONTH = "%Y-%m"
"""Of two formats that both fit every value, the earlier is taken: with slashes the month first (American, as pandas
reads it), with dots and dashes the day first (European)."""

LOOKS_LIKE = re.compile(
    r"(\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}"
    r"|[A-Z][a-z]{2,8} \d{1,2},? \d{4})([ T].{3,24})?"
)


@dataclass(frozen=True, slots=True)
class Dates:
    """A column as dates. `bad`: rows, from 0, that could not be read; `other`: a second format that fits as well."""

    series: pl.Series
    format: str
    bad: list[int]
    other: str | None = None


def as_dates(series: pl.Series, *, forced: bool = False, given: str | None = None) -> Dates | None:
    """Return text as dates, or None where it is not: no format fits most values. `given`: the format of other rows."""
    values = series.drop_nulls()
    if given is not None:
        parsed = _parse(series, given)
        if parsed.null_count() < len(series) or not len(values):
            return Dates(parsed, given, (parsed.is_null() & series.is_not_null()).arg_true().to_list())
    if not len(values):
        return None
    look = values.head(5000).unique(maintain_order=True).head(FIRST_LOOK)
    likely = sum(bool(LOOKS_LIKE.fullmatch(text.strip())) for text in look) / len(look)
    if likely < (0.01 if forced else MOSTLY):
        return None
    shares = {fmt: share for fmt in _possible(look.head(3).to_list()) if (share := _share(look, fmt)) > 0}
    if not shares or max(shares.values()) < (0.01 if forced else 0.5):
        return None
    best = max(shares.values())
    fitting = [fmt for fmt, share in shares.items() if share == best]
    tried = [(fmt, _parse(series, fmt)) for fmt in fitting[:3]]
    tried.sort(key=lambda pair: pair[1].null_count())
    fmt, parsed = tried[0]
    other = tried[1][0] if len(tried) > 1 and tried[1][1].null_count() == parsed.null_count() else None
    bad = (parsed.is_null() & series.is_not_null()).arg_true().to_list()
    if other is not None and tried[1][1].equals(parsed):
        other = None
    return Dates(parsed, fmt, bad, other)


def _possible(texts: list[str]) -> list[str]:
    """Return the formats that fit one of a few values: the trial on all costs more."""
    return [fmt for fmt in (*FORMATS, *ZONED, MONTH) if any(_fits(text, fmt) for text in texts)]


def _fits(text: str, fmt: str) -> bool:
    try:
        datetime.strptime(text, fmt.replace("%.f", ".%f"))
    except ValueError:
        return False
    return True


def _share(look: pl.Series, fmt: str) -> float:
    parsed = _parse(look, fmt)
    return 1 - parsed.null_count() / len(look)


def _parse(series: pl.Series, fmt: str) -> pl.Series:
    if fmt == MONTH:
        shaped = series.str.contains(r"^\d{4}-\d{2}$")
        return (
            pl.select(pl.when(shaped).then(series + "-01"))
            .to_series()
            .str.to_date("%Y-%m-%d", strict=False)
            .alias(series.name)
        )
    if fmt.endswith("%z"):
        return series.str.replace(r"Z$", "+00:00").str.to_datetime(fmt, time_unit="us", time_zone="UTC", strict=False)
    if "%H" in fmt or "%I" in fmt:
        return series.str.to_datetime(fmt, time_unit="us", strict=False)
    return series.str.to_date(fmt, strict=False)


def readable(fmt: str) -> str:
    """Return a format as people write it.

    >>> readable("%d.%m.%Y %H:%M")
    'day.month.year hour:minute'
    """
    names = {
        "%Y": "year", "%y": "year", "%m": "month", "%d": "day", "%b": "month", "%B": "month", "%H": "hour",
        "%I": "hour", "%M": "minute", "%S": "second", "%.f": ".fraction", "%p": "AM/PM", "%z": " zone",
    }  # fmt: skip
    for sign, name in names.items():
        fmt = fmt.replace(sign, name)
    return fmt


def zones(series: pl.Series) -> list[str]:
    """Return the zones that stand behind times, as they are written.

    >>> zones(pl.Series(["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00", None]))
    ['+01:00', '+02:00']
    """
    return series.str.extract(r"(Z|[+-]\d{2}:?\d{2})$").drop_nulls().unique().sort().to_list()
