"""The types and ranges of a description: pydantic's errors, one finding a key, in our grammar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from modelwright.diagnostic import Diagnostic, Place
from modelwright.spec import words
from modelwright.spec.document import Document, join
from modelwright.spec.keys import sections
from modelwright.spec.near import near
from modelwright.spec.schema import Spec

RANGE = frozenset(("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number")) | {
    "too_short",
    "too_long",
    "string_pattern_mismatch",
}
_BOOLEAN_WORDS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
Path = tuple[str | int, ...]


def validate(mapping: dict[str, Any], document: Document) -> tuple[Spec, list[Diagnostic]]:
    """Return what is right of the description as a Spec, and a finding for each key that is wrong."""
    findings: list[Diagnostic] = []
    for name in [name for name in sections() if name in mapping and not isinstance(mapping[name], dict)]:
        if mapping[name] is not None:
            findings.append(_not_a_section(name, mapping[name], document))
        del mapping[name]
    try:
        return Spec.model_validate(mapping), findings
    except ValidationError as error:
        kinds: dict[Path, set[str]] = {}
        for problem in error.errors(include_url=False, include_context=False, include_input=False):
            kinds.setdefault(_path(mapping, problem["loc"]), set()).add(problem["type"])
    for path in [path for path in kinds if any(other[: len(path)] == path != other for other in kinds)]:
        del kinds[path]  # other branches of a union say less than the one that fits best
    for path, types in kinds.items():
        findings.append(_finding(path, _value(mapping, path), types, document))
    for key in {path[: 2 if path[0] in sections() else 1] for path in kinds}:
        del _value(mapping, key[:-1])[key[-1]]  # the whole key: half a list is not what was meant
    return Spec.model_validate(mapping), findings


def _path(mapping: dict[str, Any], location: Sequence[str | int]) -> Path:
    """The keys of a location; pydantic also names the branches of a union there."""
    path: list[str | int] = []
    for step in location:
        current = _value(mapping, tuple(path))
        in_list = isinstance(current, list) and isinstance(step, int) and step < len(current)
        if in_list or (isinstance(current, dict) and step in current):
            path.append(step)
    return tuple(path)


def _value(mapping: dict[str, Any], path: Path) -> Any:
    current: Any = mapping
    for step in path:
        current = current[step]
    return current


def _finding(path: Path, value: Any, types: set[str], document: Document) -> Diagnostic:
    key = key_of(path)
    in_range = bool(types & RANGE) and not isinstance(value, bool)
    expected = words.expected(list(path))
    if "string_pattern_mismatch" in types:
        expected = str(words.part(list(path)).get("description", expected)).rstrip(".")
    raw = document.raw.get(key, "")
    received = raw if raw else shown(value)
    names = words.choices(list(path))
    close = near(value, names, 1) if isinstance(value, str) and names else []
    message = f"`{key}` cannot be `{received}`" if value is not None else f"`{key}` has no value"
    where, fix = document.places.get(key, Place(key=key)), _fix(path, value, close)
    if where.line is None and where.source is not None:  # on the command line
        fix = fix.replace(f"{path[-1]}: ", f"{key}=", 1)
    return Diagnostic(
        code="Y003" if in_range else "Y002",
        severity="error",
        message=message + (f"; did you mean `{close[0]}`?" if close else ""),
        where=where,
        expected=expected,
        received=received if value is not None else "nothing",
        help=fix,
    )


def _fix(path: Path, value: Any, close: list[str]) -> str:
    name = path[-1] if isinstance(path[-1], str) else key_of(path)
    types = words.types(list(path))
    if close:
        return f"{name}: {close[0]}"
    if isinstance(value, str) and "boolean" in types and value.lower() in _BOOLEAN_WORDS:
        return f"{name}: {_BOOLEAN_WORDS[value.lower()]}   (YAML 1.2 reads `{value}` as text)"
    if isinstance(value, str) and types & {"integer", "number"} and _is_number(value):
        return f"{name}: {value}   (without quotes)"
    if isinstance(value, float) and "integer" in types and "number" not in types and value.is_integer():
        return f"{name}: {int(value)}"
    if isinstance(value, int | float | bool) and types <= {"string"}:
        return f'{name}: "{value}"'
    if isinstance(value, str) and types <= {"array", "null"}:
        return f"{name}: [{value}]"
    default = words.default(list(path))
    said = isinstance(default, str | int | float) and default != "" and name == path[-1]
    return f"{name}: {shown(default)}" if said else ""


def _not_a_section(name: str, value: Any, document: Document) -> Diagnostic:
    fields = list(sections()[name].model_fields)
    received = document.raw.get(name) or shown(value)
    first = {"data": "path", "split": "by", "encode": "category", "train": "epochs", "evaluate": "metric"}[name]
    simple = not isinstance(value, dict | list)
    return Diagnostic(
        code="Y002",
        severity="error",
        message=f"`{name}` holds keys, not a value of its own",
        where=document.places.get(name, Place(key=name)),
        expected=f"a mapping of {', '.join(fields)}",
        received=received,
        help=f"{name}: {{{first}: {received}}}" if simple else "",
    )


def key_of(path: Path) -> str:
    """Return the dotted key of a path: `("model", 2)` is `model[2]`."""
    key = ""
    for step in path:
        key = join(key, step)
    return key


def shown(value: Any) -> str:
    """Return a value as one line of YAML, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {shown(inner)}" for key, inner in value.items()) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(shown(inner) for inner in value) + "]"
    else:
        text = "none" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()
