"""Rows of a data set as arrays: items are taken apart, and those of one name stand one below another. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Examples
from modelwright.data.problems import problem
from modelwright.errors import DataError
from modelwright.spec.own import place_of


def is_tensor(value: object) -> bool:
    return hasattr(value, "detach") and hasattr(value, "numpy")


def array_of(value: Any) -> np.ndarray:
    return np.asarray(value.detach().cpu().numpy() if is_tensor(value) else value)


def named_parts(item: Any) -> list[tuple[str, Any]]:
    """Return the named tensors of one row: `x` and `y`, several `x1`, `x2` before the last, or the keys of a dict."""
    if isinstance(item, Mapping):
        return [(str(name), value) for name, value in item.items()]
    if isinstance(item, tuple | list) and len(item) > 1:
        inputs = list(item[:-1])
        names = ["x"] if len(inputs) == 1 else [f"x{number}" for number in range(1, len(inputs) + 1)]
        return [*zip(names, inputs, strict=True), ("y", item[-1])]
    return [("x", item[0] if isinstance(item, tuple | list) and len(item) == 1 else item)]


def arrays_of(item: Any) -> dict[str, np.ndarray]:
    return {name: array_of(value) for name, value in named_parts(item)}


def apart(batch: Any) -> tuple[Any, Any]:
    """Return inputs and targets of a batch of all rows, as a `collate_fn` made it; a dict of pictures or sequences and
    their labels is a pair of both."""
    arrays = arrays_of(batch)
    if isinstance(batch, Mapping) and len(arrays) == 2:
        flat, shaped = sorted(arrays.values(), key=np.ndim)
        if flat.ndim == 1 and shaped.ndim > 2:
            return shaped, flat
    return of_arrays(arrays, isinstance(batch, Mapping))


def of_arrays(arrays: dict[str, np.ndarray], is_dict: bool) -> tuple[Any, Any]:
    """Return inputs and answers: one array, or several side by side as columns; those of a dict are columns too, and so
    is a picture that stands where an answer would: `(left, right)`."""
    pictured = "y" in arrays and arrays["y"].ndim > 2
    answers = None if is_dict or pictured else arrays.pop("y", None)
    if len(arrays) == 1 and not is_dict:
        return next(iter(arrays.values())), answers
    return side_by_side(arrays), answers


class Checked:
    """Stacks rows, block by block; DataError at the first that has another shape than row 0."""

    def __init__(self, one: Any) -> None:
        self.one = one
        self.first: dict[str, tuple[int, ...]] | None = None
        self.count = 0

    def stacked(self, rows: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """Return the arrays of a block of rows, by their names."""
        for number, row in enumerate(rows, start=self.count):
            shapes = {name: array.shape for name, array in row.items()}
            self.first = self.first or shapes
            if shapes != self.first:
                message = f"row {number} of `{type(self.one).__name__}` has another shape than row 0"
                known = "pad or crop in `__getitem__`: rows of one shape can be stacked"
                place = place_of(self.one)
                raise DataError(
                    problem(
                        "F003", message, where=place, expected=_said(self.first), received=_said(shapes), known=known
                    )
                )
        self.count += len(rows)
        return {name: np.stack([row[name] for row in rows]) for name in self.first or ()}


def _said(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())


def side_by_side(arrays: Mapping[str, np.ndarray]) -> pl.DataFrame | Examples:
    """Return arrays `[N]` and `[N, W]` side by side as columns `name` and `name_1`, `name_2`, …; of those of more axes
    the columns hold row numbers, and `Examples.media` the arrays."""
    series: list[pl.Series] = []
    media = {name: array for name, array in arrays.items() if array.ndim > 2}
    for name, array in arrays.items():
        if name in media:
            series.append(pl.Series(name, np.arange(len(array))))
        elif array.ndim == 1:
            series.append(pl.Series(name, array))
        else:
            series += [
                pl.Series(f"{name}_{at + 1}", np.ascontiguousarray(array[:, at])) for at in range(array.shape[1])
            ]
    if len({len(each) for each in series}) > 1:
        counts = ", ".join(f"{name} {len(array):,}" for name, array in arrays.items())
        raise DataError(problem("F003", "the arrays have different numbers of rows", received=counts))
    frame = pl.DataFrame(series)
    return Examples(frame, media) if media else frame
