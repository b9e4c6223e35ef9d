"""Splits and folds as scikit-learn makes them, in numpy: importing scikit-learn costs more than a small training run.

Positions, not rows: a table's row numbers are looked up by the caller. Source of the algorithms: scikit-learn's
`train_test_split`, `ShuffleSplit`, `StratifiedShuffleSplit`, `GroupShuffleSplit`, `KFold` and `StratifiedKFold`; tests
hold them equal.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np

Halves = tuple[np.ndarray, np.ndarray]
Cut = Callable[[np.ndarray, float | int], Halves]
"""Parts positions into (rest, held out) by a share or a count."""


def count(size: float | int, available: int) -> int:
    """Return how many of `available` a share or a count means; a share is rounded up, as scikit-learn does.

    >>> count(0.2, 11), count(3, 11)
    (3, 3)
    """
    return ceil(size * available) if isinstance(size, float) else size


def tail(rows: np.ndarray, size: float | int) -> Halves:
    """Hold out the last rows in the order they have (`shuffle=False`)."""
    held = count(size, len(rows))
    return rows[: len(rows) - held], rows[len(rows) - held :]


def shuffled(rows: np.ndarray, size: float | int, seed: int) -> Halves:
    """Hold out rows drawn at random, as `train_test_split(rows, test_size=size, random_state=seed)` does."""
    held = count(size, len(rows))
    order = np.random.RandomState(seed).permutation(len(rows))
    return rows[order[held:]], rows[order[:held]]


def stratified(rows: np.ndarray, size: float | int, seed: int, classes: np.ndarray) -> Halves:
    """Hold out rows with the shares of the classes kept, as `train_test_split(..., stratify=classes[rows])` does.

    `classes` numbers the class of each row of the whole table. The parts must have room for every class
    (`can_stratify`).
    """
    held = count(size, len(rows))
    _, index, counts = np.unique(classes[rows], return_inverse=True, return_counts=True)
    members = np.split(np.argsort(index, kind="stable"), np.cumsum(counts)[:-1])
    rng = np.random.RandomState(seed)
    kept_counts = _shares(counts, len(rows) - held, rng)
    held_counts = _shares(counts - kept_counts, held, rng)
    kept: list[np.ndarray] = []
    out: list[np.ndarray] = []
    for own, keep, hold in zip(members, kept_counts, held_counts, strict=True):
        drawn = own[rng.permutation(len(own))]
        kept.append(drawn[:keep])
        out.append(drawn[keep : keep + hold])
    return rows[rng.permutation(np.concatenate(kept))], rows[rng.permutation(np.concatenate(out))]


def can_stratify(rows: np.ndarray, size: float | int, classes: np.ndarray) -> str:
    """Return why these rows cannot be parted with the shares of the classes kept; empty if they can."""
    held = count(size, len(rows))
    counts = np.unique(classes[rows], return_counts=True)[1]
    if counts.min() < 2:
        return f"{int((counts < 2).sum())} of {len(counts)} classes have a single row to share out"
    if min(held, len(rows) - held) < len(counts):
        return f"a part of {min(held, len(rows) - held)} rows has no room for {len(counts)} classes"
    return ""


def grouped(rows: np.ndarray, size: float | int, seed: int, groups: np.ndarray) -> Halves:
    """Hold out whole groups, as `GroupShuffleSplit` does: `size` is a share or a count of groups.

    `groups` numbers the group of each row of the whole table.
    """
    names, index = np.unique(groups[rows], return_inverse=True)
    _, out = shuffled(np.arange(len(names)), size, seed)
    held = np.isin(index, out)
    return rows[~held], rows[held]


def latest(rows: np.ndarray, size: float | int, times: np.ndarray) -> Halves:
    """Hold out the last rows of `rows`, which are in time order; rows of equal time stay together.

    A border inside a run of equal times moves back to its start, so the held-out part has at least the rows asked
    for; where nothing would be left before it, the border moves on to the end of the run.
    """
    border = len(rows) - count(size, len(rows))
    if 0 < border < len(rows) and times[rows[border - 1]] == times[rows[border]]:
        start = int(np.searchsorted(times[rows], times[rows[border]], side="left"))
        border = start or int(np.searchsorted(times[rows], times[rows[border]], side="right"))
    return rows[:border], rows[border:]


def _shares(counts: np.ndarray, draws: int, rng: np.random.RandomState) -> np.ndarray:
    """Share `draws` out over the classes as evenly as whole rows allow, ties drawn (`_approximate_mode`)."""
    exact = counts / counts.sum() * draws
    whole = np.floor(exact)
    missing = int(draws - whole.sum())
    remainder = exact - whole
    for value in np.unique(remainder)[::-1]:
        if missing <= 0:
            break
        tied = np.flatnonzero(remainder == value)
        chosen = rng.choice(tied, size=min(len(tied), missing), replace=False)
        whole[chosen] += 1
        missing -= len(chosen)
    return whole.astype(np.int64)


def folds(rows: np.ndarray, count: int, seed: int | None) -> list[Halves]:
    """Return (rest, test) of each fold, as `KFold(count, shuffle=seed is not None, random_state=seed)` makes them.

    >>> [test.tolist() for _, test in folds(np.arange(5), 2, None)]
    [[0, 1, 2], [3, 4]]
    """
    order = np.arange(len(rows))
    if seed is not None:
        np.random.RandomState(seed).shuffle(order)
    fold_of = np.empty(len(rows), dtype=np.int64)
    for number, part in enumerate(np.array_split(order, count)):
        fold_of[part] = number
    return _halves(rows, fold_of, count)


def stratified_folds(rows: np.ndarray, count: int, seed: int | None, classes: np.ndarray) -> list[Halves]:
    """Return (rest, test) of each fold with the shares of the classes kept, as `StratifiedKFold` makes them.

    `classes` [rows] numbers the class of each row; every class has `count` rows or more.
    """
    _, first, index = np.unique(classes, return_index=True, return_inverse=True)
    seen = np.argsort(np.argsort(first))[index]  # classes in the order in which they are first met
    ordered = np.sort(seen)
    shares = np.array([np.bincount(ordered[start::count], minlength=len(first)) for start in range(count)])
    rng = np.random.RandomState(seed) if seed is not None else None
    fold_of = np.empty(len(rows), dtype=np.int64)
    for number in range(len(first)):
        own = np.arange(count).repeat(shares[:, number])
        if rng is not None:
            rng.shuffle(own)
        fold_of[seen == number] = own
    return _halves(rows, fold_of, count)


def _halves(rows: np.ndarray, fold_of: np.ndarray, count: int) -> list[Halves]:
    return [(rows[fold_of != number], rows[fold_of == number]) for number in range(count)]
