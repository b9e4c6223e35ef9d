"""The YAML that `modelwright init` writes: what was inferred from a table, each line with its reason beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from modelwright.spec.call import Call
from modelwright.spec.schema import Spec
from modelwright.spec.write import entry, key_text, scalar, text

if TYPE_CHECKING:
    from modelwright.data.columns import Column, Table

WIDTH = 110
_MOST_COLUMNS = 60
_ALIGN_AT_MOST = 48
Fact = tuple[str, object, str]
"""Dotted key, value, reason."""
_Line = tuple[str, str]
"""What is written, and the reason beside it."""


def describe(path: str, table: Table, facts: Sequence[Fact]) -> str:
    """Return a description of a table: `path` and each fact on a line, with the reasons as aligned comments.

    A fact is a dotted key, its value, and why; a later fact of the same key replaces the earlier one. The text reads
    back through `spec.source.read` without problems, if the facts are right.
    """
    lines = [f"# {line}" for line in _heading(path, table)]
    lines += ["#", "# Columns, as they were understood (`data: {columns: {NAME: KIND}}` says otherwise):"]
    lines += [f"#   {line}" for line in _columns(table.columns)]
    values = {key: (_value(value), why) for key, value, why in [("data.path", path, ""), *facts]}
    body: list[_Line] = []
    for section in sorted({key.partition(".")[0] for key in values}, key=_order):
        body.append(("", ""))
        body += _section(section, {key: value for key, value in values.items() if key.partition(".")[0] == section})
    return "\n".join([*lines, *_aligned(body)]) + "\n"


def _heading(path: str, table: Table) -> Iterator[str]:
    rows, count = len(table.frame), len(table.columns)
    columns = f"{count} column{'s' if count != 1 else ''}"
    yield f"{_one_line(PurePath(path).name, 60)}: {rows:,} rows, {columns}. Written by `modelwright init`."
    yield "A line that is left out is chosen again, with its reason, when the model is trained."


def _columns(columns: Sequence[Column]) -> list[str]:
    names = [_one_line(column.name, 32) for column in columns[:_MOST_COLUMNS]]
    width = max((len(name) for name in names), default=0)
    shown = [
        f"{name:<{width}}  {column.kind:<10}  {_facts(column)}".rstrip()
        for name, column in zip(names, columns, strict=False)
    ]
    more = len(columns) - len(names)
    return [*shown, f"and {more:,} more"] if more > 0 else shown


def _facts(column: Column) -> str:
    parts: list[str] = []
    if column.low is not None and column.high is not None:
        parts.append(f"{_number(column.low)} … {_number(column.high)}")
    if column.kind in ("category", "text", "boolean", "identifier"):
        parts.append(f"{column.unique:,} values")
    if column.missing:
        parts.append(f"{column.missing:,} missing")
    return _one_line(", ".join(parts), 70)


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e12 else f"{value:,.6g}"


def _section(name: str, values: dict[str, tuple[Any, str]]) -> Iterator[_Line]:
    """Lines of one top-level key; keys of a section are indented, in the order of the schema."""
    if name in values:
        value, why = values[name]
        first, *rest = entry(name, value)
        yield first, why
        yield from ((line, "") for line in rest)
    inner = {key: value for key, value in values.items() if key != name}
    if inner:
        yield f"{name}:", ""
    for key in sorted(inner, key=_order):
        value, why = inner[key]
        yield from _inner(key.partition(".")[2], value, why)


def _inner(name: str, value: Any, why: str) -> Iterator[_Line]:
    """One key of a section; a mapping or a long list has a line for each of its parts."""
    if isinstance(value, dict) and value:
        yield f"  {name}:", why
        yield from ((f"    {key_text(str(key))}: {text(part)}", "") for key, part in value.items())
    elif isinstance(value, list) and len(text(value)) > _ALIGN_AT_MOST:
        yield f"  {name}:", why
        yield from ((f"    - {scalar(part)}", "") for part in value)
    else:
        yield f"  {key_text(name)}: {text(value)}", why


def _aligned(lines: Sequence[_Line]) -> Iterator[str]:
    """Lines with their reasons in one column; a reason that is long goes on below itself, or above a long line."""
    lengths = [len(written) for written, why in lines if why and len(written) <= _ALIGN_AT_MOST]
    column = max(lengths, default=0) + 2
    for written, why in lines:
        if not why:
            yield written
        elif len(written) > _ALIGN_AT_MOST:
            indent = " " * (len(written) - len(written.lstrip()))
            yield from (f"{indent}# {part}" for part in _wrapped(why, WIDTH - len(indent) - 2))
            yield written
        else:
            first, *rest = _wrapped(why, WIDTH - column - 2)
            yield f"{written:<{column}}# {first}"
            yield from (f"{'':<{column}}#   {part}" for part in rest)


def _wrapped(why: str, width: int) -> list[str]:
    return textwrap.wrap(_one_line(why, 400), max(20, width), break_on_hyphens=False) or [""]


def _one_line(words: str, longest: int) -> str:
    line = " ".join("".join(character if character.isprintable() else " " for character in words).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _value(value: object) -> Any:
    if isinstance(value, Call):
        return str(value)
    if isinstance(value, tuple | list):
        return [_value(item) for item in value]
    return value


def _order(key: str) -> tuple[int, int]:
    """Where a key stands in the schema."""
    first, _, rest = key.partition(".")
    names = list(Spec.model_fields)
    fields = getattr(Spec.model_fields[first].annotation, "model_fields", {}) if first in names else {}
    inner = list(fields)
    return (names.index(first) if first in names else len(names), inner.index(rest) if rest in inner else len(inner))
