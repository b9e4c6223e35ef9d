"""How pictures become numbers, how they are changed at random in training, and what is chosen where nothing is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from modelwright.data.columns import Column, Table
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.plan import picture_defaults
from modelwright.plan.plan import InputPlan
from modelwright.plan.shape_rule import dims
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.names import bind
from modelwright.spec.own import is_own
from modelwright.spec.pictures import GEOMETRY, MIXES, NUMBERS, Shape, borders, shape_after
from modelwright.spec.schema import Spec

GREY = np.array([0.2989, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in grey, as torchvision and Pillow have them (ITU-R 601)."""
MOST_BYTES = 1 << 28  # of training pictures that are measured; beyond it every n-th is taken
AT_ONCE = 1 << 20  # bytes: stays in the processor's cache


def picture_input(spec: Spec, column: Column, table: Table, rows: np.ndarray) -> tuple[InputPlan, dict[str, str]]:
    """Return the input that a column of pictures becomes, and reasons; SpecError Y007 for transforms out of order.

    The transforms have every value filled in: `Normalize` has the mean and deviation of the pictures of `rows`.
    """
    array = table.media[column.name]
    given = [parse(text) for text in spec.transform] if isinstance(spec.transform, list) else []
    done = _done_in_reading(spec, table)
    _in_order(given)
    shape: Shape = array.shape[1:]
    geometry = [call for call in given[done:] if call.name in GEOMETRY]
    grey = False
    for call in geometry:
        shape = shape_after(call, bind("transform", call), shape)
        grey = grey or call.name == "Grayscale"
        _positive(call, shape, given)
    numbers, why = _numbers(given, array, table.frame[column.name].to_numpy()[rows], shape[0], grey)
    calls = (*geometry, Call("ToTensor"), *numbers)
    planned = InputPlan(
        name=column.name,
        kind="image",
        encoding="pixels",
        why=column.why,
        shape=tuple(shape),
        transform=tuple(str(call) for call in calls),
    )
    return planned, {"transform": why}


def _done_in_reading(spec: Spec, table: Table) -> int:
    """Return how many of the transforms were done when the pictures were read: they had several sizes, or one of
    the transforms is an object of the user's own."""
    options, given = table.reading.options, spec.transform if isinstance(spec.transform, list) else []
    return done_before(given, options.get("changed") or options.get("steps"))


def done_before(given: Sequence[str], steps: object) -> int:
    """Return how many of the given transforms are the first of `steps`, one after another."""
    done = [a == b for a, b in zip(given, steps if isinstance(steps, list) else [], strict=False)]
    return done.index(False) if False in done else len(done)


def steps_read(options: Mapping[str, Any], name: str) -> object:
    """Return the transforms that were done when the pictures of a column were read, as what reading found has them."""
    return (options.get("pictures") or {}).get(name, options).get("steps")


def _in_order(given: Sequence[Call]) -> None:
    names = [call.name for call in given]
    normal = names.index("Normalize") if "Normalize" in names else len(names)
    late = [(at, name) for at, name in enumerate(names) if at > normal and name in GEOMETRY]
    if late or names.count("Normalize") > 1:
        at, name = late[0] if late else (len(names) - 1 - names[::-1].index("Normalize"), "Normalize")
        right = [str(call) for call in sorted(given, key=lambda call: call.name in NUMBERS)]
        message = (
            f"`{name}` works on pictures, and must stand before `Normalize`" if late else "`Normalize` stands twice"
        )
        raise SpecError(_contradiction(f"transform[{at}]", message, f"transform: [{', '.join(right)}]" if late else ""))


def _positive(call: Call, shape: Shape, given: Sequence[Call]) -> None:
    if min(shape) < 1 or (call.name == "Grayscale" and shape[0] not in (1, 3)):
        at = next((at for at, one in enumerate(given) if one == call), 0)
        raise SpecError(_contradiction(f"transform[{at}]", f"{call} gives pictures of {dims(shape)}", ""))


