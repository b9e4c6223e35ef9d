"""A column of a table that holds pictures: paths of files, or their bytes as Parquet files of data hubs have them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from modelwright.data.columns import Table
from modelwright.data.delimited import Read
from modelwright.data.files import Source
from modelwright.data.images.coded import coded_bytes
from modelwright.data.images.detect import holds_coded
from modelwright.data.images.folders import other_sizes, sizes_why
from modelwright.data.images.found import damaged, image_column, noticed, picture_options
from modelwright.data.images.sizes import decoding
from modelwright.data.images.store import Item, Stored, content_of, store
from modelwright.data.problems import fail, some
from modelwright.diagnostic import Place
from modelwright.spec.schema import DataSpec
from modelwright.text import count


@dataclass(frozen=True, slots=True)
class Taken:
    """The pictures of columns that were taken out of a table, by their names, and the rows of the table that have them.

    `names` are those of the pictures of each column.
    """

    stored: dict[str, Stored]
    rows: np.ndarray
    names: dict[str, list[str]]
    skip: bool

    def put(self, table: Table) -> Table:
        """Return the table with the columns of pictures before the others."""
        for name in reversed(self.stored):
            table = self._put(name, self.stored[name], table)
        return table

    def _put(self, name: str, stored: Stored, table: Table) -> Table:
        array, reading, files = stored.array, table.reading, self.names[name]
        numbers = pl.Series(name, self.rows.astype(np.int64))
        about = {**picture_options(array), "steps": list(stored.decoding.steps)}
        options = {**reading.options, **about, "picture": name}
        if len(self.stored) > 1:
            known = reading.options.get("pictures")
            options["pictures"] = {**(known if isinstance(known, dict) else {}), name: about}
        digest = hashlib.sha256(f"{reading.fingerprint}\n{stored.digest}".encode()).hexdigest()
        why = {**reading.why, **sizes_why(stored)}
        findings = damaged(stored.bad, files, self.skip, len(files)) + noticed(stored.notes, ())
        return replace(
            table,
            frame=pl.DataFrame([numbers, *table.frame]),
            columns=(image_column(name, array, len(self.rows)), *table.columns),
            reading=replace(reading, options=options, fingerprint=digest, why=why),
            findings=(*table.findings, *findings, *other_sizes(stored)),
            media={name: array, **table.media},
            files=tuple(files[row] for row in self.rows),
        )


def take(
    columns: Sequence[str],
    found: Read,
    data: DataSpec,
    sources: Sequence[Source],
    transform: Sequence[str],
    labels: bool = True,
) -> tuple[Read, DataSpec, Taken]:
    """Take columns of pictures out of a table that was read, and decode them; rows without one go where they may."""
    skip, height = data.on_error == "skip", found.frame.height
    stored, names, bad = dict[str, Stored](), dict[str, list[str]](), set[int]()
    for name in columns:
        items = picture_items(found.frame[name], _folders(found, sources))
        stored[name], names[name] = store(items, decoding(transform)), [item.name for item in items]
        damaged(stored[name].bad, names[name], skip, len(items))
        bad |= set(stored[name].bad)
    rows = np.array([row for row in range(height) if row not in bad], dtype=np.int64)
    rest = found.frame.drop(columns)
    if not rest.width and labels:
        raise fail("F006", "the table has pictures, but no column of labels", expected="a column to predict")
    counts, start = list[int](), 0
    for many in found.rows:
        counts.append(int(((rows >= start) & (rows < start + many)).sum()))
        start += many
    forced = {column: kind for column, kind in data.columns.items() if column not in columns}
    read = replace(found, frame=rest[rows] if rest.width else rest, rows=tuple(counts))
    return read, data.model_copy(update={"columns": forced}), Taken(stored, rows, names, skip)


def picture_items(column: pl.Series, folders: Sequence[tuple[Path, int]]) -> list[Item]:
    """Return what is to be decoded for each cell of a column; paths lie below the folder of their table.

    Raises DataError F001 for paths that leave it.
    """
    if isinstance(column.dtype, pl.Struct):
        column = column.struct.field("bytes")
    if column.dtype == pl.Binary:
        return [_from_bytes(row, cell) for row, cell in enumerate(column.to_list())]
    if holds_coded(column):
        return [_from_bytes(row, coded_bytes(cell) if cell else None) for row, cell in enumerate(column.to_list())]
    places = [folder for folder, rows in folders for _ in range(rows)]
    cells = [None if cell is None else str(cell).strip() for cell in column.to_list()]
    outside = [row for row, cell in enumerate(cells) if cell and _leaves(cell)]
    if outside:
        raise fail(
            "F001",
            f"{count(len(outside), 'path')} of `{column.name}` outside the folder of the table",
            where=Place(key=column.name, row=outside[0] + 1),
            expected="paths relative to the table, below its folder",
            received=some([cells[row] for row in outside]),
            fix="put the pictures beside the table, and name them from there",
        )
    return [_from_path(row, cell, places[row] if places else Path()) for row, cell in enumerate(cells)]


def _folders(found: Read, sources: Sequence[Source]) -> list[tuple[Path, int]]:
    """Return for each file of a table its folder and its rows; a frame in memory counts from the working folder."""
    if not sources:
        return [(Path(), found.frame.height)]
    folders = [source.path.parent if source.path is not None else Path() for source in sources]
    return list(zip(folders, found.rows, strict=True))


def _leaves(cell: str) -> bool:
    path = os.path.normpath(cell.replace("\\", "/"))
    return path.startswith(("/", "..")) or (len(path) > 1 and path[1] == ":")


def _from_path(row: int, cell: str | None, folder: Path) -> Item:
    if not cell:
        return Item(f"row {row + 1}", "", _empty)
    path = folder / cell.replace("\\", "/")
    try:
        stat = path.stat()
        mark = f"{stat.st_size} {stat.st_mtime_ns}"
    except OSError:
        mark = "absent"
    return Item(cell, mark, partial(content_of, str(path)))


def _from_bytes(row: int, cell: bytes | None) -> Item:
    if not cell:
        return Item(f"row {row + 1}", "", _empty)
    content: Callable[[], bytes] = lambda: cell  # noqa: E731 - as short as its use
    return Item(f"row {row + 1}", hashlib.sha256(cell).hexdigest(), content)


def _empty() -> bytes:
    raise FileNotFoundError(2, "the cell is empty")
