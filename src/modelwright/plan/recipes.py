"""Recipes: `mlp(hidden=[64])` → a list of layers, from data files in `plan/recipes/`. No torch here.

A recipe file has `doc`, `arguments` (name → type, default, minimum, maximum, doc) and `layers`. An item of `layers` is
a layer in the call grammar, where a bare lower-case name stands for an argument or a loop name; or `for: name`, `in:
list or whole number`, `layers: [...]`, repeated for each value (`for: [a, b]`, `in: [first, second]`: side by side); or
`if: argument`, `layers: [...]`, left out where the argument is none, false, zero or empty (`unless: argument` where it
is not); or `inputs: encoding`, `layers: [...]`, for inputs of that encoding (`latent`: random numbers, of which
pictures are made). `horizon` and `targets` stand for those of a forecast, 0 for other tasks. Nothing in a file is
evaluated. A new or changed file also changes `spec/signatures.json`: run `python scripts/make_signatures.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

from ruamel.yaml import YAML

from modelwright.diagnostic import NOWHERE, Place
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.names import bind

Type = Literal["integer", "integers", "number", "boolean", "layer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a recipe. `minimum` and `maximum` are inclusive, and hold for each number of a list."""

    name: str
    type: Type
    default: Value
    doc: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A recipe as its file says it; `layers` are the items of the file."""

    name: str
    doc: str
    parameters: tuple[Parameter, ...]
    layers: tuple[Any, ...]


@functools.cache
def names() -> tuple[str, ...]:
    """Return the names of the recipes, sorted.

    >>> names()
    ('bag', 'cnn', 'conv', 'dcgan', 'gru', 'linear', 'lstm', 'mlp', 'resnet', 'transformer')
    """
    files = (resources.files("modelwright.plan") / "recipes").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


@functools.cache
def load(name: str) -> Recipe:
    """Return the recipe called `name` (KeyError if there is none)."""
    if name not in names():
        raise KeyError(name)
    text = (resources.files("modelwright.plan") / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")
    return from_mapping(name, YAML(typ="safe", pure=True).load(text))


def from_mapping(name: str, content: Mapping[str, Any]) -> Recipe:
    """Return the recipe that a file's content describes."""
    entries: dict[str, dict[str, Any]] = content["arguments"]
    parameters = tuple(
        Parameter(name=key, default=_default(entry["type"], entry["default"]), **_without(entry, "default"))
        for key, entry in entries.items()
    )
    return Recipe(name=name, doc=content["doc"], parameters=parameters, layers=tuple(content["layers"]))


def signature(name: str) -> tuple[Parameter, ...]:
    """Return the arguments of the recipe called `name`, in order (KeyError if there is no such recipe).

    >>> [parameter.name for parameter in signature("mlp")]
    ['hidden', 'activation', 'dropout', 'norm']
    """
    return load(name).parameters


NO_FORECAST: Mapping[str, Value] = {"horizon": 0, "targets": 0}


def expand(
    call: Call, where: Place = NOWHERE, encoding: str = "", task: Mapping[str, Value] = NO_FORECAST
) -> list[Call]:
    """Return the layers of a recipe; the last one is the head `Linear(..., ...)`. SpecError with every wrong argument.

    `encoding` is that of the inputs, where layers depend on it.

    >>> [str(layer) for layer in expand(parse("mlp(hidden=[16])"))]
    ['Linear(..., 16)', 'ReLU', 'Linear(..., ...)']
    """
    given = bind("recipe", call, where)
    return list(layers_of(load(call.name), given, encoding, task))


def layers_of(
    recipe: Recipe, given: Mapping[str, Value], encoding: str = "", task: Mapping[str, Value] = NO_FORECAST
) -> Iterator[Call]:
    """Yield the layers of a recipe for arguments by name; those left out have their defaults."""
    values = {parameter.name: given.get(parameter.name, parameter.default) for parameter in recipe.parameters}
    values |= task
    for parameter in recipe.parameters:
        value = values[parameter.name]
        if parameter.type == "integers" and isinstance(value, int):
            values[parameter.name] = (value,)
        elif parameter.type == "layer" and value == Call("none"):
            values[parameter.name] = None
    yield from _layers(recipe.layers, values, encoding)


def _without(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != name}


def _default(kind: Type, value: Any) -> Value:
    if kind == "layer":
        return None if value in (None, "none") else parse(value)
    return tuple(value) if kind == "integers" else value


def _layers(items: Sequence[Any], values: Mapping[str, Value], encoding: str) -> Iterator[Call]:
    for item in items:
        if isinstance(item, str):
            layer = _filled(parse(item), values)
            if isinstance(layer, Call):  # an argument may say `none`: then there is no such layer
                yield layer
        elif "inputs" in item:
            if item["inputs"] == encoding:
                yield from _layers(item["layers"], values, encoding)
        elif "if" in item or "unless" in item:
            if bool(values[item["if"]]) if "if" in item else not values[item["unless"]]:
                yield from _layers(item["layers"], values, encoding)
        else:
            if isinstance(item["for"], list):
                names, lists = item["for"], (values[name] for name in item["in"])
                for each in zip(*(one if isinstance(one, tuple) else () for one in lists), strict=True):
                    yield from _layers(item["layers"], {**values, **dict(zip(names, each, strict=True))}, encoding)
                continue
            over = values[item["in"]]
            for value in range(over) if isinstance(over, int) else over if isinstance(over, tuple) else ():
                yield from _layers(item["layers"], {**values, item["for"]: value}, encoding)


def _filled(value: Value, values: Mapping[str, Value]) -> Value:
    if isinstance(value, tuple):
        return tuple(_filled(part, values) for part in value)
    if not isinstance(value, Call):
        return value
    if value.name in values and not value.args and not value.kwargs:
        return values[value.name]
    kwargs = {name: _filled(part, values) for name, part in value.kwargs.items()}
    return Call(value.name, tuple(_filled(part, values) for part in value.args), kwargs)
