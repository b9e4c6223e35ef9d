"""YAML text → plain values with the file, line and column of every key and value; bounded in time and memory.

A call such as `Linear(..., 64)` stays one text inside `[…]` and `{…}` too, where YAML alone would cut it at its commas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.spec import yaml_problems

MAX_CHARACTERS = 100_000
MAX_VALUES = 5_000
MAX_DEPTH = 20
_TAG = "tag:yaml.org,2002:"
_TAGS = frozenset(("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map"))


@dataclass(frozen=True, slots=True)
class Document:
    """Values as Python objects; places of values and of keys, and scalars as they were written, by dotted path."""

    value: Any
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    keys: dict[str, Place] = field(default_factory=dict[str, Place])
    raw: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[Diagnostic] = field(default_factory=list[Diagnostic])


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text comes from: a file, or an override (`lead` stands before the value in it, `key` is its path)."""

    file: str | None = None
    key: str = ""
    lead: str = ""


def join(path: str, part: str | int) -> str:
    """Return the dotted path of a part: `join("model", 2)` is `model[2]`."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    return f"{path}.{part}" if path else part


def parse(text: str, origin: Origin) -> Document:
    """Return what a YAML text says; SpecError where it is not YAML, or too large to be a description."""
    if len(text) > MAX_CHARACTERS:
        message = f"{len(text):,} characters are too many for a description"
        expected = f"at most {MAX_CHARACTERS:,} characters"
        raise SpecError(
            Diagnostic(
                code="Y006",
                severity="error",
                message=message,
                where=Place(file=origin.file),
                expected=expected,
                received=f"{len(text):,} characters",
                help="if this is data: `modelwright init FILE` writes a description of it",
            )
        )
    if _opens_too_much(text):
        raise SpecError(_too_deep(origin))
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except YAMLError as error:
        raise SpecError(yaml_problems.diagnostic(error, text, origin.file, origin.key, origin.lead)) from None
    except RecursionError:
        raise SpecError(_too_deep(origin)) from None
    builder = _Builder(text, origin)
    value = builder.build(node, origin.key, 0) if node is not None else None
    return Document(value, builder.places, builder.keys, builder.raw, builder.problems)


def _opens_too_much(text: str) -> bool:
    """YAML's scanner takes seconds for thousands of open brackets."""
    depth = 0
    for character in text:
        if character in "[{":
            depth += 1
            if depth > 10 * MAX_DEPTH:
                return True
        elif character in "]}":
            depth = max(0, depth - 1)
    return False


def _too_deep(origin: Origin) -> Diagnostic:
    where = Place(file=origin.file, key=origin.key or None)
    return Diagnostic(
        code="Y006",
        severity="error",
        message="lists and mappings are nested too deeply",
        where=where,
        expected=f"at most {MAX_DEPTH} levels",
        help="close the brackets; if this is data, `modelwright init FILE` writes a description of it",
    )


