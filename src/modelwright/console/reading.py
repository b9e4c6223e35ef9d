"""What was read: rows, columns, how the file was understood, and the columns by kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelwright.data.columns import Column, Table
from modelwright.text import Fact, Line, count, facts, heading, listed, shortened, width

READING = ("format", "encoding", "separator", "header", "quote")
"""What is said of reading a file, in this order; further options only where they were chosen with a reason."""


def read_lines(table: Table) -> list[Line]:
    """Say what was read: rows, columns, how the file was understood, and the columns by kind."""
    reading = table.reading
    names = [path.rpartition("/")[2] or path for path in reading.paths] or ["the data given"]
    size = f"{count(len(table.frame), 'row')} × {count(len(table.columns), 'column')}"
    return [heading("data", f"{listed(names, 60)}: {size}"), *facts([*_reading(table), *_kinds(table.columns)])]


def _reading(table: Table) -> Iterator[Fact]:
    options = {"format": table.reading.format, **table.reading.options}
    why = table.reading.why
    for name in (*(name for name in READING if name in why), *(name for name in why if name not in READING)):
        yield name.replace("_", " "), _option(options.get(name)), why[name]


def _option(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "" if value is None else "yes" if value else "no"
    names = {"\t": "tab", " ": "space"}
    return names.get(value, value) if isinstance(value, str) else shortened(str(value))


def _kinds(columns: Sequence[Column]) -> list[Fact]:
    by_kind: dict[str, list[str]] = {}
    for column in columns:
        by_kind.setdefault(column.kind, []).append(column.name)
    return [(kind, f"{len(names):,}", listed(names, 2 * (width() - 30))) for kind, names in by_kind.items()]
