"""How one column as polars reads it becomes the column that the run had: found by trying, written as polars methods."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import polars as pl

from modelwright.data.convert import PAIRS
from modelwright.data.dates import MONTH
from modelwright.data.missing import AMONG_NUMBERS, numbers_in
from modelwright.script.code import WIDTH, chain, text


@dataclass(frozen=True, slots=True)
class Step:
    """One method on a column: as source, and as a function."""

    code: str
    apply: Callable[[pl.Expr], pl.Expr]


Steps = tuple[Step, ...]
NUMBERS: tuple[pl.DataType, ...] = (pl.Int64(), pl.Float64(), pl.Float32())
"""The types that `pl.read_csv` is asked for; other columns are read as text."""


def steps_to(found: pl.Series, wanted: pl.Series, fmt: str | None, missing: Sequence[str]) -> Steps | None:
    """Return the steps that make `wanted` of `found`; None where none of those that are known do."""
    for steps in _candidates(found.dtype, wanted.dtype, fmt, missing):
        expression = pl.col(found.name)
        for step in steps:
            expression = step.apply(expression)
        try:
            made = found.to_frame().select(expression.alias(found.name)).to_series()
        except pl.exceptions.PolarsError:
            continue
        if made.dtype == wanted.dtype and made.equals(wanted, null_equal=True):
            return steps
    return None


def source_of(name: str, steps: Steps) -> str:
    """Return the steps as an expression of polars, one call a line where it is long."""
    calls = [call for step in steps for call in re.split(r"(?<=\))(?=\.)", step.code)]
    return chain(f"pl.col({text(name)})", calls, WIDTH - 5)


def strip() -> Step:
    """Return the step that takes white space off both ends."""
    return Step(".str.strip_chars()", lambda e: e.str.strip_chars())


def no_number() -> Step:
    """Return the step that takes spellings of a missing number away."""
    return Step(".replace(NO_NUMBER, None)", lambda e: e.replace(list(AMONG_NUMBERS), None))


def cast(dtype: pl.DataType) -> Step:
    """Return the step that changes the type."""
    return Step(f".cast(pl.{dtype})", lambda e: e.cast(dtype))


def _candidates(found: pl.DataType, wanted: pl.DataType, fmt: str | None, missing: Sequence[str]) -> Iterator[Steps]:
    yield ()
    if found == pl.String:
        yield from _of_text(wanted, fmt, missing)
        return
    no_nan = Step(".fill_nan(None)", lambda e: e.fill_nan(None))
    micro = Step('.dt.cast_time_unit("us")', lambda e: e.dt.cast_time_unit("us"))
    yield from ((no_nan,), (micro,), (cast(wanted),), (no_nan, cast(wanted)))
    yield (cast(pl.Int64()), cast(wanted))
    yield (no_nan, cast(pl.Int64()), cast(wanted))
    if missing:
        yield (_not_these(missing),)
        yield (cast(wanted), _not_these(missing))


def _not_these(missing: Sequence[str]) -> Step:
    numbers = numbers_in(list(missing))
    return Step(f".replace({numbers}, None)", lambda e: e.replace(numbers, None))


def _of_text(wanted: pl.DataType, fmt: str | None, missing: Sequence[str]) -> Iterator[Steps]:
    if wanted in NUMBERS:
        yield from _numbers(wanted)
        if missing:
            yield (cast(wanted), _not_these(missing))
    elif wanted == pl.Boolean:
        lower = Step(".str.to_lowercase()", lambda e: e.str.to_lowercase())
        for _, yes in (*PAIRS, ("0", "1")):
            yield (lower, Step(f".eq({text(yes)})", lambda e, yes=yes: e.eq(yes)))
    elif wanted.is_temporal() and fmt is not None:
        yield from ((_date(fmt),), (no_number(), _date(fmt)))
    elif wanted == pl.String:
        yield (strip(),)


def _numbers(wanted: pl.DataType) -> Iterator[Steps]:
    def without(old: str, new: str, every: bool) -> Step:
        name = "replace_all" if every else "replace"
        return Step(
            f".str.{name}({text(old)}, {text(new)}, literal=True)",
            lambda e: getattr(e.str, name)(old, new, literal=True),
        )

    comma = without(",", ".", every=False)
    signs: tuple[Steps, ...] = (
        (),
        (strip(),),
        (without("+", "", every=False),),
        (without(",", "", every=True),),
        (comma,),
        (without(".", "", every=True), comma),
    )
    starts: tuple[Steps, ...] = ((), (no_number(),))
    for sign, start in product(signs, starts):
        yield (*start, *sign, cast(wanted))


def _date(fmt: str) -> Step:
    if fmt == MONTH:
        return Step(
            '.add("-01").str.to_date("%Y-%m-%d", strict=False)',
            lambda e: e.add("-01").str.to_date("%Y-%m-%d", strict=False),
        )
    if fmt.endswith("%z"):
        return Step(
            f'.str.replace("Z$", "+00:00").str.to_datetime({text(fmt)}, time_unit="us", time_zone="UTC")',
            lambda e: e.str.replace("Z$", "+00:00").str.to_datetime(fmt, time_unit="us", time_zone="UTC"),
        )
    if "%H" in fmt or "%I" in fmt:
        return Step(f'.str.to_datetime({text(fmt)}, time_unit="us")', lambda e: e.str.to_datetime(fmt, time_unit="us"))
    return Step(f".str.to_date({text(fmt)})", lambda e: e.str.to_date(fmt))
