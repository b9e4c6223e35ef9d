"""Lines that do not have as many cells as the table has columns: all of them, with their numbers."""

from __future__ import annotations

import csv

from modelwright.data.blocks import numbered_records
from modelwright.data.files import Source
from modelwright.data.problems import SHOWN, count, fail
from modelwright.data.sniff import NAMES, Dialect
from modelwright.diagnostic import Place
from modelwright.errors import DataError


def ragged(source: Source, dialect: Dialect) -> DataError | None:
    """Return the error F003 that lists the lines of a wrong length, None where there is none."""
    expected = len(dialect.names)
    wrong: list[tuple[int, int]] = []
    try:
        for line, record in numbered_records(source, dialect):
            if len(record) != expected and not _tolerated(line, record, expected, dialect):
                wrong.append((line, len(record)))
    except csv.Error as error:
        return fail("F003", f"`{source.name}` cannot be read: {error}", where=Place(file=source.name))
    if not wrong:
        return None
    listed = ", ".join(f"line {line}: {count(cells, 'cell')}" for line, cells in wrong[:SHOWN])
    more = f" and {count(len(wrong) - SHOWN, 'more line')}" if len(wrong) > SHOWN else ""
    verb = "does" if len(wrong) == 1 else "do"
    separator = NAMES.get(dialect.separator, dialect.separator)
    return fail(
        "F003",
        f"{count(len(wrong), 'line')} of `{source.name}` {verb} not have {expected} cells",
        where=Place(file=source.name, line=wrong[0][0]),
        expected=f"{expected} cells, with a {separator} between them",
        received=listed + more,
        known="a cell that holds the separator must stand in double quotes",
        fix="correct or remove these lines; if cells are quoted otherwise, write them with double quotes",
    )


def _tolerated(line: int, record: list[str], expected: int, dialect: Dialect) -> bool:
    first = dialect.header and line == 1
    return (first and len(record) + 1 == expected) or (dialect.trailing and len(record) == expected + 1)


def open_quote(source: Source, dialect: Dialect) -> DataError:
    """Return the error F003 for a quote that is never closed, with the line that it stands in."""
    last = 1
    for line, _ in numbered_records(source, dialect):
        last = line
    return fail(
        "F003",
        f"a double quote is opened and never closed in `{source.name}`",
        where=Place(file=source.name, line=last),
        expected="each quoted cell ends in a double quote",
        received="the end of the file",
        fix="close the quote, or write a quote inside a quoted cell twice",
    )
