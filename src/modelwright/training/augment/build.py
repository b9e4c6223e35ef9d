"""Call texts of `augment` → what changes each training batch, as a function of (seed, epoch, rows)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from torch import Tensor

from modelwright.spec.call import Value, parse
from modelwright.spec.names import bind
from modelwright.spec.pictures import MIXES, pair
from modelwright.training.augment.calls import Calls
from modelwright.training.augment.colours import ColorJitter, RandomErasing
from modelwright.training.augment.crops import RandomCrop, RandomFlip, RandomResizedCrop
from modelwright.training.augment.mixes import Mix, targets
from modelwright.training.augment.noise import uniform
from modelwright.training.augment.warps import RandomAffine

Batch = tuple[Tensor, ...]
CHOICE = 0  # stream of which mix a batch gets


class Change(Protocol):
    """Changes pictures `[N, C, H, W]` by `draws` random numbers each."""

    @property
    def draws(self) -> int: ...

    def __call__(self, x: Tensor, u: Tensor, /) -> Tensor: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Augment:
    """Changes training batches (pictures, target, perhaps weights); give it to `Batches` as its transform.

    `classes` is the number of classes where the target holds class numbers, 0 where it holds numbers.
    """

    seed: int
    changes: tuple[Change, ...]
    mixes: tuple[Mix, ...]
    classes: int

    def __call__(self, epoch: int, rows: Tensor, batch: Batch) -> Batch:
        pictures, target, *others = batch
        for stream, change in enumerate(self.changes, start=1):
            pictures = change(pictures, uniform(self.seed, epoch, rows, stream, change.draws))
        if not self.mixes:
            return (pictures, target, *others)
        first = int(rows[0])
        which = int(uniform(self.seed, epoch, rows[:1], CHOICE, 1)[0, 0] * len(self.mixes))
        mix = self.mixes[which]
        pictures, share = mix.pictures(pictures, mix.draw(self.seed, epoch, first, which))
        return (pictures, targets(target, share, self.classes), *(targets(other, share, 0) for other in others))


def augmentation(
    texts: Sequence[str], seed: int, classes: int, own: Mapping[str, Any] = MappingProxyType({})
) -> Augment | None:
    """Return what the texts say, `own` with objects of the user's by key; None where they say nothing.

    >>> import torch
    >>> flip = augmentation(["RandomHorizontalFlip(p=1)"], seed=0, classes=10)
    >>> flip(0, torch.arange(1), (torch.tensor([[[[1, 2]]]]), torch.zeros(1)))[0].tolist()
    [[[[2, 1]]]]
    """
    if not texts:
        return None
    named = {f"augment[{at}]": parse(text) for at, text in enumerate(texts)}
    calls = {key: (call, {} if key in own else bind("augment", call)) for key, call in named.items()}
    changes = tuple(
        Calls(own[key]) if key in own else MAKERS[call.name](given)
        for key, (call, given) in calls.items()
        if call.name not in MIXES
    )
    mixes = tuple(
        Mix(alpha=_number(given.get("alpha", 1.0)), cut=call.name == "CutMix")
        for call, given in calls.values()
        if call.name in MIXES
    )
    return Augment(seed=seed, changes=changes, mixes=mixes, classes=classes)


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _numbers(value: Value) -> list[float]:
    return [_number(one) for one in value] if isinstance(value, tuple) else [_number(value)]


def _around(value: Value) -> tuple[float, float]:
    """Return a range of degrees: `10` is -10 to 10."""
    numbers = _numbers(value)
    return (-abs(numbers[0]), abs(numbers[0])) if len(numbers) == 1 else (numbers[0], numbers[1])


def _factor(value: Value) -> tuple[float, float] | None:
    """Return a range of factors: `0.2` is 0.8 to 1.2; None for 0."""
    numbers = _numbers(value)
    if len(numbers) > 1:
        return numbers[0], numbers[1]
    return (max(0.0, 1 - numbers[0]), 1 + numbers[0]) if numbers[0] else None


def _crop(given: Mapping[str, Value]) -> Change:
    options: dict[str, Any] = {**given, "size": pair(given["size"])}
    return RandomCrop(**options)


def _resized_crop(given: Mapping[str, Value]) -> Change:
    options: dict[str, Any] = {key: value for key, value in given.items() if key != "interpolation"}
    options["size"] = pair(given["size"])
    return RandomResizedCrop(**options)


def _flip(axis: int, given: Mapping[str, Value]) -> Change:
    return RandomFlip(p=_number(given.get("p", 0.5)), axis=axis)


def _rotation(given: Mapping[str, Value]) -> Change:
    return RandomAffine(degrees=_around(given["degrees"]), sign=-1.0, **_common(given))


def _affine(given: Mapping[str, Value]) -> Change:
    translate, scale, shear = (given.get(name) for name in ("translate", "scale", "shear"))
    shears = _numbers(shear) if shear is not None else [0.0, 0.0]
    shears = [-abs(shears[0]), abs(shears[0])] if len(shears) == 1 else shears
    more = _numbers(translate) if translate is not None else [0.0]
    factors = _numbers(scale) if scale is not None else [1.0]
    return RandomAffine(
        degrees=_around(given["degrees"]),
        translate=(more[0], more[-1]),
        scale=(factors[0], factors[-1]),
        shear_x=(shears[0], shears[1]),
        shear_y=(shears[2], shears[3]) if len(shears) == 4 else (0.0, 0.0),
        **_common(given),
    )


def _common(given: Mapping[str, Value]) -> dict[str, Any]:
    center = given.get("center")
    point = _numbers(center) if center is not None else None
    return {
        "interpolation": str(given.get("interpolation", "nearest")),
        "fill": _number(given.get("fill", 0)),
        "center": None if point is None else (point[0], point[-1]),
    }


def _jitter(given: Mapping[str, Value]) -> Change:
    hue = _numbers(given.get("hue", 0))
    turn = (hue[0], hue[1]) if len(hue) > 1 else (-hue[0], hue[0]) if hue[0] else None
    factors = {name: _factor(given.get(name, 0)) for name in ("brightness", "contrast", "saturation")}
    return ColorJitter(hue=turn, **factors)


def _erasing(given: Mapping[str, Value]) -> Change:
    options: dict[str, Any] = dict(given)
    return RandomErasing(**options)


MAKERS: dict[str, Callable[[Mapping[str, Value]], Change]] = {
    "RandomCrop": _crop,
    "RandomResizedCrop": _resized_crop,
    "RandomHorizontalFlip": partial(_flip, -1),
    "RandomVerticalFlip": partial(_flip, -2),
    "RandomRotation": _rotation,
    "RandomAffine": _affine,
    "ColorJitter": _jitter,
    "RandomErasing": _erasing,
}
