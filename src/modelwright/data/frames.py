"""Frames and arrays that a caller holds already: polars, pandas, NumPy, a dict of columns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard, cast

import numpy as np
import polars as pl

from modelwright.data.problems import count, fail

SLICE = 100_000  # rows hashed at once


def to_polars(frame: object) -> pl.DataFrame:
    """Return rows as a polars frame: polars (lazy too), pandas, NumPy (2-D or structured), a dict, a list of dicts or
    of texts (then the column `text`).

    The index of a pandas frame becomes a column where it has a name; without one it only counts rows and is left out.
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, np.ndarray):
        return _array(frame)
    if isinstance(frame, Mapping):
        return _mapping(cast("Mapping[object, Any]", frame))
    if is_texts(frame):
        return pl.DataFrame({"text": list(frame)}, schema={"text": pl.String})
    if isinstance(frame, Sequence) and not isinstance(frame, str | bytes) and frame and isinstance(frame[0], Mapping):
        return pl.DataFrame(cast("Sequence[dict[str, Any]]", frame), infer_schema_length=None, strict=False)
    if type(frame).__module__.split(".")[0] == "pandas" and hasattr(frame, "reset_index"):
        return _pandas(frame)
    raise fail(
        "F008",
        f"rows of type `{type(frame).__name__}` cannot be read",
        expected="a path, a polars or pandas frame, a NumPy array, a dict of columns, a list of texts",
        received=type(frame).__name__,
        fix="polars.DataFrame(…)",
    )


def is_texts(rows: object) -> TypeGuard[Sequence[str | None]]:
    """Tell whether rows are a list of texts, one a row."""
    return isinstance(rows, list | tuple) and bool(rows) and all(isinstance(row, str | None) for row in rows)


def with_answers(source: object, y: object, targets: Sequence[str]) -> tuple[pl.DataFrame, list[str] | None]:
    """Return `source` as a frame with `y` as further columns, and the names of these; None where there is no `y`.

    The columns are called as `targets` says, or as `y` is, or else `target` (`target_1`, … where there are several).
    """
    frame = to_polars(source)
    if y is None:
        return frame, None
    answers = answer_columns(y)
    several = [f"target_{number}" for number in range(1, len(answers) + 1)]
    own = [series.name for series in answers]
    names = list(targets) or (own if all(own) else several if len(answers) > 1 else ["target"])
    doubled = [name for name in names if name in frame.columns]
    if doubled:
        raise fail("F005", f"`y` is called `{doubled[0]}`, as a column of the inputs is", fix='target="another name"')
    rows = len(answers[0]) if answers else 0
    if len(names) != len(answers) or rows != frame.height:
        raise fail(
            "F008",
            "`y` does not fit the inputs",
            expected=f"{count(frame.height, 'row')}, {count(len(names), 'column')}",
            received=f"{count(rows, 'row')}, {count(len(answers), 'column')}",
            fix="one row of `y` for each row of the inputs",
        )
    return frame.with_columns(series.alias(name) for series, name in zip(answers, names, strict=True)), names


def answer_columns(y: object) -> list[pl.Series]:
    """Return the columns of `y`, without a name where it has none."""
    if isinstance(y, pl.Series):
        return [y]
    if type(y).__module__.split(".")[0] == "pandas" and not hasattr(y, "columns"):
        return [_pandas_series(str(getattr(y, "name", None) or ""), y)]
    if isinstance(y, np.ndarray) and y.ndim == 2 and not y.dtype.names:
        return [series.alias("") for series in _array(y)]
    if isinstance(y, np.ndarray | list | tuple):
        return [_series("", y)]
    return to_polars(y).get_columns()


def _array(array: np.ndarray) -> pl.DataFrame:
    if array.dtype.names:
        return pl.DataFrame({name: np.ascontiguousarray(array[name]) for name in array.dtype.names})
    if array.ndim != 2:
        raise fail(
            "F008",
            f"an array of {array.ndim} dimensions is no table",
            expected="an array [rows, columns], or a structured one",
            received=f"shape {array.shape}",
            fix="X.reshape(len(X), -1)",
        )
    names = [f"column_{number}" for number in range(1, array.shape[1] + 1)]
    if array.dtype == object:
        return _mapping({name: array[:, i].tolist() for i, name in enumerate(names)})
    return pl.DataFrame({name: np.ascontiguousarray(array[:, i]) for i, name in enumerate(names)})


def _mapping(columns: Mapping[object, Any]) -> pl.DataFrame:
    """Return a dict of columns, or of one row's values, as a frame."""
    one_row = all(isinstance(value, str | int | float | bool | type(None)) for value in columns.values())
    lists = {str(name): [value] if one_row else value for name, value in columns.items()}
    return pl.DataFrame([_series(name, value) for name, value in lists.items()])


def _series(name: str, values: Any) -> pl.Series:
    if isinstance(values, np.ndarray | pl.Series) and values.dtype != object:
        return pl.Series(name, values)
    plain = [None if isinstance(value, float) and value != value else value for value in values]
    if any(isinstance(value, str) for value in plain):
        return pl.Series(name, [None if value is None else str(value) for value in plain], dtype=pl.String)
    return pl.Series(name, plain, strict=False)


def _pandas(frame: Any) -> pl.DataFrame:
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise fail(
            "F005", f"two columns have the same name: `{doubled[0]}`", expected="each name once", fix="rename one"
        )
    return pl.DataFrame([_pandas_series(name, frame.iloc[:, i]) for i, name in enumerate(names)])


def _pandas_series(name: str, series: Any) -> pl.Series:
    """Return a pandas column without pyarrow, which need not be there."""
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biufM":
        return pl.Series(name, series.to_numpy(), nan_to_null=dtype.kind == "f")
    zone: object = getattr(dtype, "tz", None)
    if zone is not None:
        utc = pl.Series(name, series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
        return utc.dt.cast_time_unit("us").dt.replace_time_zone("UTC").dt.convert_time_zone(str(zone))
    present = zip(series.tolist(), series.isna(), strict=True)
    return _series(name, [None if missing else value for value, missing in present])


def fingerprint_of(frame: pl.DataFrame) -> str:
    """Return a SHA-256 over names, types and values of a frame, however it is chunked."""
    digest = hashlib.sha256()
    for series in frame:
        digest.update(f"{series.name}\0{series.dtype}\0{len(series)}\0".encode())
        for start in range(0, len(series), SLICE):
            digest.update(_content(series.slice(start, SLICE)))
    return digest.hexdigest()


def _content(series: pl.Series) -> bytes:
    if series.dtype.is_nested() or isinstance(series.dtype, pl.Object | pl.Binary | pl.Null):
        return repr(series.to_list()).encode()
    nulls = series.is_null().to_numpy().tobytes() if series.null_count() else b""
    if isinstance(series.dtype, pl.String | pl.Categorical | pl.Enum | pl.Decimal):
        text = series.cast(pl.String).fill_null("")
        return nulls + text.str.len_bytes().to_numpy().tobytes() + "".join(text.to_list()).encode()
    physical = series.to_physical()
    zero = False if physical.dtype == pl.Boolean else 0
    return nulls + physical.fill_null(zero).to_numpy().tobytes()
