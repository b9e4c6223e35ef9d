"""Metrics of stated probabilities: log loss, Brier score, calibration error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelwright.evaluate.prepared import Floats, Integers, Prepared, ratio, row_mean

BINS = 15
"""Bins of equal width, as in Guo et al. 2017."""


def log_loss(outputs: NDArray[np.floating], target: Floats) -> Prepared:
    """Mean of minus the logarithm of the true class's probability, in nats; 0 and 1 are clipped by epsilon."""
    epsilon = np.finfo(outputs.dtype).eps
    if outputs.ndim == 1:
        stated = np.where(target > 0.5, outputs, 1 - outputs)
    else:
        stated = outputs[np.arange(len(target)), target.astype(np.int64)]
    return row_mean(-np.log(np.clip(stated.astype(np.float64), epsilon, 1 - epsilon)))


def brier_score(outputs: Floats, target: Floats) -> Prepared:
    """Mean squared difference between the probabilities and what happened; several classes: summed over the classes."""
    if outputs.ndim == 1:
        return row_mean((outputs - target) ** 2)
    happened = np.zeros_like(outputs)
    happened[np.arange(len(target)), target.astype(np.int64)] = 1
    return row_mean(((outputs - happened) ** 2).sum(1))


def stated_and_right(outputs: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Return each row's stated probability [N] and whether what it stands for happened [N].

    Two classes: the probability of the positive class (Naeini et al. 2015). More: that of the answer (Guo et al. 2017).
    """
    if outputs.ndim == 1:
        return outputs.astype(np.float64), target.astype(np.float64)
    return outputs.max(1).astype(np.float64), (outputs.argmax(1) == target).astype(np.float64)


def bin_of(stated: Floats, bins: int = BINS) -> Integers:
    """Return the bin of each probability: bin k holds (k/bins, (k+1)/bins], the first one 0 as well."""
    edges = np.linspace(0, 1, bins + 1)[1:-1]
    return np.searchsorted(edges, stated, side="left").astype(np.int64)


def calibration_error(outputs: Floats, target: Floats) -> Prepared:
    """Expected calibration error: the gap between stated and seen shares, averaged over 15 bins by their rows.

    Naeini, Cooper & Hauskrecht 2015 (AAAI); Guo et al. 2017 (ICML), https://arxiv.org/abs/1706.04599.
    """
    stated, right = stated_and_right(outputs, target)
    gap, bins = stated - right, bin_of(stated)
    members = [np.flatnonzero(bins == k) for k in range(BINS)]

    def of(weights: Floats) -> Floats:
        gaps = [np.abs(weights[:, rows] @ gap[rows]) for rows in members if len(rows)]
        return ratio(np.sum(gaps, axis=0), weights.sum(1))

    return Prepared(of=of, cells=len(gap))
