"""Intervals of a mean over models: folds, whose training rows overlap, and seeds, which share their test rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from modelwright.evaluate.result import Score

LEVEL = 0.95


def corrected_interval(scores: ArrayLike, n_train: int, n_test: int) -> tuple[float, float, float]:
    """Return mean, low and high of the scores of folds [J], or of folds and seeds [J, S].

    Folds share most of their training rows, so the plain t interval is far too narrow (it covers about 55 % at nominal
    95 %). The variance is multiplied by 1/J + n_test/n_train instead of 1/J: Nadeau & Bengio 2003, Machine Learning
    52:239-281. Seeds of one fold share its rows and are averaged first. NaN bounds for a single fold.

    >>> [round(number, 3) for number in corrected_interval([0.80, 0.82, 0.78, 0.81, 0.79], n_train=800, n_test=200)]
    [0.8, 0.771, 0.829]
    """
    values = np.asarray(scores, dtype=np.float64)
    folds = values.mean(1) if values.ndim == 2 else values
    mean, count = float(folds.mean()), len(folds)
    if count < 2:
        return mean, math.nan, math.nan
    width = student_quantile(LEVEL, count - 1) * math.sqrt((1 / count + n_test / n_train) * float(folds.var(ddof=1)))
    return mean, mean - width, mean + width


def seeds_interval(scores: Sequence[Score]) -> tuple[float, float, float]:
    """Return mean, low and high of the scores of several seeds on one split.

    Two sources add up as variances: which rows happen to be test rows (the mean of the single intervals, since the
    seeds share the rows and averaging does not shrink it), and the seed (a t interval of the mean).
    """
    values = np.array([score.value for score in scores])
    mean, count = float(values.mean()), len(values)
    down = float(np.mean([score.value - score.low for score in scores]))
    up = float(np.mean([score.high - score.value for score in scores]))
    if count < 2:
        return mean, mean - down, mean + up
    seed = student_quantile(LEVEL, count - 1) * float(values.std(ddof=1)) / math.sqrt(count)
    return mean, mean - math.hypot(down, seed), mean + math.hypot(up, seed)


def student_quantile(level: float, freedom: int) -> float:
    """Return t with P(|T| <= t) = `level` for Student's T, by halving on the exact finite sum.

    >>> round(student_quantile(0.95, 4), 3)
    2.776
    """
    if freedom < 1 or not 0 < level < 1:
        raise ValueError(f"no quantile for level {level} with {freedom} degrees of freedom")
    low, high = 0.0, 1.0
    while student_share(high, freedom) < level:
        high *= 2
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if student_share(middle, freedom) < level else (low, middle)
    return high


def student_share(t: float, freedom: int) -> float:
    """Return P(|T| <= t): Abramowitz & Stegun 1964, 26.7.3 (odd degrees of freedom) and 26.7.4 (even)."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for k in range(1 + odd, freedom, 2):
        total += term
        term *= cosine * cosine * k / (k + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
