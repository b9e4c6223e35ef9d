"""The kind of a column, with a reason that a person understands, and what was counted in one pass."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from modelwright.data.columns import Column
from modelwright.data.kind import Kind
from modelwright.data.problems import count

TEXT_WORDS = 3.0  # words a cell, on average, from which a column of mostly different cells is text
TEXT_SHARE = 0.5  # share of different cells from which long cells are text rather than categories
UNIQUE_SHARE = 0.95  # share of different cells from which words name the row
NAMED_SHARE = 0.5  # the same where the column's name says so (`Individual ID`)
ROWS_FOR_IDENTIFIER = 20  # below this many rows, different values in each row mean nothing
APPROXIMATE = 200_000  # rows from which different floats are counted approximately (HyperLogLog, about 1 %)
EXAMPLES = 5
LOOK_EXAMPLES = 1000  # rows from which examples are taken
LOOK = 5_000  # rows looked at for words a cell
NAME = re.compile(
    r"(^|[^a-z])(id|ids|uuid|guid|key|index|idx|rownum|row_?name|row_?number|unnamed.*)$|(?<=[a-z])I[dD]$"
)
FIRST_NAMES = ("", "no", "nr", "number", "#", "column_1")


def column(
    series: pl.Series,
    forced: Kind | None = None,
    *,
    target: bool = False,
    ordering: bool = False,
    first: bool = False,
    note: str = "",
    look: pl.Series | None = None,
) -> Column:
    """Return what a column is; `forced` wins, a `target` is never an identifier or text, nor is what orders the rows.

    `first`: it is the first column of the table; `note`: what reading it has shown;
    `look`: its first values as they stand in the file, for examples.

    >>> column(pl.Series("age", [39, 50, 38])).kind
    'integer'
    """
    facts = _facts(series)
    if forced is not None:
        kind, why = forced, "given"
    else:
        kind, why = _kind(series, facts, target=target or ordering, first=first, note=note)
    return Column(
        name=series.name,
        kind=kind,
        why=why,
        count=len(series),
        missing=facts.missing,
        unique=facts.unique,
        low=_end(facts.low),
        high=_end(facts.high),
        examples=tuple(
            _text(value)
            for value in (series.head(LOOK_EXAMPLES) if look is None else look)
            .drop_nulls()
            .unique(maintain_order=True)
            .head(EXAMPLES)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is counted once."""

    missing: int
    unique: int
    low: object = None
    high: object = None


def _facts(series: pl.Series) -> _Facts:
    """Count missing and different values, and find the range."""
    missing = series.null_count()
    if isinstance(series.dtype, pl.List | pl.Struct | pl.Object | pl.Binary | pl.Array):
        return _Facts(missing, 0)
    large = series.dtype.is_float() and len(series) > APPROXIMATE
    unique: int = series.to_frame().select(pl.first().approx_n_unique()).item() if large else series.n_unique()
    ranged = series.dtype.is_numeric() or series.dtype.is_temporal()
    low, high = (series.min(), series.max()) if ranged else (None, None)
    return _Facts(missing, unique - (missing > 0), low, high)


def _kind(series: pl.Series, facts: _Facts, *, target: bool, first: bool, note: str) -> tuple[Kind, str]:
    unique = facts.unique
    if series.dtype == pl.Boolean:
        return "boolean", f"two values: {note}" if note else "true and false"
    if series.dtype.is_temporal():
        return "date", note or "dates"
    if series.dtype.is_float():
        return "numeric", _joined(
            f"numbers {_text(facts.low)} … {_text(facts.high)}" if unique else "no value at all", note
        )
    if series.dtype.is_integer():
        return _whole(series, facts, unique, target=target, first=first, note=note)
    if not unique:
        return "category", "no value at all"
    return _words(series, unique, target=target, note=note)


def _whole(series: pl.Series, facts: _Facts, unique: int, *, target: bool, first: bool, note: str) -> tuple[Kind, str]:
    low, high = facts.low, facts.high
    if unique == 2 and (low, high) == (0, 1):
        return "boolean", "whole numbers 0 and 1"
    every = unique == len(series) and len(series) >= ROWS_FOR_IDENTIFIER
    if every and not target:
        counted = bool(((series - series.shift(1)).drop_nulls() == 1).all())
        if named(series.name):
            return "identifier", f"a different whole number in each row, and the name `{series.name}`"
        if counted and low in (0, 1) and (first or series.name.casefold() in FIRST_NAMES):
            return "identifier", f"counts the rows: {low}, {int(str(low)) + 1}, … {high:,}"
    return "integer", _joined(f"whole numbers {low} … {high}, {unique:,} different", note)


def _words(series: pl.Series, unique: int, *, target: bool, note: str) -> tuple[Kind, str]:
    present = len(series) - series.null_count()
    share = unique / present
    if target:
        return "category", _joined(f"the target: {count(unique, 'class', 'classes')}", note)
    words = series.head(LOOK).drop_nulls().str.count_matches(" ").mean()
    words = float(words if isinstance(words, float) else 0.0) + 1
    enough = present >= ROWS_FOR_IDENTIFIER
    if is_text(words, share, present):
        return "text", f"{words:.0f} words a cell, {unique:,} different in {present:,} rows"
    if enough and share >= NAMED_SHARE and named(series.name):
        return "identifier", f"{unique:,} different values in {present:,} rows, and the name `{series.name}`"
    if enough and share >= UNIQUE_SHARE and words < TEXT_WORDS:
        return (
            "identifier",
            f"{'a different value in each row' if share == 1 else f'{unique:,} different values in {present:,} rows'}",
        )
    return "category", _joined(f"{count(unique, 'different value')} in {count(present, 'row')}", note)


def is_text(words: float, share: float, present: int) -> bool:
    """Tell whether cells are texts: several words each, and mostly different."""
    return words >= TEXT_WORDS and share >= TEXT_SHARE and present >= ROWS_FOR_IDENTIFIER


def reads_like_text(series: pl.Series) -> bool:
    """Tell whether a column that has no kind yet holds texts."""
    present = len(series) - series.null_count()
    if series.dtype != pl.String or not present:
        return False
    words = series.head(LOOK).drop_nulls().str.count_matches(" ").mean()
    many = float(words if isinstance(words, float) else 0.0) + 1
    return many >= TEXT_WORDS and is_text(many, series.drop_nulls().n_unique() / present, present)


def named(name: str) -> bool:
    """Tell whether a name says that the column numbers or names the rows.

    >>> named("PassengerId"), named("user_id"), named("humid"), named("Unnamed: 0")
    (True, True, False, True)
    """
    return bool(NAME.search(name) or NAME.search(name.casefold()))


def _joined(reason: str, note: str) -> str:
    return f"{note}; {reason}" if note else reason


def _end(value: object) -> float | str | None:
    if isinstance(value, int | float):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else None


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
