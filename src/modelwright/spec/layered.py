"""One description over another: the keywords of a Python call over a file, a target over both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelwright.spec.write import text


def over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return one description over another: keys of a section are replaced one by one."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = {**merged[key], **value} if both else value
    return merged


def targets_in(description: Mapping[str, Any]) -> list[str]:
    data = description.get("data")
    given = data.get("target", "auto") if isinstance(data, Mapping) else "auto"
    return [] if given == "auto" else [given] if isinstance(given, str) else list(given)


def with_target(description: Mapping[str, Any], target: str | Sequence[str] | None) -> dict[str, Any]:
    if target is None:
        return dict(description)
    return over(description, {"data": {"target": target if isinstance(target, str) else list(target)}})


def as_overrides(description: Mapping[str, Any]) -> list[str]:
    """Return keys over those of a file, as the command line writes them, so that the run folder keeps them."""
    changes: list[str] = []
    for key, value in description.items():
        if isinstance(value, Mapping):
            changes += [f"{key}.{name}={text(inner)}" for name, inner in value.items()]
        else:
            changes.append(f"{key}={text(value)}")
    return changes
