"""The typed formats: Parquet, Arrow, JSON lines, Excel and SQL databases."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from modelwright.data.delimited import Read
from modelwright.data.files import Source
from modelwright.data.formats import TOLD
from modelwright.data.problems import SHOWN, count, fail, some
from modelwright.data.schemas import same_names
from modelwright.diagnostic import Place
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec
from modelwright.spec.write import paste

DATABASES = re.compile(
    r"(postgres|postgresql|mysql|mariadb|mssql|oracle|redshift|snowflake|bigquery|duckdb|sqlite)(\+\w+)?://"
)
PASSWORD = re.compile(r"(?<=://)([^:/@]+):[^@]*@")
CALAMINE = "fastexcel"


def read_typed(sources: Sequence[Source], data: DataSpec, form: str, *, empty: bool = False) -> Read:
    """Read files of one typed format one under the other; columns are matched by name. `empty`: rows may be none."""
    reader = READERS[form]
    frames = [_read(reader, source, data, form) for source in sources]
    same_names([(source.name, frame.columns) for source, frame in zip(sources, frames, strict=True)])
    for source, frame in zip(sources, frames, strict=True):
        if not frame.width or not (frame.height or empty):
            raise fail(
                "F002", f"`{source.name}` holds no rows", where=Place(file=source.name), expected="at least one row"
            )
    names = frames[0].columns
    try:
        joined = pl.concat([frame.select(names) for frame in frames], how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        raise fail(
            "F006",
            "the files hold different kinds in one column",
            received=str(error).splitlines()[0],
            fix="write them alike",
        ) from error
    why = {"format": f"each file is {TOLD.get(form, form)}"}
    return Read(joined, tuple(frame.height for frame in frames), {}, why)


def _read(
    reader: Callable[[Source, DataSpec], pl.DataFrame], source: Source, data: DataSpec, form: str
) -> pl.DataFrame:
    try:
        return reader(source, data)
    except (pl.exceptions.PolarsError, OSError, EOFError, ValueError, OverflowError) as error:
        raise fail(
            "F004",
            f"`{source.name}` cannot be read as {form}",
            where=Place(file=source.name),
            received=(str(error).splitlines() or [type(error).__name__])[0],
            fix="the file is damaged or incomplete: write or fetch it again",
        ) from error


def _parquet(source: Source, data: DataSpec) -> pl.DataFrame:
    with source.open() as file:
        return pl.read_parquet(file)


def _arrow(source: Source, data: DataSpec) -> pl.DataFrame:
    with source.open() as file:
        if source.head(6) == b"ARROW1":
            return pl.read_ipc(file)
        return pl.read_ipc_stream(file)


def _jsonl(source: Source, data: DataSpec) -> pl.DataFrame:
    with source.open() as file:
        content = file.read().removeprefix(b"\xef\xbb\xbf").strip()
    if not content:
        raise fail(
            "F002", f"`{source.name}` is empty", where=Place(file=source.name), expected="one JSON object a line"
        )
    try:
        if content.startswith(b"["):
            return pl.read_json(content, infer_schema_length=None)
        return pl.read_ndjson(content, infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise _json_error(content, source.name) or error from error


def _json_error(content: bytes, name: str) -> DataError | None:
    """Find the lines that are no JSON object."""
    if content.startswith(b"["):
        return None
    wrong: list[tuple[int, str]] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value: object = json.loads(line)
        except ValueError as error:
            wrong.append((number, _said(error)))
        else:
            if not isinstance(value, dict):
                wrong.append((number, "not an object"))
    if not wrong:
        return None
    return fail(
        "F003",
        f"{count(len(wrong), 'line')} of `{name}` {'is' if len(wrong) == 1 else 'are'} no JSON object",
        where=Place(file=name, line=wrong[0][0]),
        expected='one object a line: {"age": 39, "job": "clerk"}',
        received="; ".join(f"line {line}: {why}" for line, why in wrong[:SHOWN]),
        fix="correct or remove these lines",
    )


def _said(error: ValueError) -> str:
    """What json says, with the place counted within the line."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    return f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.colno}"


