"""New rows for a trained model: read like the training rows, typed like them, and refused where they do not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from modelwright.data.convert import Convert, Rows
from modelwright.data.delimited import read_delimited
from modelwright.data.files import Source, resolve, whole_files
from modelwright.data.frames import to_polars
from modelwright.data.missing import numbers_in, spellings
from modelwright.data.normal import NESTED, as_words, normal
from modelwright.data.problems import count, near, problem, some
from modelwright.data.readers import DATABASES, read_database, read_typed
from modelwright.data.recognise import TEXT, format_of
from modelwright.data.sniff import Dialect
from modelwright.data.spellings import replaced
from modelwright.data.text_files import FORM, read_lines
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.plan.plan import DataPlan, InputPlan
from modelwright.spec.schema import DataSpec

WORDS = ("category", "text", "identifier")
NUMBERS = ("numeric", "integer")


def read_rows(source: object, plan: DataPlan, inputs: Sequence[InputPlan]) -> pl.DataFrame:
    """Read rows to predict from a path, `-`, a frame, an array or a dict, with the input columns typed as in training.

    Columns beside the inputs stay as they are; unseen categories are allowed. Raises DataError F009 for missing
    columns (with near misses) and for cells that cannot be read as their column's kind, with their rows.
    """
    options = plan.options
    data = DataSpec(missing=_strings(options.get("missing")), replace=options.get("replace") or {})
    if isinstance(source, str | Path):
        with whole_files(str(source)):
            frame, rows, padded, decimal = _from_path(str(source), plan, inputs, data)
    else:
        frame, rows, padded, decimal = to_polars(source), Rows(), False, "."
    frame = _named_as_trained(frame, options, inputs)
    absent = [column.name for column in inputs if column.name not in frame.columns]
    if absent:
        raise DataError(_absent(absent, [column.name for column in inputs], frame.columns, rows))
    frame = replaced(frame, data.replace)
    missing, numbers = spellings(data.missing), numbers_in(data.missing)
    convert = Convert(rows, decimal, formats=dict(options.get("dates") or {}))
    plain = [normal(series, missing, numbers, strip=padded, respell=True) for series in frame]
    kinds = {column.name: column for column in inputs}
    typed = [_as_trained(series, kinds[series.name], convert) if series.name in kinds else series for series in plain]
    if convert.errors:
        raise DataError(*(_refused(found) for found in convert.errors))
    return pl.DataFrame(typed)


def _from_path(
    path: str, plan: DataPlan, inputs: Sequence[InputPlan], data: DataSpec
) -> tuple[pl.DataFrame, Rows, bool, str]:
    if DATABASES.match(path):
        return read_database(path, data).frame, Rows(), False, "."
    sources: list[Source] = resolve(path, Path(), key="")
    if plan.format == FORM and len(sources) == 1 and sources[0].name.lower().endswith(".txt"):
        read = read_lines(sources[0])
        return read.frame, Rows((sources[0].name,), read.rows), False, "."
    form = format_of(sources)
    if form in TEXT:
        like = _dialect(plan.options) if plan.format in TEXT else None
        as_text = {column.name for column in inputs if column.kind not in NUMBERS}
        read = read_delimited(sources, data, as_text, like, empty=True)
    else:
        read = read_typed(sources, data, form, empty=True)
    rows = Rows(tuple(source.name for source in sources), read.rows)
    return read.frame, rows, bool(read.options.get("padded")), str(read.options.get("decimal", "."))


def _dialect(options: dict[str, Any]) -> Dialect:
    return Dialect(
        separator=str(options.get("separator", ",")),
        header=bool(options.get("header", True)),
        names=tuple(_strings(options.get("columns"))),
        decimal=str(options.get("decimal", ".")),
    )


def _strings(value: Any) -> list[str]:
    return [str(item) for item in value or []]


def _named_as_trained(frame: pl.DataFrame, options: dict[str, Any], inputs: Sequence[InputPlan]) -> pl.DataFrame:
    """Name the columns of rows without a header where the training file had none either, though one column is gone.

    polars counts them from 0 where it reads a file without a header, files that are read here count from 1.
    """
    trained = _strings(options.get("columns"))
    if not options.get("header", True) and "column_0" in frame.columns and "column_0" not in trained:
        counted = {name: int(name[7:]) for name in frame.columns if re.fullmatch(r"column_\d+", name)}
        frame = frame.rename({name: f"column_{number + 1}" for name, number in counted.items()})
    names = frame.columns
    if (
        options.get("header", True)
        or len(names) != len(trained) - 1
        or names != [f"column_{i + 1}" for i in range(len(names))]
    ):
        return frame
    wanted = {column.name for column in inputs}
    others = [name for name in trained if name not in wanted]
    if len(others) != 1 or others[0] == trained[-1]:
        return frame  # the target was last, or which column is gone cannot be told
    return frame.rename(dict(zip(names, (name for name in trained if name in wanted), strict=True)))


def _as_trained(series: pl.Series, column: InputPlan, convert: Convert) -> pl.Series:
    """Return one input column with the type of the training rows; what does not fit goes to `convert.errors`."""
    if isinstance(series.dtype, NESTED):
        return _wrong_type(series, column, convert)
    if column.kind in WORDS:
        return as_words(series)
    if series.dtype == pl.String:
        series = convert.column(series, "numeric" if column.kind in NUMBERS else column.kind, target=False)
        series = series.cast(pl.Float64) if series.dtype == pl.String and series.null_count() == len(series) else series
    if column.kind == "date":
        fits = series.dtype.is_temporal() or series.null_count() == len(series)
        return (
            series
            if fits and series.dtype.is_temporal()
            else series.cast(pl.Date)
            if fits
            else _wrong_type(series, column, convert)
        )
    if not (series.dtype.is_numeric() or series.dtype == pl.Boolean):
        return _wrong_type(series, column, convert) if not convert.errors else series
    if series.dtype.is_float() and (infinite := series.is_infinite().fill_null(False)).any():
        convert.errors.append(_infinite(series, infinite.arg_true().to_list(), convert.rows))
    return series


def _infinite(series: pl.Series, bad: list[int], rows: Rows) -> Diagnostic:
    return problem(
        "F009",
        f"column `{series.name}` has {count(len(bad), 'infinite value')}",
        where=rows.place(bad[0]),
        expected="finite numbers, or empty cells",
        received=some([rows.text(row) for row in bad], quote=""),
        fix="correct these cells, or leave them empty: missing values are allowed",
    )


def _wrong_type(series: pl.Series, column: InputPlan, convert: Convert) -> pl.Series:
    convert.errors.append(
        problem(
            "F009",
            f"column `{series.name}` holds values of another kind than in training",
            where=Place(key=series.name),
            expected=column.kind,
            received=str(series.dtype).lower(),
            fix="give the column as it was in training",
        )
    )
    return series


def _absent(absent: list[str], wanted: list[str], names: list[str], rows: Rows) -> Diagnostic:
    others = [name for name in names if name not in wanted]
    pairs = [(other, name) for name in absent if (other := near(name, others))]
    numbered = all(name.startswith("column_") for name in names)
    return problem(
        "F009",
        f"the new rows lack {count(len(absent), 'column')} that the model was trained with: {some(absent)}",
        where=Place(file=rows.files[0] if rows.files else None),
        expected=some(absent),
        received=some(names),
        known="the first line was not taken for a header" if numbered and not absent[0].startswith("column_") else "",
        fix="rename " + ", ".join(f"`{old}` to `{new}`" for old, new in pairs)
        if pairs
        else "add the columns; cells may be empty",
    )


def _refused(found: Diagnostic) -> Diagnostic:
    return replace(
        found,
        code="F009",
        help=found.help
        if found.code == "F009"
        else "correct these cells, or leave them empty: missing values are allowed",
    )