def _numbers(
    given: Sequence[Call], array: np.ndarray, rows: np.ndarray, channels: int, grey: bool
) -> tuple[list[Call], str]:
    """Return `Normalize` with its numbers, or nothing where the description ends in `ToTensor`; and the reason."""
    normal = next((call for call in given if call.name == "Normalize"), None)
    if normal is None and any(call.name == "ToTensor" for call in given):
        return [], "given: numbers of 0 to 1"
    arguments = {} if normal is None else bind("transform", normal)
    mean, std = (arguments.get(name, ...) for name in ("mean", "std"))
    if mean is not ... and std is not ...:
        filled = Call("Normalize", (_a_channel(mean, channels, normal), _a_channel(std, channels, normal)))
        if 0 in filled.args[1]:  # pyright: ignore[reportOperatorIssue]
            raise SpecError(_contradiction("transform", "`std` of `Normalize` cannot be 0", "transform: Normalize"))
        return [filled], "given"
    means, deviations, measured = moments(array, rows, grey)
    if grey:
        means, deviations = means * channels, deviations * channels
    first = means if mean is ... else _a_channel(mean, channels, normal)
    second = deviations if std is ... else _a_channel(std, channels, normal)
    chosen = "default: " if normal is None else ""
    why = f"{chosen}`Normalize` by mean and deviation of {measured:,} training pictures"
    return [Call("Normalize", (first, second))], why


def _a_channel(value: Value, channels: int, normal: Call | None) -> tuple[Value, ...]:
    numbers = value if isinstance(value, tuple) else (value,)
    if len(numbers) not in (1, channels):
        message = f"`{normal}` has {len(numbers)} numbers, the pictures have {channels} channel{'s'[: channels > 1]}"
        raise SpecError(_contradiction("transform", message, "transform: Normalize"))
    return numbers * channels if len(numbers) == 1 else numbers


