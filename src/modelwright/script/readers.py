"""polars' readers as they are called in a script, each as source and as a function that reads the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from modelwright.data.files import Source as File
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.script.code import Group, Item, call, flat, literal, text
from modelwright.script.columns import NUMBERS
from modelwright.script.section import Source

TEXT = ("csv", "tsv")


@dataclass(frozen=True, slots=True)
class Reader:
    """One of polars' readers: how it is called with a path, as source and as a function; what it imports."""

    call: Callable[[str], Item]
    read: Callable[[Path], pl.DataFrame]
    imports: tuple[str, ...] = ()


def without_blank(reader: Reader) -> Reader:
    """Return a reader that leaves out rows without a value, which polars makes of blank lines."""

    def called(path: str) -> Item:
        made = reader.call(path)
        assert isinstance(made, Group)
        return Group(made.head, made.items, f"{made.tail}.filter(~pl.all_horizontal(pl.all().is_null()))", made.notes)

    def read(path: Path) -> pl.DataFrame:
        return reader.read(path).filter(~pl.all_horizontal(pl.all().is_null()))

    return Reader(called, read, reader.imports)


def brief(missing: list[str], source: Source) -> bool:
    """Whether spellings of a missing value need no name of their own."""
    return len(flat(literal(missing))) <= 12 and not source.plan.data.options.get("padded")


def is_text(source: Source) -> bool:
    """Whether the rows come from delimited text."""
    return source.plan.data.format in TEXT and source.request.frame is None


def impossible(source: Source, reason: str, fix: str) -> RunError:
    """Return the error for rows that a script cannot have."""
    return RunError(
        Diagnostic(
            code="R010",
            severity="error",
            message=f"a script that gives the same rows cannot be written: {reason}",
            where=Place(file=", ".join(source.plan.data.paths) or None, key="data.path"),
            help=fix,
        )
    )


def reader_for(source: Source, files: Sequence[File], types: Mapping[str, pl.DataType], missing: list[str]) -> Reader:
    form = source.plan.data.format if source.request.frame is None else "parquet"
    if form in TEXT:
        return delimited(source, types, missing)
    if form == "parquet":
        return Reader(lambda path: call("pl.read_parquet", [path]), pl.read_parquet)
    if form == "arrow":
        stream = files[0].head(6) != b"ARROW1"
        name, read = ("pl.read_ipc_stream", pl.read_ipc_stream) if stream else ("pl.read_ipc", pl.read_ipc)
        return Reader(lambda path: call(name, [path]), read)
    if form == "jsonl":
        listed = files[0].head(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
        name, read = ("pl.read_json", pl.read_json) if listed else ("pl.read_ndjson", pl.read_ndjson)
        more: dict[str, Item] = {"infer_schema_length": "None"}
        return Reader(lambda path: call(name, [path], more), lambda path: read(path, infer_schema_length=None))
    if form == "excel":
        return _excel(source)
    return _database(source)


def delimited(source: Source, types: Mapping[str, pl.DataType], missing: list[str]) -> Reader:
    """Return `pl.read_csv` with the arguments that are not as its defaults."""
    options = source.plan.data.options
    given: dict[str, Any] = {}
    code: dict[str, Item] = {}
    if not options.get("header", True):
        given["has_header"], code["has_header"] = False, "False"
    if options.get("separator", ",") != ",":
        separator = str(options["separator"]) or "\x01"
        given["separator"], code["separator"] = separator, text(separator)
    if not options.get("quote", True):
        given["quote_char"], code["quote_char"] = None, "None"
    if options.get("encoding", "utf-8") not in ("utf-8", "utf-8-sig", "utf8"):
        given["encoding"], code["encoding"] = options["encoding"], text(str(options["encoding"]))
    if options.get("decimal", ".") == "," and any(dtype in NUMBERS for dtype in types.values()):
        given["decimal_comma"], code["decimal_comma"] = True, "True"
    if not options.get("header", True):  # versions of polars count such columns from 0 or from 1
        given["new_columns"] = [str(name) for name in options["columns"]]
        code["new_columns"] = literal(given["new_columns"])
    if options.get("padded"):
        return _padded(given, code)
    if types:
        given |= {"schema_overrides": dict(types)} | ({} if "new_columns" in given else {"columns": list(types)})
        code |= {"schema_overrides": "COLUMNS"} | ({} if "new_columns" in given else {"columns": "list(COLUMNS)"})
    if missing:
        given["null_values"], code["null_values"] = missing, literal(missing) if brief(missing, source) else "MISSING"
    return Reader(lambda path: call("pl.read_csv", [path], code), lambda path: pl.read_csv(path, **given))


def _padded(given: dict[str, Any], code: dict[str, Item]) -> Reader:
    """Return the reader of a file with white space round its cells: all of it as text, names without that space."""
    given, code = given | {"infer_schema": False}, code | {"infer_schema": "False"}
    if "new_columns" in given:
        return Reader(lambda path: call("pl.read_csv", [path], code), lambda path: pl.read_csv(path, **given))

    def called(path: str) -> Item:
        made = call("pl.read_csv", [path], code)
        return Group(made.head, made.items, ").rename(str.strip)")

    return Reader(called, lambda path: pl.read_csv(path, **given).rename(str.strip))


def _excel(source: Source) -> Reader:
    data = source.spec.data
    given: dict[str, Any] = {"engine": "calamine", "infer_schema_length": None}
    given |= {"sheet_name": data.sheet} if data.sheet else {"sheet_id": 1}
    given |= {"has_header": False} if data.header is False else {}
    code = {name: literal(value) for name, value in given.items()}
    return Reader(lambda path: call("pl.read_excel", [path], code), lambda path: pl.read_excel(path, **given))


def _database(source: Source) -> Reader:
    query = source.spec.data.query
    if query is None or source.plan.data.format != "sql":
        raise impossible(source, "its data come from a database without a query", "name one: data.query")
    from sqlite3 import connect

    def read(path: Path) -> pl.DataFrame:
        return pl.read_database(query, connect(path), infer_schema_length=None)

    return Reader(
        lambda path: call(
            "pl.read_database", [text(query), f"sqlite3.connect({path})"], {"infer_schema_length": "None"}
        ),
        read,
        ("import sqlite3",),
    )
