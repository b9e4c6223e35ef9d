"""The sides of rows that a contrastive task compares: columns apart, stacked, or made of folders of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import numpy as np
import polars as pl

from modelwright.data.columns import Column, Table
from modelwright.data.images.found import LABEL
from modelwright.data.problems import problem
from modelwright.diagnostic import Place
from modelwright.errors import DataError

Sides = tuple[tuple[str, ...], ...]
TEXTS = ("text", "category", "identifier")
"""Kinds whose values are words: beside a column of texts they are texts as well."""


MOST_WORDS = 32
"""Different values up to which a column of several words each may be one of categories; those beyond are texts."""


def with_texts(table: Table, sides: Sides) -> Table:
    """Return the table with sides that are one column of sentences as texts, though many of them occur again."""
    alone = {side[0] for side in sides if len(side) == 1}
    columns = tuple(
        replace(column, kind="text", why=f"{column.why}; compared as texts: most values have several words")
        if column.name in alone and column.kind in ("category", "identifier") and _sentences(table, column)
        else column
        for column in table.columns
    )
    return replace(table, columns=columns)


def _sentences(table: Table, column: Column) -> bool:
    values = table.frame[column.name]
    if values.dtype != pl.String or column.unique <= MOST_WORDS:
        return False
    several = values.drop_nulls().str.strip_chars().str.contains(r"\s")
    return int(several.sum()) * 2 > len(several)


def columns_only(table: Table, names: Sequence[str]) -> Table:
    """Return the table with some of its columns, all rows."""
    columns = tuple(column for column in table.columns if column.name in names)
    media = {name: array for name, array in table.media.items() if name in names}
    return replace(table, columns=columns, frame=table.frame.select(list(names)), media=media)


def stacked(table: Table, sides: Sides) -> Table:
    """Return the sides one under another, under the names of the first: row n of side s is row s·N + n.

    >>> from modelwright.data.table import from_frame
    >>> from modelwright.spec.schema import DataSpec
    >>> table = from_frame({"a": [1.5, 2.5], "b": [3.5, 4.5]}, DataSpec())
    >>> stacked(table, (("a",), ("b",))).frame["a"].to_list()
    [1.5, 2.5, 3.5, 4.5]
    """
    columns = [_alike([table.column(side[at]) for side in sides]) for at in range(len(sides[0]))]
    frames: list[pl.DataFrame] = []
    media: dict[str, list[np.ndarray]] = {name: [] for name in sides[0] if name in table.media}
    for side in sides:
        frame = table.frame.select(pl.col(name).alias(first) for name, first in zip(side, sides[0], strict=True))
        for name, first in zip(side, sides[0], strict=True):
            if first in media:
                _require_like(name, first, table)
                frame = frame.with_columns(pl.col(first) + _place(media[first], table.media[name]))
        frames.append(_as_texts(frame, columns))
    return replace(
        table,
        frame=pl.concat(frames, how="vertical_relaxed"),
        columns=tuple(columns),
        media={name: arrays[0] if len(arrays) == 1 else np.concatenate(arrays) for name, arrays in media.items()},
        parts=None if table.parts is None else np.tile(table.parts, len(sides)),
        files=(),
    )


def _require_like(name: str, first: str, table: Table) -> None:
    """Raise DataError D111 where one network would see pictures of two shapes."""
    array, other = table.media[name], table.media[first]
    if array.shape[1:] == other.shape[1:]:
        return
    height, width = other.shape[2:4]
    arrays = "make the arrays alike, or leave `shared` out: each side then has a network of its own"
    files = f"transform: Resize(({height}, {width})); colours have to be equal in the files"
    raise DataError(
        problem(
            "D111",
            f"one network takes the pictures of `{first}` and `{name}`, and they are of different shapes",
            where=Place(key="contrastive"),
            expected=str(list(other.shape[1:])),
            received=str(list(array.shape[1:])),
            fix=arrays if table.reading.format == "frame" else files,
        )
    )


def _place(arrays: list[np.ndarray], array: np.ndarray) -> int:
    """Return where the rows of an array begin among those of several, to which it is added unless it is there."""
    before = 0
    for known in arrays:
        if known is array:
            return before
        before += len(known)
    arrays.append(array)
    return before


def _as_texts(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    words = [column.name for column in columns if column.kind == "text"]
    return frame.with_columns(pl.col(name).cast(pl.String) for name in words)


def _alike(columns: Sequence[Column]) -> Column:
    """Return what one network takes columns for; DataError F005 where they are of different kinds."""
    kinds = {column.kind for column in columns}
    first = columns[0]
    if len(kinds) == 1:
        return first
    if "text" in kinds and kinds <= set(TEXTS):
        return replace(first, kind="text", why="texts, as in the other columns")
    if kinds <= {"integer", "numeric"}:
        return replace(first, kind="numeric", why="numbers, as in the other columns")
    listed = ", ".join(f"`{column.name}` is {column.kind}" for column in columns)
    fix = "data: {columns: {" + ", ".join(f"{column.name}: {first.kind}" for column in columns[1:]) + "}}"
    message = f"one network takes these columns, and they are of different kinds: {listed}"
    raise DataError(problem("F005", message, where=Place(key="contrastive"), fix=fix))


def matched(table: Table, sides: Sides) -> Table:
    """Return a table of matching pictures where the sides name folders of pictures; the table as it is where not.

    Pictures match by their name in the folder, without suffix; those without a partner are left out, and told.
    """
    names = [side[0] for side in sides if len(side) == 1]
    if not names or LABEL not in table.names or len(names) < len(sides) or any(name in table.names for name in names):
        return table
    classes = table.frame[LABEL].cast(pl.String)
    if not set(names) <= set(classes.to_list()) or not table.files:
        return table
    media = next(iter(table.media))
    stems = [str(PurePath(file).with_suffix("")).partition(f"{name}/")[2] for file, name in zip(table.files, classes)]  # noqa: B905
    places = {
        name: {stems[row]: row for row in (classes == name).arg_true().to_list()} for name in dict.fromkeys(names)
    }
    common = [stem for stem in places[names[0]] if all(stem in places[name] for name in names)]
    if not common:
        message = f"no picture of `{names[0]}` has a partner of the same name in `{names[1]}`"
        raise DataError(problem("F006", message, where=Place(key="contrastive"), fix="name matching files alike"))
    numbers = table.frame[media].to_list()
    rows = {name: [places[name][stem] for stem in common] for name in names}
    picture = table.column(media)
    columns = tuple(
        replace(picture, name=name, count=len(common), unique=len(common), why=f"pictures of the folder `{name}`")
        for name in names
    )
    return replace(
        table,
        frame=pl.DataFrame({name: [numbers[row] for row in rows[name]] for name in names}),
        columns=columns,
        media=dict.fromkeys(names, table.media[media]),
        parts=None if table.parts is None else table.parts[rows[names[0]]],
        files=(),
    )
