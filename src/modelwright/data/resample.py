"""Sequences brought to one number of steps, so that none is cut and none is padded."""

from __future__ import annotations

import numpy as np

from modelwright.data.sequences import lengths_of


def resampled(sequences: np.ndarray, steps: int) -> np.ndarray:
    """Return sequences `[N, T, C]` at `steps` places, evenly spread from the first step to the last of each: float32
    `[N, steps, C]`.

    Between two steps a straight line stands, as in tslearn's TimeSeriesResampler (Tavenard et al. 2020). NaN where a
    neighbour is NaN; a sequence of one step is repeated.

    >>> resampled(np.array([[[0.0], [2.0], [4.0], [np.nan]]], dtype=np.float32), 5)[0, :, 0].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    last = np.maximum(lengths_of(sequences) - 1, 0)[:, None]
    before, rest = np.divmod(np.arange(steps)[None] * last, max(steps - 1, 1))  # whole: a step is met exactly
    share = (rest / max(steps - 1, 1)).astype(np.float32)[:, :, None]
    rows = np.arange(len(sequences))[:, None]
    left, right = sequences[rows, before], sequences[rows, np.minimum(before + 1, last)]
    return np.ascontiguousarray(np.where(share == 0, left, left + (right - left) * share), dtype=np.float32)
