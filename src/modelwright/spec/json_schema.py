"""The JSON Schema of a description, for editors: keys, types, ranges, words, and examples of calls."""

from __future__ import annotations

import copy
from typing import Any

from modelwright.spec import words
from modelwright.spec.choices import CHOICES, LISTS, PLAYERS
from modelwright.spec.signatures import Role, names, usage

_CALL = r"^\s*([A-Za-z_]\w*\.)*({names})\s*(\(.*\))?\s*$"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a description (draft 2020-12), without an `$id`.

    >>> sorted(json_schema()["properties"])[:3]
    ['augment', 'contrastive', 'data']
    """
    schema = copy.deepcopy(words.schema())
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "modelwright description"
    for choice in CHOICES:
        section, _, name = choice.key.rpartition(".")
        properties = schema["$defs"][_definition(schema, section)]["properties"] if section else schema["properties"]
        old = properties[name]
        kept = {key: old[key] for key in ("default", "description", "title") if key in old}
        properties[name] = kept | _call(choice.role, choice.words, choice.example)
    schema["properties"]["model"] = schema["properties"]["model"] | _two(_model())
    schema["properties"]["optimizer"] |= _two(schema["properties"]["optimizer"])
    for choice in CHOICES:
        if choice.key in LISTS:
            one = schema["properties"][choice.key]
            items = {key: one[key] for key in ("type", "pattern", "examples")}
            several = {
                "anyOf": [items, {"type": "array", "minItems": 1, "items": _call(choice.role, (), choice.example)}]
            }
            schema["properties"][choice.key] = {key: one[key] for key in one if key not in items} | several
    _nullable(schema["properties"]["scheduler"])
    _nullable(schema["properties"]["scale"])
    _describe_sections(schema)
    return schema


def _definition(schema: dict[str, Any], section: str) -> str:
    return str(schema["properties"][section]["$ref"]).rpartition("/")[2]


def _call(role: Role, words_instead: tuple[str, ...], example: str) -> dict[str, Any]:
    pattern = _CALL.replace("{names}", "|".join((*words_instead, *names(role))))
    examples = list(dict.fromkeys((example, *(usage(role, name) for name in names(role)[:8]))))
    return {"type": "string", "pattern": pattern, "examples": [*words_instead, *examples]}


def _model() -> dict[str, Any]:
    layer = _call("layer", (), "Linear(..., 64)")
    recipe = _call("recipe", ("auto",), "mlp(hidden=[128, 128])")
    recipe["pattern"] = recipe["pattern"].replace("auto|", "auto|Sequential|" + "|".join(names("layer")) + "|")
    return {
        "anyOf": [recipe, {"type": "array", "minItems": 1, "items": layer}],
        "type": ["string", "array"],
        "pattern": recipe["pattern"],
        "examples": ["mlp(hidden=[128, 128])", ["Linear(..., 64)", "ReLU", "Linear(..., ...)"]],
    }


def _two(one: dict[str, Any]) -> dict[str, Any]:
    """Return what may stand for one network, or for each of the two of a GAN."""
    kept = {key: one[key] for key in ("type", "pattern", "examples", "anyOf") if key in one}
    types = one["type"] if isinstance(one["type"], list) else [one["type"]]
    both = {"type": "object", "properties": dict.fromkeys(PLAYERS, kept), "additionalProperties": False}
    alone = one.get("anyOf", [{key: kept[key] for key in ("type", "pattern")}])
    return kept | {"type": [*types, "object"], "anyOf": [*alone, both]}


def _nullable(entry: dict[str, Any]) -> None:
    entry["type"] = ["string", "null"]


def _describe_sections(schema: dict[str, Any]) -> None:
    """Editors show the description of a section where its key is typed; pydantic keeps it at the definition alone."""
    for name, entry in schema["properties"].items():
        if "$ref" in entry and "description" not in entry:
            entry["description"] = schema["$defs"][_definition(schema, name)].get("description", "")
