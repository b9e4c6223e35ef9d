"""Pictures that Python holds beside other columns: a dict of arrays, or a data set whose rows are dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Examples, Table
from modelwright.data.delimited import Read
from modelwright.data.frames import with_answers
from modelwright.data.images.arrays import channels_first
from modelwright.data.images.columns import Taken
from modelwright.data.images.sizes import Decoding
from modelwright.data.images.store import Stored
from modelwright.data.problems import fail
from modelwright.data.spill import digest_of
from modelwright.diagnostic import Place
from modelwright.spec.schema import DataSpec


def examples_of_several(source: Examples, y: Any, targets: Sequence[str]) -> tuple[Examples, list[str] | None]:
    """Return rows whose pictures are bytes `[N, C, H, W]`, with `y` as further columns, and the names of these.

    DataError F008 for arrays of more axes that are no pictures; S302 and S306 for pictures that cannot be read.
    """
    media = {name: _pictures(array, name) for name, array in source.media.items()}
    frame, names = with_answers(source.frame, y, targets)
    return Examples(frame, media, source.parts), names


def _pictures(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim > 4 or (array.ndim == 3 and array.dtype.kind == "f"):
        raise fail(
            "F008",
            f"`{name}` has {array.ndim - 1} axes a row, and only pictures may stand beside other columns",
            where=Place(key=name),
            expected="[N], [N, W], or pictures of bytes [N, H, W] or [N, C, H, W]",
            received=f"{list(array.shape)} of {array.dtype}",
            fix="flatten it, or give one array alone: sequences are [N, T, C]",
        )
    return np.ascontiguousarray(channels_first(array, name)[0])


def table_of_several(examples: Examples, data: DataSpec, rest: Callable[[Read, DataSpec], Table]) -> Table:
    """Return the rows as a table: the other columns as `rest` types them, and before them those of pictures."""
    media, height = examples.media, examples.frame.height
    others = examples.frame.drop(list(media))
    found = Read(others, (height,), {}, {"format": "a dict of arrays in memory"})
    kinds = {name: kind for name, kind in data.columns.items() if name not in media}
    stored = {name: _stored(array) for name, array in media.items()}
    numbered = [f"row {row + 1}" for row in range(height)]
    taken = Taken(stored, np.arange(height), dict.fromkeys(media, numbered), skip=False)
    table = rest(found, data.model_copy(update={"columns": kinds}))
    return replace(taken.put(table), files=())


def _stored(array: np.ndarray) -> Stored:
    channels, height, width = array.shape[1:]
    shape = (int(channels), int(height), int(width))
    decoding = Decoding(colours=shape[0], shape=shape)
    return Stored(array, digest_of(array), shapes=[list(shape)], decoding=decoding)


def below_one_another(inputs: Sequence[Any]) -> Any:
    """Return the rows of several arrays, frames or `Examples` of the same columns (`shape_of`) as one."""
    if isinstance(inputs[0], pl.DataFrame):
        return _frames(inputs)
    if not isinstance(inputs[0], Examples):
        return np.concatenate(inputs)
    media = {name: np.concatenate([each.media[name] for each in inputs]) for name in inputs[0].media}
    frame = _frames([each.frame for each in inputs])
    counted = [pl.Series(name, np.arange(frame.height)) for name in media]
    return Examples(frame.with_columns(counted), media)


def shape_of(inputs: Any) -> Any:
    """Return what one row of inputs is like: its shape, or its columns with their kinds, or the shapes of pictures."""
    if not isinstance(inputs, Examples | pl.DataFrame):
        return list(np.shape(inputs)[1:])
    frame, media = (inputs, {}) if isinstance(inputs, pl.DataFrame) else (inputs.frame, inputs.media)
    kinds = {name: "number" if kind.is_numeric() else str(kind) for name, kind in sorted(frame.schema.items())}
    return kinds | {name: str(list(array.shape[1:])) for name, array in media.items()}


def differing(shapes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the shapes of several rows, of columns only those that are not the same in all."""
    if not all(isinstance(shape, dict) for shape in shapes.values()):
        return shapes
    same = set.intersection(*(set(shape.items()) for shape in shapes.values()))
    return {name: dict(item for item in shape.items() if item not in same) for name, shape in shapes.items()}


def _frames(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([each.select(frames[0].columns) for each in frames], how="vertical_relaxed")


def new_pictures(source: object, name: str) -> np.ndarray | None:
    """Return the array of pictures called `name` in a dict of arrays; None where there is none."""
    array = source.get(name) if isinstance(source, Mapping) else None
    return array if getattr(array, "ndim", 0) > 2 else None
