"""What YAML's own errors mean for somebody who writes a description."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from modelwright.diagnostic import Diagnostic, Place

_KEY = re.compile(r"^([A-Za-z_]\w*)\s*:", re.MULTILINE)

_MEANINGS: tuple[tuple[str, str, str], ...] = (
    (r"found character '\\t'", "a tab stands in the indentation", "indent with spaces"),
    (
        "mapping values are not allowed here",
        "a second `:` stands here, or the line is indented more than the one before",
        'put text that holds `: ` in quotes, "…", and give keys of one section the same indentation',
    ),
    (
        "found undefined alias",
        "`*` starts an alias that is not defined",
        'put text that starts with `*` in quotes, "*…"',
    ),
    (
        "expected a single document|found another document",
        "a second document starts here (`---`)",
        "keep one description in one file",
    ),
    (
        r"expected ',' or '[\]}]', but got '[\[{(]'",
        "a list inside a call stands inside a YAML list or mapping",
        'put the call in quotes, "mlp(hidden=[64, 64])", or on a line of its own',
    ),
    (r"expected ',' or '([\]}])'", "a list or mapping is not closed", "close it"),
    ("expected the node content, but found '<stream end>'", "a list or mapping is not closed", "close it"),
    ("unexpected end of stream", "a quote is not closed", "close the quote"),
    ("found unknown escape character", "a `\\` in double quotes starts an escape", "use single quotes, '…'"),
    (
        "cannot start any token",
        "this character cannot start a value",
        'put the value in quotes, "…"',
    ),
    ("special characters are not allowed", "an unprintable character stands here", "remove it"),
    ("could not find expected ':'", "a key without `:` stands here", "write `key: value`"),
    (
        r"expected <block end>, but found",
        "this line does not continue what stands before it",
        "give keys of one section the same indentation",
    ),
)


def diagnostic(error: YAMLError, text: str, file: str | None, key: str, lead: str) -> Diagnostic:
    """Return one finding for text that is not YAML; `lead` stands before the text in an override."""
    problem = str(getattr(error, "problem", None) or str(error).partition("\n")[0])
    message, help_text = next(
        ((said, fix) for pattern, said, fix in _MEANINGS if re.search(pattern, problem)), (problem, "")
    )
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    before = text[: int(getattr(error, "position", 0))]
    line, column = (mark.line, mark.column) if mark is not None else _end_of(before)
    lines = text.splitlines()
    line, column = _last_of(lines, line, column)
    source = lines[line] if line < len(lines) else ""
    if file is None:
        where = Place(key=key or None, source=lead + source, column=len(lead) + column + 1)
    else:
        where = Place(file=file, line=line + 1, column=column + 1, source=source)
    keys = _KEY.findall("\n".join(lines[:line]))
    known = f"read so far: {', '.join(dict.fromkeys(keys))}" if keys else ""
    return Diagnostic(
        code="Y006",
        severity="error",
        message=f"this is not YAML: {message}",
        where=where,
        expected="YAML 1.2",
        received=source.strip(),
        known=known,
        help=help_text,
    )


def _end_of(text: str) -> tuple[int, int]:
    return text.count("\n"), len(text) - text.rfind("\n") - 1


def _last_of(lines: list[str], line: int, column: int) -> tuple[int, int]:
    """A mark after the last line means the end of the last line that holds something."""
    if line < len(lines):
        return line, column
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].strip():
            return index, len(lines[index].rstrip())
    return 0, 0
