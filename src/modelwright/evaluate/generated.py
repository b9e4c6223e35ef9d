"""How like real rows generated ones are: distances of features, coverage, columns, copies. NumPy only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
GROUPS = 20
T_19 = 2.093
"""The 97.5 % quantile of Student's t with 19 degrees of freedom."""
NEIGHBOURS = 5
"""Of a real row, that bound what counts as near it; Naeem et al. 2020 take 5."""


def frechet_distance(a: Array, b: Array) -> float:
    """Return the Fréchet distance of two sets of features `[N, D]`, taken for normal distributions.

    |mean difference|² + trace(A + B - 2 (A B)^½), as in Heusel et al. 2017 (there of an Inception network's features).

    >>> rows = np.random.default_rng(0).normal(size=(500, 2))
    >>> round(frechet_distance(rows, rows + [3.0, 0.0]), 6)
    9.0
    """
    first, second = _covariance(a), _covariance(b)
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    both = np.sqrt(np.linalg.eigvalsh(root @ second @ root).clip(0)).sum()
    shift = a.mean(0) - b.mean(0)
    return max(0.0, float(shift @ shift + np.trace(first) + np.trace(second) - 2 * both))


def _covariance(rows: Array) -> Array:
    away = rows - rows.mean(0)
    return away.T @ away / max(1, len(rows) - 1)


def jackknife(score: Callable[..., float], *sets: Array) -> tuple[float, float, float]:
    """Return a score of whole sets of rows with its 95 % interval: 20 groups of the rows of each are left out in turn.

    Source: the delete-a-group jackknife, for smooth functions of moments; unlike the bootstrap it repeats no rows,
    which a distance of distributions would see as a difference.
    """
    whole = score(*sets)
    count = min(GROUPS, *(len(one) for one in sets))
    if count < 2:
        return whole, float("nan"), float("nan")
    places = [np.arange(len(one)) % count for one in sets]
    left = [score(*(one[at != g] for one, at in zip(sets, places, strict=True))) for g in range(count)]
    error = np.sqrt((count - 1) / count * np.square(np.array(left) - np.mean(left)).sum())
    return whole, float(whole - T_19 * error), float(whole + T_19 * error)


def share(rows: Array) -> tuple[float, float, float]:
    """Return the share of true rows with Wilson's 95 % interval."""
    n, p, z = max(1, len(rows)), float(np.mean(rows)), 1.96
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n))


def mean(rows: Array) -> tuple[float, float, float]:
    """Return a mean over rows with its normal 95 % interval."""
    half = 1.96 * float(np.std(rows)) / np.sqrt(max(1, len(rows)))
    return float(np.mean(rows)), float(np.mean(rows) - half), float(np.mean(rows) + half)


def near(real: Array, made: Array, neighbours: int = NEIGHBOURS) -> tuple[Array, Array]:
    """Return for each real row whether a made one is near it, and for each made one how many real ones it is near.

    Near is what lies within the distance of a real row's fifth neighbour among real rows. The means are coverage, and
    density once divided by the neighbours (Naeem et al. 2020): unlike precision and recall they bear outliers.
    """
    reach = np.sort(distances(real, real), axis=1)[:, min(neighbours, len(real) - 1)]
    within = distances(real, made) <= reach[:, None]
    return np.asarray(within.any(axis=1)), np.asarray(within.sum(axis=0)) / neighbours


def distances(a: Array, b: Array) -> Array:
    """Return the Euclidean distance of each row of `a` to each of `b`."""
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(squares.clip(0))


def closest(rows: Array, others: Array, at_once: int = 500) -> Array:
    """Return for each row the distance to the nearest of the others."""
    return np.concatenate([distances(rows[at : at + at_once], others).min(1) for at in range(0, len(rows), at_once)])


def wasserstein(a: Array, b: Array) -> float:
    """Return how far values have to be moved to make one column of the other, in standard deviations of the first.

    >>> round(wasserstein(np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])), 3)
    1.225
    """
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if not len(a) or not len(b):
        return float(len(a) != len(b))
    share = (np.arange(1000) + 0.5) / 1000
    spread = float(np.std(a)) or 1.0
    return float(np.abs(np.quantile(a, share) - np.quantile(b, share)).mean()) / spread


def total_variation(a: Array, b: Array) -> float:
    """Return the largest difference of the shares of any set of categories: codes, NaN for missing.

    >>> total_variation(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    0.25
    """
    codes = np.unique(np.nan_to_num(np.concatenate([a, b]), nan=-1))
    shares = [np.array([np.mean(np.nan_to_num(one, nan=-1) == code) for code in codes]) for one in (a, b)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)
