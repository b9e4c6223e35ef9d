"""Rows in time order as arrays: values without holes, and where windows begin whose targets lie in one part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from modelwright.data.numbers import LIMIT, numbers_of

Blocks = Sequence[tuple[int, int]]


def filled(frame: pl.DataFrame, names: Sequence[str], offsets: Sequence[float], blocks: Blocks) -> np.ndarray:
    """Return columns as float32 `[R, C]` less their offsets: a missing value is the last one known of its series, one
    before the first known is that one; NaN where a series has none.

    >>> filled(pl.DataFrame({"x": [None, 1.0, None, 3.0]}), ["x"], [0.0], [(0, 4)])[:, 0].tolist()
    [1.0, 1.0, 1.0, 3.0]
    """
    found = np.empty((frame.height, len(names)), dtype=np.float32)
    for column, (name, offset) in enumerate(zip(names, offsets, strict=True)):
        values = frame[name].cast(pl.Float64).fill_nan(None)
        if values.null_count():
            values = pl.concat([values[a:b].forward_fill().backward_fill() for a, b in blocks])
        found[:, column] = (values.to_numpy().clip(-LIMIT, LIMIT) - offset).astype(np.float32)
    return found


def known(frame: pl.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return which rows have a value in each of the columns, bool `[R]`."""
    result = np.ones(frame.height, dtype=bool)
    for name in names:
        if frame[name].null_count() or frame[name].dtype.is_float():
            result &= ~np.isnan(numbers_of(frame[name]))
    return result


def segments(
    rows: np.ndarray, usable: np.ndarray, blocks: Blocks, window: int, horizon: int, stride: int
) -> np.ndarray:
    """Return runs of windows as int64 `[S, 2]`: how many windows there are before each run, and where its first begins.

    The targets of a window, `horizon` rows, lie in `rows` and are usable; its inputs, the `window` rows before them,
    may reach back into an earlier part of the same series, never out of it. In a run each window begins `stride` rows
    after the one before. The count of all windows stands in a last line.

    >>> segments(np.arange(6, 10), np.ones(10, bool), [(0, 10)], 4, 2, 1).tolist()
    [[0, 2], [3, 0]]
    """
    inside = np.zeros(len(usable), dtype=bool)
    inside[rows] = True
    inside &= usable
    lines: list[tuple[int, int]] = []
    total = 0
    for begin, end in blocks:
        edges = np.flatnonzero(np.diff(np.concatenate([[False], inside[begin:end], [False]]).astype(np.int8)))
        for start, stop in (edges.reshape(-1, 2) + begin).tolist():
            first = max(start, begin + window)
            count = (stop - horizon - first) // stride + 1
            if count > 0:
                lines.append((total, first - window))
                total += count
    return np.array([*lines, (total, 0)], dtype=np.int64)
