"""Pictures that are alike to the eye: equal ones, and copies that were scaled or saved again. Used by L204.

A perceptual hash (dHash: is each of 8×8 cells darker than its right neighbour?) finds candidates; the pixels confirm
them, since simple pictures such as digits share hashes. Source of the hash: Krawetz 2013, "Kind of like that".
"""

from __future__ import annotations

import numpy as np

CELLS = 8
MOST = 10_000  # pictures of a part that are looked at, evenly spread
CLOSE = 0.04
"""Mean difference of two pictures, relative to the mean deviation from their mean, up to which they are copies. Patches
of photos saved again as JPEG of quality 90: a tenth below 0.032; the nearest of MNIST's test and training
digits lie at 0.060 (see the lab book)."""


def cells(pictures: np.ndarray) -> np.ndarray:
    """Return pictures [N, C, H, W] as the brightness of 8×9 cells, float32 [N, 8, 9]."""
    grey = pictures.mean(1, dtype=np.float32) if pictures.shape[1] > 1 else pictures[:, 0]
    height, width = grey.shape[1:]
    rows = np.minimum(np.arange(CELLS) * height // CELLS, height - 1)
    columns = np.minimum(np.arange(CELLS + 1) * width // (CELLS + 1), width - 1)
    tall, wide = np.diff([*rows, height]), np.diff([*columns, width])
    sums = np.add.reduceat(np.add.reduceat(grey, rows, axis=1, dtype=np.float32), columns, axis=2)
    return sums / (np.maximum(tall, 1)[:, None] * np.maximum(wide, 1)[None])


def hashes(made: np.ndarray) -> np.ndarray:
    """Return one uint64 a picture: alike pictures have equal ones, of cells as `cells` gives them."""
    bits = made[:, :, 1:] > made[:, :, :-1]
    return np.packbits(bits.reshape(len(made), -1), axis=1).view(np.uint64)[:, 0]


def copies(known: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return for each asked picture the place of a known one that it is a copy of, -1 where there is none."""
    order = np.argsort(keys := hashes(cells(known)), kind="stable")
    first = np.searchsorted(keys[order], wanted := hashes(cells(asked)), side="left")
    last = np.searchsorted(keys[order], wanted, side="right")
    found = np.full(len(asked), -1, dtype=np.int64)
    for place in np.flatnonzero(last > first):
        candidates = order[first[place] : last[place]]
        picture = asked[place].astype(np.int16)
        apart = np.abs(known[candidates] - picture).mean((1, 2, 3))
        nearest = int(apart.argmin())
        if apart[nearest] <= CLOSE * max(1.0, float(np.abs(picture - picture.mean()).mean())):
            found[place] = candidates[nearest]
    return found
