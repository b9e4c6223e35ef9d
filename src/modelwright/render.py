"""Findings as text for people and as JSON for programs. Plain text; colours only for a terminal, through rich."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from modelwright.diagnostic import SEVERITIES, Diagnostic, Place, by_severity
from modelwright.text import clean, display_width

if TYPE_CHECKING:
    from rich.text import Text

    from modelwright.checks.run import Receipt

Style = Literal["error", "warning", "note", "frame", "strong", "fix", ""]
Line = list[tuple[Style, str]]

WIDTH = 100
"""Columns that explanations are wrapped to; the line of the file and the fix never are."""
SHOWN = 110
"""Columns of a line of the file that are shown; of longer ones the surroundings of the place."""
COLOURS: dict[Style, str] = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold cyan",
    "frame": "bold blue",
    "strong": "bold",
    "fix": "green",
    "": "",
}
GUESS = re.compile(r"; (did you mean .*\?)$", re.DOTALL)


def text(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the findings, errors first, each with its place, the line of the file, and the fix; then a count.

    >>> print(text([Diagnostic(code="F002", severity="error", message="the file is empty", where=Place(file="a.csv"))]))
    error[F002]: the file is empty
      --> a.csv
    <BLANKLINE>
    1 error
    """
    return "\n".join("".join(part for _, part in line) for line in _page(diagnostics))


def rich_text(diagnostics: Iterable[Diagnostic]) -> Text:
    """Return the same with colours; no part of it is read as markup."""
    from rich.text import Text

    page = Text()
    for number, line in enumerate(_page(diagnostics)):
        page.append("\n" if number else "")
        for style, part in line:
            page.append(part, COLOURS[style])
    return page


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Return how many there are of each severity.

    >>> summary([])
    'no problems found'
    """
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    parts = [f"{counts[s]} {s}" if counts[s] == 1 else f"{counts[s]} {s}s" for s in SEVERITIES if counts[s]]
    return ", ".join(parts) or "no problems found"


def to_json(diagnostics: Iterable[Diagnostic], receipt: Receipt | None = None) -> dict[str, Any]:
    """Return the findings, their count by severity, and the receipt (what ran, what could not, what was ignored)."""
    found = by_severity(diagnostics)
    counts = Counter(diagnostic.severity for diagnostic in found)
    told: dict[str, Any] = {
        "diagnostics": [diagnostic.to_json() for diagnostic in found],
        "counts": {severity: counts[severity] for severity in SEVERITIES},
    }
    if receipt is not None:
        told["receipt"] = {name: value for name, value in receipt.to_json().items() if name != "diagnostics"}
    return told


def _page(diagnostics: Iterable[Diagnostic]) -> Iterator[Line]:
    found = by_severity(diagnostics)
    for diagnostic in found:
        yield from _finding(diagnostic)
        yield [("", "")]
    yield [("strong", summary(found))]


def _finding(diagnostic: Diagnostic) -> Iterator[Line]:
    message, label = _label(diagnostic)
    where = diagnostic.where
    gutter = len(str(where.line)) if where.line is not None and where.source is not None else 1
    severity: Style = diagnostic.severity
    yield [(severity, f"{severity}[{diagnostic.code}]"), ("strong", f": {clean(message)}")]
    if place := _place(where):
        yield [("frame", " " * (gutter + 1) + "--> "), ("", place)]
    if where.source is not None:
        yield from _excerpt(where, gutter, severity, label)
        label = ""
    received = "" if diagnostic.received == _meant(where) else diagnostic.received
    parts = (("help", label), ("expected", diagnostic.expected), ("received", received), ("known", diagnostic.known))
    for name, value in parts:
        yield from _part(gutter, name, _wrapped(name, value))
    yield from _part(gutter, "fix", diagnostic.help.splitlines(), "fix")


def _label(diagnostic: Diagnostic) -> tuple[str, str]:
    """Return the message without its guess, and the guess, which stands under the line of the file."""
    guess = GUESS.search(diagnostic.message)
    if guess is None:
        return diagnostic.message, ""
    return diagnostic.message[: guess.start()], guess.group(1)


def _place(where: Place) -> str:
    position = ":".join(str(part) for part in (where.file, where.line, where.column) if part is not None)
    if where.source is not None and where.line is None:
        position = "the command line"
    parts = [position] if position else []
    if where.row is not None:
        parts.append(f"row {where.row:,}")
    if where.key and where.line is None and where.source is None:
        parts.append(f"`{where.key}`")
    return clean(", ".join(parts))


def _meant(where: Place) -> str:
    if where.source is None or where.column is None:
        return ""
    return where.source[where.column - 1 : where.column - 1 + where.length]


def _excerpt(where: Place, gutter: int, severity: Style, label: str) -> Iterator[Line]:
    source, column, length = where.source or "", where.column, where.length
    before = clean(source[: column - 1] if column is not None else "")
    meant = clean(_meant(where))
    after = clean(source[column - 1 + length :] if column is not None else source)
    before, meant, after = _cropped(before, meant, after)
    bar: Line = [("frame", " " * (gutter + 2) + "|")]
    yield bar
    yield [("frame", f" {where.line or '':>{gutter}} |"), ("", f" {before}{meant}{after}".rstrip())]
    if column is not None:
        marks = " " * (display_width(before) + 1) + "^" * max(1, display_width(meant))
        yield [*bar, (severity, f"{marks} {clean(label)}".rstrip())]
    elif label:
        yield [*bar, (severity, f" {clean(label)}")]


def _cropped(before: str, meant: str, after: str) -> tuple[str, str, str]:
    if display_width(before + meant + after) <= SHOWN:
        return before, meant, after
    room = SHOWN // 3
    before = before if len(before) <= room else "…" + before[-room:]
    meant = meant if len(meant) <= room else meant[:room]
    return before, meant, after if len(after) <= room else after[:room] + "…"


def _wrapped(name: str, value: str) -> Sequence[str]:
    width = WIDTH - len(name)
    return [
        part
        for line in value.splitlines()
        for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
    ]


def _part(gutter: int, name: str, lines: Sequence[str], style: Style = "") -> Iterator[Line]:
    margin = " " * (gutter + 2)
    for number, line in enumerate(lines):
        head = f"{margin}= {name}: " if number == 0 else margin + " " * (len(name) + 4)
        yield [("frame", head), (style, clean(line))]
