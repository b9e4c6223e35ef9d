"""Objects of `torchvision.transforms` as the calls of a description; known by module and class name, not imported.

`Compose([RandomCrop(32, padding=4), ToTensor(), Normalize(0.5, 0.5)])` says `augment: RandomCrop(...)`, which only
training pictures get, and `transform: [Normalize(...)]`. What has no counterpart, also a function of the user's own,
stays an object that is called for one picture after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.spec.call import Call, Value
from modelwright.spec.own import place_of
from modelwright.spec.signatures import Role, names, signature

HOME = "torchvision.transforms"
Given = Literal["image", "bytes", "numbers", "normal"]
"""What a transform is given: a `PIL.Image`, a tensor of bytes, one of 0 to 1, or one behind `Normalize`."""
AFTER: dict[str, Given] = {
    "ToTensor": "numbers",
    "ConvertImageDtype": "numbers",
    "PILToTensor": "bytes",
    "ToImage": "bytes",
    "ToPILImage": "image",
    "Normalize": "normal",
}
"""What follows a transform is given this."""
NOTHING = (*(name for name in AFTER if name != "Normalize"), "ToDtype", "ToPureTensor", "Identity")
"""What only turns pictures into tensors: that is done anyway."""
DRAWS = (
    *("AutoAugment", "RandAugment", "TrivialAugmentWide", "AugMix", "ElasticTransform", "GaussianBlur"),
    *("GaussianNoise", "ScaleJitter", "JPEG"),
)
"""Transforms that draw random numbers though they are not called `Random…`."""


@dataclass(frozen=True, slots=True)
class PerPicture:
    """An object that changes one picture after another, which no description can hold, and what it is given."""

    function: Callable[[Any], Any]
    given: Given = "image"

    @property
    def name(self) -> str:
        """What messages and descriptions call it."""
        inner = getattr(self.function, "func", self.function)
        name = getattr(inner, "__name__", type(inner).__name__)
        return name if name.isidentifier() else "function"

    @property
    def place(self) -> Place:
        """Where its code stands."""
        return place_of(self.function)


def are_objects(value: Any) -> bool:
    """Return whether a value of `transform` or `augment` is an object, or a list with one, and no text."""
    if isinstance(value, list | tuple):
        return any(not isinstance(each, str) for each in value)
    return not isinstance(value, str) and value is not None


def as_texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a description with transform objects as call texts, or `PerPicture` where no text says them.

    Raises SpecError with all that are no transforms, or stand where pictures are no pictures any more.
    """
    changed = {key: values[key] for key in ("transform", "augment") if key in values and are_objects(values[key])}
    if not changed:
        return dict(values)
    found: dict[str, list[str | PerPicture]] = {"transform": [], "augment": []}
    problems: list[Diagnostic] = []
    for key, value in changed.items():
        given: Given = "image"
        for one in _flat(value):
            try:
                if (call := _call(one, key, given)) is not None:
                    found[call[0]].append(call[1])
            except SpecError as error:
                problems += error.diagnostics
            given = _after(one, given)
    if problems:
        raise SpecError(*problems)
    made: dict[str, Any] = {key: texts for key, texts in found.items() if texts}
    beside = values.get("augment", "auto")
    if "augment" in made and "augment" not in changed and beside not in ("auto", "none"):
        made["augment"] += [beside] if isinstance(beside, str) else list(beside)
    kept = {key: value for key, value in values.items() if key not in changed}
    return {**kept, **{key: "auto" for key in changed if key not in made}, **made}


def per_picture(transform: Any) -> tuple[PerPicture, ...]:
    """Return the objects among transforms that are called for one picture after another, in their order."""
    given = as_texts({"transform": transform}) if are_objects(transform) else {}
    return tuple(one for one in given.get("transform", ()) if isinstance(one, PerPicture))


def _after(one: Any, given: Given) -> Given:
    """Return what the transform after this one is given."""
    if isinstance(one, str):
        return "normal" if one.partition("(")[0].strip().endswith("Normalize") else given
    kind = type(one)
    if not kind.__module__.startswith(HOME):
        return given
    if kind.__name__ == "ToDtype":
        return "numbers" if "float" in str(getattr(one, "dtype", "float")) else given
    return AFTER.get(kind.__name__, given)


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


def _call(one: Any, key: str, given: Given) -> tuple[Role, str | PerPicture] | None:
    """Return a transform as key and call text, or as an object to call; None where it has nothing to say."""
    if isinstance(one, str | PerPicture):
        return ("augment" if key == "augment" else "transform"), one
    kind = type(one)
    known = kind.__module__.startswith(HOME)
    if known and kind.__name__ in NOTHING:
        return None
    role: Role | None = next((each for each in ("transform", "augment") if kind.__name__ in names(each)), None)
    if not known or role is None:
        if not callable(one) or given == "normal":
            raise SpecError(_unfit(one, key))
        draws = known and (kind.__name__.startswith("Random") or kind.__name__ in DRAWS)
        return ("augment" if draws or key == "augment" else "transform"), PerPicture(one, given)
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


def _unfit(one: Any, key: str) -> Diagnostic:
    name = getattr(one, "__name__", type(one).__name__)
    ours = type(one).__module__.startswith(HOME)
    late = callable(one)
    why = "stands behind `Normalize`: pictures are bytes until then" if late else "cannot be called with a picture"
    return Diagnostic(
        code="Y004",
        severity="error",
        message=f"the transform `{name}` {why}",
        where=place_of(None if ours else one),
        expected=", ".join((*names("transform"), *names("augment"))) + ", or a function of one picture",
        received=repr(one)[:200],
        help=f"put it before `Normalize` in `{key}`" if late else "",
    )