def _excel(source: Source, data: DataSpec) -> pl.DataFrame:
    try:
        import fastexcel  # only here: an optional package
    except ImportError as error:
        raise fail(
            "F008",
            f"`{source.name}` is an Excel workbook, and the package that reads those is not installed",
            where=Place(file=source.name),
            fix="pip install 'modelwright[excel]'",
        ) from error
    with source.open() as file:
        content = file.read()
    sheets = fastexcel.read_excel(content).sheet_names
    if data.sheet is not None and data.sheet not in sheets:
        raise fail(
            "F006",
            f"`{source.name}` has no sheet `{data.sheet}`",
            where=Place(key="data.sheet"),
            expected=f"one of {some(sheets)}",
            fix=paste("data", sheet=sheets[0]),
        )
    return pl.read_excel(
        content,
        sheet_name=data.sheet or sheets[0],
        engine="calamine",
        has_header=data.header is not False,
        infer_schema_length=None,
    )


def _sql(source: Source, data: DataSpec) -> pl.DataFrame:
    if source.path is None:
        raise fail("F008", f"`{source.name}`: a database must lie on a disk", where=Place(file=source.name))
    try:
        with closing(sqlite3.connect(f"file:{quote(str(source.path.resolve()))}?mode=ro", uri=True)) as connection:
            cursor = connection.execute(data.query or _only_table(connection, source.name))
            if cursor.description is None:
                raise fail("F008", "the query returns no rows", where=Place(key="data.query"), expected="a SELECT")
            names = [str(column[0]) for column in cursor.description]
            rows = cursor.fetchall()
    except sqlite3.Error as error:
        if not source.path.exists():
            raise fail(
                "F001",
                f"there is no database `{source.name}`",
                where=Place(file=source.name),
                expected="an SQLite file",
                fix="check the path",
            ) from error
        raise fail(
            "F008",
            f"the database says: {error}",
            where=Place(key="data.query", file=source.name),
            expected="an SQLite file and a query that it can answer",
            received=data.query or "",
            fix="correct the query, or fetch the file again; it is opened for reading only",
        ) from error
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pl.DataFrame([_series(name, list(values)) for name, values in zip(names, columns, strict=True)])


def _series(name: str, values: list[Any]) -> pl.Series:
    """Return a column of a database, which may hold values of any type in one column."""
    if any(isinstance(value, str) for value in values):
        return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
    if any(isinstance(value, float) for value in values):
        return pl.Series(name, [None if value is None else float(value) for value in values], dtype=pl.Float64)
    return pl.Series(name, values)


def _only_table(connection: sqlite3.Connection, name: str) -> str:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    )
    tables = sorted(str(row[0]) for row in found)
    if len(tables) == 1:
        return f'SELECT * FROM "{tables[0].replace(chr(34), chr(34) * 2)}"'
    raise fail(
        "F008",
        f"the database `{name}` holds {count(len(tables), 'table')}",
        where=Place(key="data.query"),
        expected="a query that says which rows",
        known=f"tables: {some(tables)}" if tables else "",
        fix=f'data: {{query: "SELECT * FROM {tables[0]}"}}' if tables else "name another database",
    )


def read_database(url: str, data: DataSpec) -> Read:
    """Read the rows of a query from a database server, through a driver that polars knows."""
    shown = without_password(url)
    if url.startswith("sqlite://"):
        path = Path(url.removeprefix("sqlite://").removeprefix("/"))
        return read_typed([Source(str(path), path)], data, "sql")
    if data.query is None:
        raise fail(
            "F008",
            f"`{shown}` is a database",
            where=Place(key="data.query"),
            fix='data: {query: "SELECT * FROM table"}',
        )
    try:
        frame = pl.read_database_uri(data.query, url)
    except ImportError as error:
        raise fail(
            "F008",
            f"`{shown}` needs a package that talks to databases",
            where=Place(key="data.path"),
            received=str(error).splitlines()[0],
            fix="pip install connectorx",
        ) from error
    except (pl.exceptions.PolarsError, RuntimeError, ValueError) as error:
        text = without_password(str(error).splitlines()[0])
        raise fail(
            "F008", f"`{shown}` does not answer: {text}", where=Place(key="data.path"), fix="check address and query"
        ) from error
    return Read(frame, (frame.height,), {}, {"format": "rows of a database"})


def without_password(url: str) -> str:
    """Return an address as it may be shown and stored.

    >>> without_password("postgresql://ada:secret@host/db")
    'postgresql://ada:***@host/db'
    """
    return PASSWORD.sub(r"\1:***@", url)


READERS: dict[str, Callable[[Source, DataSpec], pl.DataFrame]] = {
    "parquet": _parquet,
    "arrow": _arrow,
    "jsonl": _jsonl,
    "excel": _excel,
    "sql": _sql,
}
