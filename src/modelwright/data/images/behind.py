"""The bytes behind pictures that are floats: what `ToTensor` and `Normalize` of a data set made of them, undone.

Bytes are a quarter of the memory, and the model that is saved then takes pictures as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

CLOSE = 0.01  # of a step of one byte: float32 is off by 1e-4 of one
AT_ONCE = 1024
Numbers = tuple[float, ...]
Normalised = tuple[Numbers, Numbers]
USUAL: tuple[Normalised, ...] = (
    ((0.0,), (1.0,)),
    ((0.1307,), (0.3081,)),
    ((0.5,), (0.5,)),
    ((0.2860,), (0.3530,)),
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
)
"""Means and deviations of tutorials: none, MNIST, halves, FashionMNIST, ImageNet, CIFAR-10 in both its spellings."""


def as_bytes(array: np.ndarray, one: Any = None, known: Sequence[Normalised] | None = ()) -> tuple[np.ndarray, str]:
    """Return pictures `[N, C, H, W]` as bytes, and the `Normalize` that made floats of them (empty: only divided by
    255, as `ToTensor` does). Other arrays, and floats that no byte stands behind, come back as they are. Tried first
    are the normalisations that are `known`, then those of the transforms of the data set `one`; with None nothing is
    undone: these are no pictures.

    >>> as_bytes(((np.full((1, 1, 2, 2), 51) / 255 - 0.5) / 0.5).astype(np.float32))[1]
    'Normalize(0.5, 0.5)'
    """
    if array.ndim == 1:
        return array[:, None], ""
    if known is None or array.ndim < 3 or array.dtype.kind != "f":
        return array, ""
    channels = array.shape[1] if array.ndim == 4 else 1
    if array.ndim == 3 and np.isin(array[:AT_ONCE], (0, 1)).all():
        return array, ""  # steps that are marked by 0 and 1, one of them each time, are no grey pictures
    for mean, deviation in (*known, *_normalise_of(one), *USUAL):
        if {len(mean), len(deviation)} <= {1, channels} and (found := _undone(array, mean, deviation)) is not None:
            plain = set(mean) == {0.0} and set(deviation) == {1.0}
            return found, "" if plain else f"Normalize({_written(mean)}, {_written(deviation)})"
    return array, ""


def _undone(array: np.ndarray, mean: Sequence[float], deviation: Sequence[float]) -> np.ndarray | None:
    """Return the bytes of which a normalisation made these numbers; None where they are none."""
    axes = (-1, 1, 1) if array.ndim == 4 else (1, 1)
    shift, scale = (np.array(each, dtype=np.float64).reshape(axes) * 255 for each in (mean, deviation))
    found = np.empty(array.shape, dtype=np.uint8)
    for start in range(0, len(array), AT_ONCE):
        levels = array[start : start + AT_ONCE] * scale + shift
        whole = np.rint(levels)
        if not (np.abs(levels - whole) < CLOSE).all() or whole.min(initial=0) < 0 or whole.max(initial=0) > 255:
            return None
        found[start : start + AT_ONCE] = whole
    return found


def _written(numbers: Sequence[float]) -> str:
    return f"{numbers[0]:g}" if len(set(numbers)) == 1 else str([float(f"{number:g}") for number in numbers])


def _normalise_of(one: Any) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield what the `Normalize` objects in a data set's transforms subtract and divide by."""
    seen, waiting = 0, [one]
    while waiting and seen < 50:
        each, seen = waiting.pop(), seen + 1
        mean, deviation = getattr(each, "mean", None), getattr(each, "std", None)
        if type(each).__name__ == "Normalize" and mean is not None and deviation is not None:
            yield _numbers(mean), _numbers(deviation)
        for name in ("dataset", "transform", "transforms"):
            inner = getattr(each, name, None)
            waiting += list(inner) if isinstance(inner, list | tuple) else [] if inner is None else [inner]


def _numbers(value: Any) -> Numbers:
    return tuple(float(each) for each in np.asarray(value, dtype=np.float64).reshape(-1))
