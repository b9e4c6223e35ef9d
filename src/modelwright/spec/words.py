"""What may stand for a key, in words, from the JSON Schema of the description."""

from __future__ import annotations

import functools
from typing import Any

from modelwright.spec.schema import Spec


@functools.cache
def schema() -> dict[str, Any]:
    """Return pydantic's JSON Schema of the description."""
    return Spec.model_json_schema()


def part(path: list[str | int]) -> dict[str, Any]:
    """Return the schema of the value at a path of keys and list positions; empty where there is none."""
    current = schema()
    for step in path:
        current = next((found for option in _options(current) if (found := _inner(option, step))), {})
    return current


def expected(path: list[str | int]) -> str:
    """Return in words what may stand at a path.

    >>> expected(["train", "epochs"])
    'a whole number ≥ 0 and < 2,147,483,648, or auto'
    """
    return words(part(path))


def words(entry: dict[str, Any]) -> str:
    """Return one entry of the schema in words."""
    names = [name for option in _options(entry) for name in _choices(option)]
    texts = [_type(option) for option in _options(entry) if not _choices(option)]
    texts = list(dict.fromkeys(text for text in texts if text))
    if len(names) > 1 and not texts:
        return "one of " + ", ".join(names)
    parts = texts + names
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f", or {parts[-1]}" if parts else "a value"


def choices(path: list[str | int]) -> list[str]:
    """Return the words that may stand at a path."""
    return [name for option in _options(part(path)) for name in _choices(option)]


def types(path: list[str | int]) -> set[str]:
    """Return the JSON types that may stand at a path."""
    return {option.get("type", "string") for option in _options(part(path))}


def default(path: list[str | int]) -> Any:
    """Return what a key has where it is left out; None where that is nothing.

    >>> default(["split", "test_size"])
    0.2
    """
    return part(path).get("default")


def _options(entry: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in entry:
        return [schema()["$defs"][entry["$ref"].rpartition("/")[2]]]
    return [inner for option in entry["anyOf"] for inner in _options(option)] if "anyOf" in entry else [entry]


def _inner(entry: dict[str, Any], step: str | int) -> dict[str, Any]:
    if isinstance(step, int):
        return entry.get("items", {})
    additional = entry.get("additionalProperties")
    return entry.get("properties", {}).get(step) or (additional if isinstance(additional, dict) else {})


def _choices(entry: dict[str, Any]) -> list[str]:
    return [str(entry["const"])] if "const" in entry else [str(name) for name in entry.get("enum", ())]


def _type(entry: dict[str, Any]) -> str:
    match entry.get("type"):
        case "integer":
            return "a whole number" + _range(entry)
        case "number":
            return "a number" + _range(entry)
        case "boolean":
            return "true or false"
        case "string":
            return "text"
        case "null":
            return "none"
        case "array":
            count = f"{entry['minItems']} " if entry.get("minItems") == entry.get("maxItems") is not None else ""
            inner = words(entry.get("items", {})).removeprefix("a ").removeprefix("an ")
            plural = inner.replace("whole number", "whole numbers").replace("text", "names")
            return f"a list of {count}{plural}"
        case "object":
            inner = entry.get("additionalProperties")
            return f"a mapping of names to {words(inner)}" if isinstance(inner, dict) else "a mapping of keys"
        case _:
            return ""


def _range(entry: dict[str, Any]) -> str:
    low, above = entry.get("minimum"), entry.get("exclusiveMinimum")
    high, below = entry.get("maximum"), entry.get("exclusiveMaximum")
    large = below is not None and below >= 2**31
    if above is not None and below is not None:
        return f" between {above:g} and {below:g}"
    parts = [f"≥ {low:g}"] if low is not None else [f"> {above:g}"] if above is not None else []
    parts += [f"< {below:,}" if large else f"< {below:g}"] if below is not None else []
    parts += [f"≤ {high:g}"] if high is not None else []
    return " " + " and ".join(parts) if parts else ""
