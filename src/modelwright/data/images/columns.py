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
from modelwright.data.images.folders import other_sizes, sizes_why
from modelwright.data.images.found import damaged, image_column, noticed, picture_options
from modelwright.data.images.sizes import decoding
from modelwright.data.images.store import Item, Stored, content_of, store
from modelwright.data.problems import fail, some
from modelwright.diagnostic import Place
from modelwright.spec.schema import DataSpec


@dataclass(frozen=True, slots=True)
class Taken:
    """The pictures of a column that was taken out of a table, and the rows of the table that have one."""

    name: str
    stored: Stored
    rows: np.ndarray
    names: Sequence[str]
    skip: bool

    def put(self, table: Table) -> Table:
        """Return the table with the column of pictures before the others."""
        array, reading = self.stored.array, table.reading
        numbers = pl.Series(self.name, self.rows.astype(np.int64))
        options = {**reading.options, **picture_options(array), "steps": list(self.stored.decoding.steps)}
        options["picture"] = self.name
        digest = hashlib.sha256(f"{reading.fingerprint}\n{self.stored.digest}".encode()).hexdigest()
        why = {**reading.why, **sizes_why(self.stored)}
        findings = damaged(self.stored.bad, self.names, self.skip, len(self.names)) + noticed(self.stored.notes, ())
        return replace(
            table,
            frame=table.frame.insert_column(0, numbers),
            columns=(image_column(self.name, array, len(self.rows)), *table.columns),
            reading=replace(reading, options=options, fingerprint=digest, why=why),
            findings=(*table.findings, *findings, *other_sizes(self.stored)),
            media={self.name: array},
            files=tuple(self.names[row] for row in self.rows),
        )


def take(
    name: str, found: Read, data: DataSpec, sources: Sequence[Source], transform: Sequence[str]
) -> tuple[Read, DataSpec, Taken]:
    """Take a column of pictures out of a table that was read, and decode it; rows without one go where they may."""
    items = picture_items(found.frame[name], _folders(found, sources))
    stored = store(items, decoding(transform))
    skip = data.on_error == "skip"
    names = [item.name for item in items]
    damaged(stored.bad, names, skip, len(items))
    rows = np.array([row for row in range(len(items)) if row not in stored.bad], dtype=np.int64)
    rest = found.frame.drop(name)
    if not rest.width:
        raise fail("F006", "the table has pictures, but no column of labels", expected="a column to predict")
    counts, start = list[int](), 0
    for count in found.rows:
        counts.append(int(((rows >= start) & (rows < start + count)).sum()))
        start += count
    forced = {column: kind for column, kind in data.columns.items() if column != name}
    read = replace(found, frame=rest[rows], rows=tuple(counts))
    return read, data.model_copy(update={"columns": forced}), Taken(name, stored, rows, names, skip)


def picture_items(column: pl.Series, folders: Sequence[tuple[Path, int]]) -> list[Item]:
    """Return what is to be decoded for each cell of a column; paths lie below the folder of their table.

    Raises DataError F001 for paths that leave it.
    """
    if isinstance(column.dtype, pl.Struct):
        column = column.struct.field("bytes")
    if column.dtype == pl.Binary:
        return [_from_bytes(row, cell) for row, cell in enumerate(column.to_list())]
    places = [folder for folder, count in folders for _ in range(count)]
    cells = [None if cell is None else str(cell).strip() for cell in column.to_list()]
    outside = [row for row, cell in enumerate(cells) if cell and _leaves(cell)]
    if outside:
        raise fail(
            "F001",
            f"{len(outside):,} paths of `{column.name}` leave the folder of the table",
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
    if cell is None:
        return Item(f"row {row + 1}", "", _empty)
    content: Callable[[], bytes] = lambda: cell  # noqa: E731 - as short as its use
    return Item(f"row {row + 1}", hashlib.sha256(cell).hexdigest(), content)


def _empty() -> bytes:
    raise FileNotFoundError(2, "the cell is empty")
