"""A table from wherever it is: files, a database, a frame → typed columns with kinds, and how they were read."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from modelwright.data.columns import Examples, Reading, Table
from modelwright.data.convert import Rows
from modelwright.data.delimited import Read, read_delimited
from modelwright.data.files import Source, archive_parts, fingerprint, resolve, whole_files
from modelwright.data.frames import fingerprint_of, to_polars
from modelwright.data.held_sequences import sequence_table
from modelwright.data.held_vectors import ROWS, vector_table
from modelwright.data.images.detect import picture_columns, pictures_named
from modelwright.data.images.found import IMAGE
from modelwright.data.newrows import read_rows
from modelwright.data.problems import fail
from modelwright.data.readers import DATABASES, read_database, read_typed, without_password
from modelwright.data.recognise import TEXT, format_of, promised
from modelwright.data.sequences import NAME
from modelwright.data.text_files import FORM, find_texts, read_texts
from modelwright.data.ts import read_ts
from modelwright.data.typed import WORDS, check_spellings, typed
from modelwright.data.write import write
from modelwright.spec.schema import DataSpec

__all__ = ["from_frame", "read", "read_rows", "write"]


def read(data: DataSpec, base: Path, transform: Sequence[str] = (), sides: Sequence[str] | None = None) -> Table:
    """Read the files of a description, paths relative to `base`, as one table.

    Pictures have a column of their own; `transform` begins with what gives them one size, where they have several.
    Where rows are made or compared and need no labels, `sides` are the columns that are compared: pictures may lie in
    one folder, and stand in several columns.

    Validation and test files become rows of the same table, told apart by `Table.parts`. Raises DataError with all
    problems found: F001 (not there), F002 (empty), F003 (ragged), F004 (encoding), F005-F008, D104, D112.
    """
    started = time.perf_counter()
    if given := pictures_named(data, base):
        from modelwright.data.images.read import read_pictures  # loads Pillow

        return read_pictures(given, data, transform, sides is None)
    if isinstance(data.path, str) and DATABASES.match(data.path):
        found = read_database(data.path, data)
        return _table(found, data, [], "sql", (without_password(data.path),), fingerprint_of(found.frame), started)
    texts = find_texts(data, base)
    sources = list(texts.sources) if texts is not None else resolve(data.path, base)
    for part, (key, path) in enumerate((("data.validation", data.validation), ("data.test", data.test)), 1):
        sources += resolve(path, base, key, part) if path is not None and texts is None else []
    sources = archive_parts(sources) if texts is None else sources
    with (
        whole_files(*(source.name for source in sources)),
        ThreadPoolExecutor(1) as pool,
    ):  # hashing needs no interpreter: it runs beside the parser
        form = FORM if texts is not None else format_of(sources)
        digest = pool.submit(fingerprint, sources)
        if form == "ts":
            return read_ts(sources, data, digest.result())
        found = read_texts(texts, data) if texts is not None else read_sources(sources, data, form)
        given = tuple(str(path) for path in (data.path, data.validation, data.test) if path is not None)
        paths = tuple(source.name for source in sources) if texts is None else given
        return _table(found, data, sources, form, paths, digest.result(), started, transform, sides)


def from_frame(
    frame: object, data: DataSpec, transform: Sequence[str] = (), sides: Sequence[str] | None = None
) -> Table:
    """Take rows that are in memory: a polars or pandas frame, a NumPy array, a dict of columns, pictures.

    >>> from_frame({"age": [39, 50], "job": ["clerk", "cook"]}, DataSpec()).names
    ['age', 'job']
    """
    started = time.perf_counter()
    parts = frame.parts if isinstance(frame, Examples) else None
    if isinstance(frame, Examples) and frame.media:
        return _with_parts(_of_media(frame, data, transform, sides), parts)
    rows = to_polars(frame.frame if isinstance(frame, Examples) else frame)
    if not rows.width or not rows.height:
        raise fail(
            "F002", "the frame has no rows", expected="at least one row and one column", received=f"shape {rows.shape}"
        )
    found = Read(rows, (rows.height,), {}, {"format": f"a {type(frame).__module__.split('.')[0]} object in memory"})
    return _with_parts(_table(found, data, [], "frame", (), fingerprint_of(rows), started, transform, sides), parts)


def _of_media(examples: Examples, data: DataSpec, transform: Sequence[str], sides: Sequence[str] | None) -> Table:
    """Return pictures, alone or beside other columns, sequences or rows of a file as a table."""
    if NAME in examples.media:
        return sequence_table(examples, data)
    if ROWS in examples.media:
        return vector_table(examples, data)
    from modelwright.data.images.memory import table_of  # loads Pillow
    from modelwright.data.images.several import table_of_several

    if set(examples.media) == {IMAGE} and not sides:
        return table_of(examples, data)
    started = time.perf_counter()

    def rest(found: Read, data: DataSpec) -> Table:
        return _table(found, data, [], "frame", (), fingerprint_of(found.frame), started, transform, sides)

    return table_of_several(examples, data, rest)


def _with_parts(table: Table, parts: np.ndarray | None) -> Table:
    """Return a table whose rows were given as training, validation and test rows; the fingerprint tells them apart."""
    if parts is None:
        return table
    digest = hashlib.sha256(table.reading.fingerprint.encode() + parts.tobytes()).hexdigest()
    return replace(table, parts=parts, reading=replace(table.reading, fingerprint=digest))


def read_sources(sources: Sequence[Source], data: DataSpec, form: str) -> Read:
    """Read files of one format as they stand, without kinds."""
    if form not in TEXT:
        return read_typed(sources, data, form)
    as_text = {name for name, kind in data.columns.items() if kind in (*WORDS, "date", "boolean")} | set(data.replace)
    return read_delimited(sources, data, as_text)


def _table(
    found: Read,
    data: DataSpec,
    sources: Sequence[Source],
    form: str,
    paths: tuple[str, ...],
    digest: str,
    started: float,
    transform: Sequence[str] = (),
    sides: Sequence[str] | None = None,
) -> Table:
    """Give the rows their types and kinds, and write down how they were read."""
    taken = None
    if pictures := picture_columns(found.frame, data, sides or ()):
        from modelwright.data.images.columns import take  # loads Pillow

        found, data, taken = take(pictures, found, data, sources, transform, sides is None)
    rows = Rows(tuple(source.name for source in sources), found.rows if sources else ())
    decimal = str(found.options.get("decimal", "."))
    padded = bool(found.options.get("padded", False))
    result = typed(found.frame, data, rows, decimal=decimal, padded=padded, delimited=form in TEXT)
    parts: np.ndarray | None = None
    if any(source.part for source in sources):
        parts = np.repeat(np.array([source.part for source in sources], dtype=np.int8), found.rows)
        check_spellings(result.frame, data, pl.Series(parts), {source.part: source.name for source in sources})
    options: dict[str, object] = {**found.options, "columns": list(result.frame.columns), "missing": list(data.missing)}
    options |= {"dates": result.formats, "replace": data.replace}
    why = found.why if form == FORM else {**found.why, **promised(sources, form)}
    reading = Reading(
        paths=paths, format=form, options=options, why=why, fingerprint=digest, seconds=time.perf_counter() - started
    )
    table = Table(frame=result.frame, columns=result.columns, reading=reading, parts=parts, findings=result.findings)
    return table if taken is None else taken.put(table)
