"""Text for the terminal: lines of styled spans, facts in columns, widths as a terminal counts them."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TextIO, cast

Style = Literal["", "strong", "dim", "name", "good", "warn", "bad", "command"]
Span = tuple[Style, str]
Line = Sequence[Span]
Fact = tuple[str, str, str]
"""What it is, its value, and why or what that means."""

CODES: dict[Style, str] = {
    "strong": "1",
    "dim": "2",
    "name": "36",
    "good": "1;32",
    "warn": "1;33",
    "bad": "1;31",
    "command": "32",
}
WIDEST = 120
"""Columns beyond which lines are hard to read, however wide the terminal is."""
UNASKED = 100
"""Columns where there is no terminal to ask."""
NARROWEST = 40
VALUES = 46
"""Columns that values may take before the reason moves to a line of its own."""
REASONS = 30
"""Columns that a reason needs to stand beside its value."""
TAB = 4
PLAIN = {
    "×": "x",
    "→": "->",
    "…": "...",
    "·": "-",
    "–": "-",
    "≤": "<=",
    "≥": ">=",
    "±": "+-",
    "²": "2",
    "━": "-",
}


def width() -> int:
    """Return the columns to write in: the terminal's, or those that COLUMNS says."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((UNASKED, 24)).columns))


def show(lines: Iterable[Line], file: TextIO | None = None) -> None:
    """Print lines, in colour where a person looks and NO_COLOR is not set."""
    out = sys.stdout if file is None else file
    write = coloured if is_coloured(out) else plain
    text = "\n".join(write(line) for line in lines)
    if text:
        print(text, file=out, flush=True)


def is_coloured(file: TextIO) -> bool:
    """Return whether styles are shown: a terminal that knows them, and no NO_COLOR (https://no-color.org)."""
    return file.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def plain(line: Line) -> str:
    """Return a line without styles."""
    return "".join(clean(text) for _, text in line).rstrip()


def coloured(line: Line) -> str:
    """Return a line with the escapes of its styles."""
    parts = [(CODES.get(style), clean(text)) for style, text in line]
    return "".join(f"\x1b[{code}m{text}\x1b[0m" if code and text.strip() else text for code, text in parts).rstrip()


def show_json(value: Any) -> None:
    """Print one JSON object; letters outside ASCII as they are where the output can hold them."""
    print(json.dumps(value, ensure_ascii=not is_unicode(sys.stdout), allow_nan=False), flush=True)


def is_unicode(file: TextIO) -> bool:
    """Return whether a stream can hold every character."""
    return (file.encoding or "utf-8").lower().replace("-", "").startswith("utf")


def degrade_gracefully() -> None:
    """Let output that is not Unicode hold what it can: `×` becomes `x`, other characters become escapes."""
    codecs.register_error("modelwright", _replacement)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not is_unicode(stream):
            cast(Any, stream).reconfigure(errors="modelwright")


def _replacement(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    bad = error.object[error.start : error.end]
    known = "".join(PLAIN.get(each) or each.encode("ascii", "backslashreplace").decode() for each in bad)
    return known, error.end


def aligned(rows: Sequence[Sequence[str]], gap: int = 2, right: Sequence[int] = ()) -> list[str]:
    """Return rows of cells as lines with the cells under each other; the columns `right` end under each other.

    >>> aligned([["a", "bb"], ["ccc", "d"]])
    ['a    bb', 'ccc  d']
    >>> aligned([["a", "10"], ["b", "5"]], right=[1])
    ['a  10', 'b   5']
    """
    cells = [[clean(cell) for cell in row] for row in rows]
    widths = [max(display_width(cell) for cell in column) for column in zip(*cells, strict=True)]
    return [
        (" " * gap).join(pad(cell, w, i in right) for i, (cell, w) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in cells
    ]


def pad(text: str, columns: int, right: bool = False) -> str:
    """Return text filled with spaces to a width."""
    space = " " * max(0, columns - display_width(text))
    return space + text if right else text + space


def facts(rows: Sequence[Fact], values: int = VALUES) -> list[Line]:
    """Return facts in three columns: what, value, why; the reason goes below a value that leaves it no room."""
    keys = max([11, *(display_width(key) for key, _, _ in rows)])
    across = width()
    room = min(values, across - keys - 6 - REASONS)
    fitting = [display_width(value) for _, value, _ in rows if display_width(value) <= room]
    column = max(fitting, default=0)
    lines: list[Line] = []
    for key, value, why in rows:
        beside = display_width(value) <= column and room > 0
        first, *more = wrapped(value, across - keys - 4)
        line: list[Span] = [("name", f"  {pad(key, keys)}  "), ("", pad(first, column) if beside else first)]
        below = 4 + keys + (2 + column if beside and column else 0)
        reasons = wrapped(why, across - below) if why else []
        if beside and reasons:
            line.append(("dim", f"{'  ' if column else ''}{reasons.pop(0)}"))
        lines.append(line)
        lines.extend([("", " " * (4 + keys) + part)] for part in more)
        lines.extend([("dim", " " * below + part)] for part in reasons)
    return lines


def heading(name: str, text: str, dim: str = "") -> Line:
    """Return the line that a section begins with."""
    return [("strong", name), ("", f"  {text}"), ("dim", f"  {dim}" if dim else "")]


def wrapped(text: str, columns: int) -> list[str]:
    """Return text as lines of at most so many columns; at least one line. Paths and names are not broken."""
    return textwrap.wrap(text, max(columns, 16), break_long_words=False, break_on_hyphens=False) or [""]


def listed(names: Sequence[str], columns: int) -> str:
    """Return names on one line, the last ones counted where they do not fit.

    >>> listed(["age", "income", "education"], 20)
    'age, income, 1 more'
    """
    text = ", ".join(names)
    for shown in range(len(names) - 1, 0, -1):
        if display_width(text) <= columns:
            return text
        text = ", ".join((*names[:shown], f"{len(names) - shown:,} more"))
    return text


def shortened(text: str, columns: int = 40) -> str:
    """Return text cut off where it is longer than so many characters."""
    return text if len(text) <= columns else f"{text[: columns - 1]}…"


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count(1, "row"), count(2500, "row")
    ('1 row', '2,500 rows')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def scaled(number: float) -> str:
    """Return a large number with its SI prefix, three digits.

    >>> scaled(950), scaled(37_766), scaled(1.25e9)
    ('950', '37.8 k', '1.25 G')
    """
    for prefix in ("", " k", " M", " G"):
        if number < 999.5:
            return f"{number:.0f}" if not prefix else f"{number:.3g}{prefix}"
        number /= 1000
    return f"{number:,.3g} T"


def duration(seconds: float) -> str:
    """Return a time in the units that people say.

    >>> duration(0.04), duration(7.2), duration(80), duration(7500)
    ('0.0 s', '7.2 s', '1 min 20 s', '2 h 05 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def clean(value: str) -> str:
    r"""Return text that cannot steer a terminal: tabs as spaces, control and invisible characters as escapes.

    >>> print(clean("\x1b[31mred\tand\u202eblue"))
    \x1b[31mred    and\u202eblue
    """
    if value.isprintable():
        return value
    return "".join(_visible(character) for character in value)


def _visible(character: str) -> str:
    if character == "\t":
        return " " * TAB
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character.encode("unicode_escape").decode("ascii")
    return character


def display_width(value: str) -> int:
    """Return how many columns a terminal gives to a text: 2 for wide characters, 0 for combining ones.

    >>> display_width("abc"), display_width("温度"), display_width("é")
    (3, 4, 1)
    """
    return len(value) if value.isascii() else sum(_columns(character) for character in value)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
