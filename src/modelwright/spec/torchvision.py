"""Objects of `torchvision.transforms` as the calls of a description; known by module and class name, not imported.

`Compose([RandomCrop(32, padding=4), ToTensor(), Normalize(0.5, 0.5)])` says `augment: RandomCrop(...)`, which only
training pictures get, and `transform: [Normalize(...)]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.spec.call import Call, Value
from modelwright.spec.own import place_of
from modelwright.spec.signatures import Role, names, signature

HOME = "torchvision.transforms"
NOTHING = (
    "ToTensor",
    "PILToTensor",
    "ToPILImage",
    "ConvertImageDtype",
    "ToImage",
    "ToDtype",
    "ToPureTensor",
    "Identity",
)
"""What only turns pictures into tensors: that is done anyway."""


def are_objects(value: Any) -> bool:
    """Return whether a value of `transform` or `augment` is an object, or a list with one, and no text."""
    if isinstance(value, list | tuple):
        return any(not isinstance(each, str) for each in value)
    return not isinstance(value, str) and value is not None


def as_texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a description with transform objects written as calls; SpecError with all that have none."""
    changed = {key: values[key] for key in ("transform", "augment") if key in values and are_objects(values[key])}
    if not changed:
        return dict(values)
    found: dict[str, list[str]] = {"transform": [], "augment": []}
    problems: list[Diagnostic] = []
    for key, value in changed.items():
        for one in _flat(value):
            try:
                if (call := _call(one, key)) is not None:
                    found[call[0]].append(call[1])
            except SpecError as error:
                problems += error.diagnostics
    if problems:
        raise SpecError(*problems)
    made: dict[str, Any] = {key: texts for key, texts in found.items() if texts}
    given = values.get("augment", "auto")
    if "augment" in made and "augment" not in changed and given not in ("auto", "none"):
        made["augment"] += [given] if isinstance(given, str) else list(given)
    kept = {key: value for key, value in values.items() if key not in changed}
    return {**kept, **{key: "auto" for key in changed if key not in made}, **made}


def _flat(value: Any) -> Iterator[Any]:
    """Yield transforms one by one, out of lists, `Compose` and `Sequential`."""
    if isinstance(value, list | tuple):
        inner = list(value)
    elif type(value).__name__ == "Compose":
        inner = list(value.transforms)
    elif type(value).__name__ == "Sequential" and hasattr(value, "children"):
        inner = list(value.children())
    else:
        yield value
        return
    for each in inner:
        yield from _flat(each)


def _call(one: Any, key: str) -> tuple[Role, str] | None:
    """Return a transform as key and call text; None where it has nothing to say."""
    if isinstance(one, str):
        return ("augment" if key == "augment" else "transform"), one
    kind = type(one)
    known = kind.__module__.startswith(HOME)
    if known and kind.__name__ in NOTHING:
        return None
    role: Role | None = next((each for each in ("transform", "augment") if kind.__name__ in names(each)), None)
    if not known or role is None:
        raise SpecError(_unknown(one, key))
    kwargs: dict[str, Value] = {}
    for parameter in signature(role, kind.__name__):
        value = _value(getattr(one, parameter.name, None))
        default: Any = parameter.default
        usual = tuple(default) if isinstance(default, list) else default
        if value is None or value == usual or value == "warn":
            continue
        kwargs[parameter.name] = value
    return role, str(Call(kind.__name__, (), kwargs))


def _value(value: Any) -> Value | None:
    """Return an attribute as an argument: numbers, texts, tuples of them; None for what is none."""
    value = getattr(value, "value", value)  # of an enum: InterpolationMode.BILINEAR
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        inner = [_value(each) for each in value]
        return None if any(each is None for each in inner) else tuple(each for each in inner if each is not None)
    return value if isinstance(value, bool | int | float | str) else None


def _unknown(one: Any, key: str) -> Diagnostic:
    name = getattr(one, "__name__", type(one).__name__)
    ours = type(one).__module__.startswith(HOME)
    return Diagnostic(
        code="Y004",
        severity="error",
        message=f"the transform `{name}` has no counterpart that is done in batches",
        where=place_of(one) if not ours else place_of(None),
        expected=", ".join((*names("transform"), *names("augment"))),
        received=repr(one)[:200],
        known="called picture by picture it would cost its time again in every epoch",
        help=f"do it in your data set's `__getitem__`, whose rows are read once, and leave it out of `{key}`",
    )
