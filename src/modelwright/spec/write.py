"""A description as YAML text: only what differs from the defaults, in the order of the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from modelwright.spec.schema import Spec

_PLAIN = re.compile(r"[A-Za-z_./][^\n\r\t\0]*")
_RESERVED = frozenset(("null", "true", "false", "yes", "no", "on", "off", "none", "auto", "nan", "inf", "."))
_FLOW_BREAKERS = frozenset(",[]{}'\"")


def to_yaml(spec: Spec) -> str:
    """Return the description as YAML that reads back equal.

    >>> print(to_yaml(Spec.model_validate({"train": {"epochs": 3}, "optimizer": "SGD(lr=0.1)"})), end="")
    optimizer: SGD(lr=0.1)
    train:
      epochs: 3
    """
    values = spec.model_dump(exclude_defaults=True)
    lines: list[str] = []
    for key, value in values.items():
        lines += entry(key, value)
    return "\n".join(lines) + "\n" if lines else "{}\n"


def entry(key: str, value: Any, indent: str = "") -> list[str]:
    """Return the lines of one key: sections and lists of layers as blocks, the rest on one line."""
    if isinstance(value, Mapping) and not indent:
        return [f"{key}:", *(line for name, inner in value.items() for line in entry(str(name), inner, "  "))]
    if key in ("model", "transform", "augment") and isinstance(value, list | tuple) and value:
        return [f"{indent}{key}:", *(f"{indent}  - {scalar(item)}" for item in value)]
    return [f"{indent}{key_text(key)}: {text(value)}"]


def paste(section: str, **values: Any) -> str:
    """Return keys of a section on one line, as a fix that can be pasted whatever names are in it.

    >>> paste("data", drop=["price: net"], columns={"zip": "category"})
    'data: {drop: ["price: net"], columns: {zip: category}}'
    """
    return f"{section}: {text(values)}"


def text(value: Any, in_flow: bool = False) -> str:
    """Return a value on one line, lists and mappings in brackets."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key_text(str(key))}: {text(inner, True)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(text(inner, True) for inner in value) + "]"
    return scalar(value, in_flow)


def scalar(value: Any, in_flow: bool = False) -> str:
    """Return one value; text without quotes where YAML reads it back as the same text."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    if value in ("auto", "none") or (_is_plain(value) and not (in_flow and _FLOW_BREAKERS & set(value))):
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """Return text in double quotes, with YAML's escapes."""
    if value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    return '"' + "".join(_escaped(character) for character in value) + '"'


def key_text(key: str) -> str:
    """Return a key, in quotes where it needs them."""
    return key if re.fullmatch(r"[A-Za-z_][\w.-]*", key, re.ASCII) and key.lower() not in _RESERVED else quoted(key)


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    code = ord(character)
    if character.isprintable():
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_plain(value: str) -> bool:
    return (
        bool(_PLAIN.fullmatch(value))
        and value.isprintable()
        and value.isascii()
        and value == value.strip()
        and value.lower() not in _RESERVED
        and not any(mark in value for mark in (": ", " #"))
        and not value.endswith(":")
        and not re.fullmatch(r"[.\d_eE+-]+|\.(inf|nan)", value, re.IGNORECASE)
    )
