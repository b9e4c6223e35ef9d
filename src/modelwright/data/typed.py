"""From columns as a reader gives them to typed columns with kinds: the same for every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from modelwright.data.columns import Column
from modelwright.data.convert import Convert, Rows
from modelwright.data.kind import Kind
from modelwright.data.kinds import LOOK_EXAMPLES, column, reads_like_text
from modelwright.data.missing import numbers_in, spellings
from modelwright.data.normal import NESTED, as_words, normal
from modelwright.data.problems import SHOWN, count, problem
from modelwright.data.schemas import unknown_columns
from modelwright.data.spellings import never_found, other_spellings, replaced
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec
from modelwright.spec.write import paste

ALL = "all"  # as a target: every column is forecast
WORDS: tuple[Kind, ...] = ("category", "text", "identifier")


@dataclass(frozen=True, slots=True)
class Typed:
    """Typed columns, each with its kind, and warnings."""

    frame: pl.DataFrame
    columns: tuple[Column, ...]
    findings: tuple[Diagnostic, ...]
    formats: dict[str, str]  # of dates, by column


def typed(
    frame: pl.DataFrame,
    data: DataSpec,
    rows: Rows,
    *,
    decimal: str = ".",
    padded: bool = False,
    delimited: bool = False,
) -> Typed:
    """Give each column its type and kind; raises DataError with every problem of every column."""
    unknown = unknown_columns(_named(data), frame.columns)
    if unknown:
        raise DataError(*unknown)
    missing, numbers = spellings(data.missing), numbers_in(data.missing)
    findings = never_found(frame, data.replace)
    frame = replaced(frame, data.replace)
    convert = Convert(rows, decimal)
    series: list[pl.Series] = []
    looks: list[pl.Series] = []
    plains = [normal(frame[name], missing, numbers, strip=padded, respell=not delimited) for name in frame.columns]
    targets = targets_of(data, plains)
    for name, plain in zip(frame.columns, plains, strict=True):
        looks.append(plain.head(LOOK_EXAMPLES))
        forced = data.columns.get(name)
        errors = len(convert.errors)
        series.append(_one(plain, forced, convert, target=name in targets))
        if name in data.drop:
            del convert.errors[errors:]  # a column that is not used may hold anything
    if convert.errors:
        raise DataError(*convert.errors)
    kinds = tuple(_kinds(series, looks, data, convert.notes, targets))
    return Typed(pl.DataFrame(series), kinds, (*findings, *convert.findings), convert.formats)


def _kinds(
    series: list[pl.Series], looks: list[pl.Series], data: DataSpec, notes: dict[str, str], targets: Sequence[str]
) -> Iterator[Column]:
    for position, (values, look) in enumerate(zip(series, looks, strict=True)):
        yield column(
            values,
            data.columns.get(values.name),
            target=values.name in targets,
            ordering=values.name == data.time,
            first=position == 0,
            note=notes.get(values.name, ""),
            look=look,
        )


def _one(series: pl.Series, forced: Kind | None, convert: Convert, *, target: bool) -> pl.Series:
    """Return one column as its type; what cannot be is added to `convert.errors`."""
    if isinstance(series.dtype, NESTED):
        convert.errors.append(_nested(series))
        return series
    if forced in WORDS and series.dtype != pl.String:
        return as_words(series)
    if series.dtype == pl.String:
        series = convert.column(series, forced, target=target)
    elif forced in ("date", "boolean"):
        series = _other_type(series, forced, convert)
    if series.dtype.is_float():
        convert.errors.extend(_infinite(series, convert.rows))
    return _forced_numbers(series, forced, convert)


def _forced_numbers(series: pl.Series, forced: Kind | None, convert: Convert) -> pl.Series:
    """Return numbers as the forced kind wants them: whole where it says integer."""
    if forced == "numeric" and (series.dtype.is_integer() or series.dtype == pl.Boolean):
        return series.cast(pl.Float64)
    if forced != "integer" or series.dtype.is_integer():
        return series
    if series.dtype == pl.Boolean:
        return series.cast(pl.Int64)
    whole = series.cast(pl.Int64, strict=False)
    bad = (whole.cast(pl.Float64) != series).fill_null(False).arg_true().to_list()
    if bad:
        listed = ", ".join(f"{convert.rows.text(row)}: {series[row]}" for row in bad[:SHOWN])
        convert.errors.append(
            _not_forced(series.name, "integer", "whole numbers", listed, len(bad), convert.rows.place(bad[0]))
        )
    return whole


def _other_type(series: pl.Series, forced: Kind, convert: Convert) -> pl.Series:
    """Return numbers as dates or truth values, where a description forces that."""
    if forced == "boolean" and series.dtype != pl.Boolean:
        return convert.column(as_words(series), forced, target=False)
    if forced == "date" and not series.dtype.is_temporal():
        return convert.column(as_words(series), forced, target=False)
    return series


def _not_forced(name: str, forced: Kind, expected: str, listed: str, bad: int, where: Place) -> Diagnostic:
    more = f" and {bad - SHOWN:,} more" if bad > SHOWN else ""
    return problem(
        "F007",
        f"column `{name}` is forced to {forced}, but {count(bad, 'cell is', 'cells are')} not",
        where=where,
        expected=expected,
        received=listed + more,
        fix=paste("data", columns={name: "numeric"}),
    )


def _nested(series: pl.Series) -> Diagnostic:
    return problem(
        "F007",
        f"column `{series.name}` holds {str(series.dtype).split('(')[0].lower()} values",
        where=Place(key=f"data.columns.{series.name}"),
        expected="one number, date or word a cell",
        received=str(series.dtype),
        fix=f"unpack it into columns of its own, or leave it out: {paste('data', drop=[series.name])}",
    )


def _infinite(series: pl.Series, rows: Rows) -> list[Diagnostic]:
    found = series.is_infinite().fill_null(False)
    if not found.any():
        return []
    bad = found.arg_true().to_list()
    listed = ", ".join(f"{rows.text(row)}: {series[row]}" for row in bad[:SHOWN])
    more = f" and {len(bad) - SHOWN:,} more" if len(bad) > SHOWN else ""
    return [
        problem(
            "F007",
            f"column `{series.name}` has {count(len(bad), 'infinite value')}",
            where=rows.place(bad[0]),
            expected="finite numbers",
            received=listed + more,
            fix='if they stand for missing values: data: {missing: ["inf", "-inf"]}',
        )
    ]


def targets_of(data: DataSpec, columns: Sequence[pl.Series]) -> tuple[str, ...]:
    """Return the target columns: those named, or else the last column that has no other role and holds no texts."""
    taken = {*data.drop, data.group, data.time, data.weight, data.series}
    free = [column for column in columns if column.name not in taken]
    if data.target == ALL and all(column.name != ALL for column in columns):
        return tuple(column.name for column in free)
    if data.target != "auto":
        return (data.target,) if isinstance(data.target, str) else tuple(data.target)
    others = [column for column in free if data.columns.get(column.name) != "text"]
    last = next((column for column in reversed(others) if not reads_like_text(column)), None)
    return tuple(column.name for column in ([last] if last is not None else free[-1:]))


def check_spellings(frame: pl.DataFrame, data: DataSpec, parts: pl.Series, files: dict[int, str]) -> None:
    """Raise D112 where a validation or test file spells the classes of the target otherwise."""
    problems: list[Diagnostic] = []
    for name in targets_of(data, frame.get_columns()):
        if frame[name].dtype != pl.String:
            continue
        train = frame[name].filter(parts == 0)
        for part, file in files.items():
            found = other_spellings(frame[name].filter(parts == part), train, file) if part else None
            if found:
                problems.append(found)
    if problems:
        raise DataError(*_one_fix(problems))


def _one_fix(problems: list[Diagnostic]) -> list[Diagnostic]:
    return list({(found.message, found.received): found for found in problems}.values())


def _named(data: DataSpec) -> list[tuple[str, str]]:
    """Return (key of the description, column name) of every column that the description names."""
    target = [] if data.target == "auto" else [data.target] if isinstance(data.target, str) else data.target
    named = [("data.target", name) for name in target if name != ALL]
    named += [("data.drop", name) for name in data.drop]
    roles = ((f"data.{role}", getattr(data, role)) for role in ("group", "time", "weight", "series"))
    named += [(key, name) for key, name in roles if name is not None]
    named += [(f"data.columns.{name}", name) for name in data.columns]
    return named + [(f"data.replace.{name}", name) for name in data.replace]