class _Builder:
    """Walks the nodes of one text once; `count` bounds what aliases can multiply."""

    def __init__(self, text: str, origin: Origin) -> None:
        self.text = text
        self.origin = origin
        self.lines = text.splitlines()
        self.count = 0
        self.places: dict[str, Place] = {}
        self.keys: dict[str, Place] = {}
        self.raw: dict[str, str] = {}
        self.problems: list[Diagnostic] = []

    def place(self, node: Node, key: str, end: int | None = None) -> Place:
        start = node.start_mark
        source = self.lines[start.line] if start.line < len(self.lines) else ""
        stop = node.end_mark.index if end is None else end
        length = max(1, min(stop - start.index, len(source.rstrip()) - start.column))
        if self.origin.file is None:
            return Place(
                key=key,
                source=self.origin.lead + source,
                column=len(self.origin.lead) + start.column + 1,
                length=length,
            )
        return Place(
            file=self.origin.file, line=start.line + 1, column=start.column + 1, key=key, source=source, length=length
        )

    def problem(self, node: Node, key: str, message: str, help_text: str = "", expected: str = "") -> None:
        where = self.place(node, key)
        self.problems.append(
            Diagnostic(code="Y006", severity="error", message=message, where=where, expected=expected, help=help_text)
        )

    def build(self, node: Node, key: str, depth: int) -> Any:
        self.count += 1
        if self.count > MAX_VALUES or depth > MAX_DEPTH:
            what = f"more than {MAX_VALUES:,} values" if self.count > MAX_VALUES else f"more than {MAX_DEPTH} levels"
            self.problem(
                node,
                key.partition("[")[0],
                f"{what}, aliases (`*name`) counted each time: too many for a description",
                "write values out instead of repeating aliases",
                f"at most {MAX_VALUES:,} values in {MAX_DEPTH} levels",
            )
            raise SpecError(*self.problems)
        self.places[key] = self.place(node, key)
        tag = str(node.tag or "")
        if tag.removeprefix(_TAG) not in _TAGS:
            self.problem(node, key, f"the tag `{tag}` cannot stand in a description", "leave the tag out")
        if isinstance(node, MappingNode):
            return self._mapping(node, key, depth)
        if isinstance(node, SequenceNode):
            return [
                self._call_or_value(item, end, join(key, i), depth) for i, (item, end) in enumerate(self._items(node))
            ]
        return self._scalar(node, key)

    def _items(self, node: SequenceNode) -> Iterator[tuple[Node, int | None]]:
        """Items of a list, each with the end of the call that starts there, if YAML has cut one to pieces."""
        done = 0
        for item in node.value:
            if item.start_mark.index >= done:
                end = self._call_end(item) if node.flow_style else None
                done = end or 0
                yield item, end

    def _call_or_value(self, node: Node, end: int | None, key: str, depth: int) -> Any:
        if end is None:
            return self.build(node, key, depth + 1)
        self.count += 1
        self.places[key] = self.place(node, key, end)
        self.raw[key] = " ".join(self.text[node.start_mark.index : end].split())
        return self.raw[key]

    def _call_end(self, node: Node) -> int | None:
        if not isinstance(node, ScalarNode) or node.style is not None or node.value.count("(") <= node.value.count(")"):
            return None
        return closing(self.text, node.start_mark.index)

    def _mapping(self, node: MappingNode, key: str, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        done = 0
        for key_node, value_node in node.value:
            if key_node.start_mark.index < done:
                continue
            if not isinstance(key_node, ScalarNode):
                self.problem(key_node, key, "a key must be one word")
                continue
            name = str(key_node.value)
            path = join(key, name)
            if name in mapping:
                first = self.keys[path].line
                known = f" (first on line {first})" if first and self.origin.file else ""
                self.problem(key_node, path, f"`{name}` is given twice{known}", "keep one of them")
            self.keys[path] = self.place(key_node, path)
            end = self._call_end(value_node) if node.flow_style else None
            done = end or 0
            mapping[name] = self._call_or_value(value_node, end, path, depth)
        return mapping

    def _scalar(self, node: Node, key: str) -> Any:
        text = str(node.value)
        self.raw[key] = text
        return scalar(text, str(node.tag or "").removeprefix(_TAG))


def scalar(text: str, tag: str) -> Any:
    """Return the value of a scalar that YAML 1.2 resolved to `tag`; dates stay text."""
    try:
        match tag:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                plain = text.replace("_", "")
                return int(plain, 0) if plain[:2].lower() in ("0x", "0o", "0b") else int(plain)
            case "float":
                return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
            case _:
                return text
    except ValueError:
        return text


_PAIRS = {"(": ")", "[": "]", "{": "}"}


def closing(text: str, start: int) -> int | None:
    """Return the index after the bracket that closes the first one opened from `start` on, or None.

    >>> closing("Linear(..., 64), ReLU", 0)
    15
    """
    open_brackets: list[str] = []
    quote = ""
    for index in range(start, len(text)):
        character = text[index]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in _PAIRS:
            open_brackets.append(_PAIRS[character])
        elif open_brackets and character == open_brackets[-1]:
            open_brackets.pop()
            if not open_brackets:
                return index + 1
    return None
