"""One argument against one parameter: is the value of a kind and in a range that the library accepts?"""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.spec.call import Call, Value, text_of
from modelwright.spec.signatures import Kind, Parameter, Role

WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "str": "text in quotes",
    "tuple": "a list",
    "ints": "a list of whole numbers",
    "tensor": "a list of numbers",
    "layer": "a layer",
    "schedulers": "a list of schedulers",
    "none": "None",
    "any": "a literal",
}
SIZES = frozenset(
    ("in_channels", "in_features", "input_size", "num_features", "normalized_shape", "embed_dim", "num_channels")
) | {"d_model", "num_embeddings", "max_len"}
"""Sizes that follow from the data: `...`, or left out where the others are named."""
INFERRED: dict[Role, frozenset[str]] = {
    "layer": SIZES | {"out_features"},
    "encoder": frozenset(("num_embeddings", "embedding_dim")),
    "scheduler": frozenset(("T_max", "max_lr", "total_steps", "epochs", "steps_per_epoch")),
    "transform": frozenset(("mean", "std")),
    "augment": frozenset(("num_classes",)),
}
"""Where `...` may stand."""
MAY_BE_LEFT_OUT: dict[Role, frozenset[str]] = {"layer": SIZES, "scheduler": frozenset(("T_max", "max_lr"))}


def expected(parameter: Parameter) -> str:
    """Return in words what may stand for a parameter.

    >>> from modelwright.spec.signatures import signature
    >>> expected(signature("layer", "Dropout")[0])
    'a number from 0 to 1'
    """
    choices = [f'"{kind.choice}"' for kind in parameter.kinds if kind.name == "choice"]
    listed = [f"one of {', '.join(choices)}"] if choices else []
    return " or ".join([*listed, *(_words(kind) for kind in parameter.kinds if kind.name != "choice")])


def _words(kind: Kind) -> str:
    return ("a list of numbers" if kind.name == "tuple" and kind.range else WORDS[kind.name]) + kind.range


def is_none(value: Value) -> bool:
    """Return whether a value is None, or the word `none`."""
    return value is None or (isinstance(value, Call) and value == Call("none"))


def wrong_kind(role: Role, parameter: Parameter, value: Value) -> bool:
    """Return whether no kind of the parameter fits the value; calls are looked into elsewhere."""
    if value is ...:
        return parameter.name not in INFERRED.get(role, ())
    if is_none(value):
        return not parameter.accepts("none", "any")
    return not any(_fits(kind, value) for kind in parameter.kinds)


def out_of_range(parameter: Parameter, value: Value) -> bool:
    """Return whether a number, or a number of a list, is one that the library refuses."""
    if value is ... or isinstance(value, Call | str) or is_none(value):
        return False
    kinds = [kind for kind in parameter.kinds if _fits(kind, value)]
    return bool(kinds) and not any(all(kind.allows(number) for number in _numbers(value)) for kind in kinds)


def fix(parameter: Parameter, value: Value) -> str:
    """Return the argument as it may have been meant, to paste; nothing if there is no telling."""
    if isinstance(value, Call) and not value.args and not value.kwargs:
        if parameter.accepts("choice", "str"):
            return f'{parameter.name}="{value.name}"'
        if value.name.lower() in ("true", "false") and parameter.accepts("bool"):
            return f"{parameter.name}={value.name.capitalize()}"
    if isinstance(value, float) and value.is_integer() and parameter.accepts("int"):
        return f"{parameter.name}={int(value)} (`//` divides whole numbers)"
    if isinstance(value, int | float) and not isinstance(value, bool) and parameter.accepts("ints", "tuple"):
        return f"{parameter.name}=[{text_of(value)}]"
    return ""


def _fits(kind: Kind, value: Value) -> bool:
    match kind.name:
        case "choice":
            return value == kind.choice and isinstance(value, str)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str)
        case "tuple":
            return isinstance(value, tuple) and not _has_calls(value)
        case "ints":
            return isinstance(value, tuple) and all(_whole(item) for item in value)
        case "tensor":
            return isinstance(value, tuple) and bool(value) and all(_whole(i) or isinstance(i, float) for i in value)
        case "layer":
            return isinstance(value, Call)
        case "none":
            return value is None
        case "schedulers":
            return isinstance(value, tuple) and all(isinstance(item, Call) for item in value)
        case _:
            return not isinstance(value, Call)


def _whole(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _has_calls(values: Sequence[Value]) -> bool:
    return any(isinstance(item, Call) or (isinstance(item, tuple) and _has_calls(item)) for item in values)


def _numbers(value: Value) -> list[int | float]:
    values = value if isinstance(value, tuple) else (value,)
    return [item for item in values if isinstance(item, int | float) and not isinstance(item, bool)]