def moments(
    array: np.ndarray, rows: np.ndarray, grey: bool = False
) -> tuple[tuple[float, ...], tuple[float, ...], int]:
    """Return mean and standard deviation of each channel over some pictures, 0 to 1, to four digits; and how many.

    >>> moments(np.array([[[[0, 255]]]], dtype=np.uint8), np.array([0]))
    ((0.5,), (0.5,), 1)
    """
    size = int(np.prod(array.shape[1:]))
    rows = rows[:: max(1, -(-len(rows) * size // MOST_BYTES))]
    channels = 1 if grey else array.shape[1]
    sums, squares, count = np.zeros(channels), np.zeros(channels), 0
    step = max(1, AT_ONCE // size)
    for start in range(0, len(rows), step):
        piece = array[rows[start : start + step]].astype(np.float32)
        if grey and array.shape[1] == 3:
            piece = np.einsum("nchw,c->nhw", piece, GREY)[:, None]
        for channel in range(channels):
            flat = piece[:, channel].reshape(-1)
            sums[channel] += float(flat.sum(dtype=np.float64))
            squares[channel] += float(np.dot(flat, flat))
        count += piece.shape[0] * piece.shape[2] * piece.shape[3]
    mean = sums / max(1, count)
    deviation = np.sqrt(np.maximum(squares / max(1, count) - mean**2, 0))
    scale = [round(float(value) / 255, 4) or 1.0 for value in deviation]
    return tuple(round(float(value) / 255, 4) for value in mean), tuple(scale), len(rows)


def augmentation(spec: Spec, column: InputPlan, loss: str, task: str) -> tuple[tuple[str, ...], str]:
    """Return the random transforms, checked against the pictures, and the reason; SpecError for what does not fit."""
    if not isinstance(spec.augment, list):
        return (), "given"
    problems = [
        found
        for at, text in enumerate(spec.augment)
        for found in _unfit(parse(text), f"augment[{at}]", column.shape, loss, task)
    ]
    if problems:
        raise SpecError(*problems)
    return tuple(spec.augment), "given"


def _unfit(call: Call, key: str, shape: Shape, loss: str, task: str) -> Iterator[Diagnostic]:
    if is_own(call.name):
        return
    given = bind("augment", call)
    after = shape_after(call, given, shape)
    if tuple(after) != tuple(shape):
        fix = f"{call.name}({shape[1] if shape[1] == shape[2] else (shape[1], shape[2])}"
        message = f"{call} gives pictures of {dims(after)}, the model takes {dims(shape)}"
        yield _contradiction(key, message, fix + (", padding=2)" if call.name == "RandomCrop" else ")"))
    elif call.name == "RandomCrop" and given.get("pad_if_needed") is not True:
        left, top, right, bottom = borders(given.get("padding"))
        if not any((left, top, right, bottom)):
            yield _contradiction(
                key, f"{call} has no effect: the crop is as large as the picture", f"RandomCrop({shape[1]}, padding=2)"
            )
    if call.name == "RandomRotation" and given.get("expand") is True:
        yield _contradiction(key, "`expand=True` would change the size of the pictures", "RandomRotation(10)")
    yield from _unmixable(call, key, loss, task)
    yield from _unordered(call, key, given)


def _unmixable(call: Call, key: str, loss: str, task: str) -> Iterator[Diagnostic]:
    if call.name in MIXES and task == "multiclass" and parse(loss).name != "CrossEntropyLoss":
        message = f"{call.name} mixes classes, which {parse(loss).name} cannot learn from"
        yield _contradiction(key, message, "loss: CrossEntropyLoss")


def _unordered(call: Call, key: str, given: Mapping[str, Value]) -> Iterator[Diagnostic]:
    for name in ("scale", "ratio"):
        value = given.get(name)
        if isinstance(value, tuple):
            numbers = [number for number in value if isinstance(number, int | float)]
            if len(numbers) != 2 or numbers[0] > numbers[1] or numbers[0] <= 0:
                yield _contradiction(key, f"`{name}` of {call.name} must be two numbers above 0, the smaller first", "")


def settled(
    spec: Spec, column: InputPlan, loss: str, task: str, recipe: str | None, why: dict[str, str]
) -> tuple[str, ...]:
    """Return the random transforms and add the reasons; SpecError Y007 for keys without effect on these data."""
    pictures = column.encoding == "pixels"
    if problems := [*(_beside_pictures(spec) if pictures else _without_pictures(spec))]:
        raise SpecError(*problems)
    if not pictures:
        return ()
    why["evaluate.mirror"] = "given" if spec.evaluate.mirror else "default"
    if spec.augment == "auto":
        augment, why["augment"] = picture_defaults.augment(column.shape, task, recipe)
    else:
        augment, why["augment"] = augmentation(spec, column, loss, task)
    return augment


def _beside_pictures(spec: Spec) -> Iterator[Diagnostic]:
    if spec.scale not in ("auto", "none"):
        message = "without effect on pictures: `transform` makes numbers of them"
        yield _contradiction("scale", message, "transform: Normalize")
    for name in ("category", "missing"):
        if getattr(spec.encode, name) != "auto":
            key = f"encode.{name}"
            yield _contradiction(key, "without effect: the inputs are pictures", f"leave `{key}` out")


def _without_pictures(spec: Spec) -> Iterator[Diagnostic]:
    for name in ("transform", "augment"):
        if getattr(spec, name) not in ("auto", "none"):
            yield _contradiction(name, "without effect: the inputs are no pictures", f"leave `{name}` out")
    if spec.evaluate.mirror:
        yield _contradiction("evaluate.mirror", "without effect: the inputs are no pictures", "leave `mirror` out")


def _contradiction(key: str, message: str, fix: str) -> Diagnostic:
    return Diagnostic(code="Y007", severity="error", message=message, where=Place(key=key), help=fix)
