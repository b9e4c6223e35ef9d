"""New rows as PyTorch's users hold them (tensors, data sets, loaders, dicts of arrays) → what files and frames give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from modelwright.data.columns import Examples
from modelwright.data.datasets import is_dataset, read_held
from modelwright.data.held_vectors import ROWS, vector_table
from modelwright.data.images.behind import Normalised, as_bytes
from modelwright.data.row_arrays import is_tensor
from modelwright.spec.call import parse
from modelwright.spec.names import bind
from modelwright.spec.schema import DataSpec


def new_rows(rows: Any, transform: Sequence[str] = (), pictures: bool = True) -> Any:
    """Return rows without their answers: as they are, or of data sets and the like an array, a frame, or a dict with
    arrays of pictures. Pictures that are floats behind the `Normalize` of the model's `transform` come as bytes; where
    the model takes no `pictures`, floats stay as they are: one-hot sequences look like black and white.

    Raises what training on such rows raises: DataError F003, F008, RunError Y009 with the row.

    >>> new_rows({"x": np.zeros((2, 2))}).columns
    ['x_1', 'x_2']
    """
    undone = [_normalised(text) for text in transform if text.startswith("Normalize(")]
    known = undone if pictures else None
    if isinstance(rows, np.ndarray) and rows.ndim == 4:
        return as_bytes(rows, None, known)[0]
    if not is_dataset(rows):
        return rows
    inputs = read_held(rows, None, known).inputs
    if not isinstance(inputs, Examples):
        return inputs
    if ROWS in inputs.media:
        return vector_table(inputs, DataSpec()).frame
    return {name: inputs.media.get(name, inputs.frame[name]) for name in inputs.frame.columns}


def _normalised(text: str) -> Normalised:
    found: dict[str, Any] = bind("transform", parse(text))
    mean, deviation = (np.atleast_1d(found[name]).astype(float).tolist() for name in ("mean", "std"))
    return tuple(mean), tuple(deviation)


def without_pictures(rows: Any) -> Any:
    """Return the columns of a dict that are no arrays of pictures; other rows as they are."""
    if not isinstance(rows, dict):
        return rows
    return {name: values for name, values in rows.items() if getattr(values, "ndim", 1) < 3}


def is_array(rows: Any) -> bool:
    """Tell whether rows are an array or a tensor: their answers come back as an array."""
    return isinstance(rows, np.ndarray) or is_tensor(rows)
