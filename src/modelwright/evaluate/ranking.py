"""Metrics of the order that outputs put rows in: ROC-AUC, average precision (PR-AUC), median absolute error.

Each sorts once; a weighting then costs one running sum. Ties count half (ROC) or share a threshold (precision), as in
scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from modelwright.evaluate.prepared import Floats, Prepared, mean_of_known, ratio, undefined

Of = Callable[[Floats], Floats]
ONE_CLASS = "all rows here are of one class"


def roc_auc(outputs: Floats, target: Floats) -> Prepared:
    """Probability that a positive row's output exceeds a negative one's; several classes: mean, one against rest."""
    return _one_against_rest(outputs, target, _roc_auc)


def average_precision(outputs: Floats, target: Floats) -> Prepared:
    """Precision averaged over the recall that each positive row adds; several classes: mean, one against the rest."""
    return _one_against_rest(outputs, target, _average_precision)


def median_absolute_error(outputs: Floats, target: Floats) -> Prepared:
    """Error that half of the rows stay below, mean over the targets."""
    errors = np.abs(outputs - target)
    orders = np.argsort(errors, axis=0, kind="stable")

    def of(weights: Floats) -> Floats:
        medians = [_medians(errors[order, k], weights[:, order]) for k, order in enumerate(orders.T)]
        return np.mean(medians, axis=0)

    return Prepared(of=of, cells=len(errors))


def weighted_medians(values: Floats, weights: Floats) -> Floats:
    """Return the median of values [N] under each of the weightings [B, N]; between two values their middle."""
    order = np.argsort(values, kind="stable")
    return _medians(values[order], weights[:, order])


def _medians(values: Floats, weights: Floats) -> Floats:
    running = np.cumsum(weights, axis=1)
    half = running[:, -1:] / 2
    lower, upper = (running < half).sum(1), (running <= half).sum(1)
    return (values[lower] + values[np.minimum(upper, len(values) - 1)]) / 2


def _one_against_rest(outputs: Floats, target: Floats, make: Callable[[Floats, NDArray[np.bool_]], Of]) -> Prepared:
    rows = len(target)
    if outputs.ndim == 1:
        positive = target > 0.5
        trials = int(min(positive.sum(), rows - positive.sum()))
        return Prepared(of=make(outputs, positive), cells=rows, trials=trials) if trials else undefined(rows, ONE_CLASS)
    counts = np.bincount(target.astype(np.int64), minlength=outputs.shape[1])
    present = [k for k, count in enumerate(counts) if 0 < count < rows]
    if not present:
        return undefined(rows, ONE_CLASS)
    absent = len(counts) - len(present)
    note = f"mean over the {len(present)} classes that occur; without rows here: {absent}" if absent else ""
    parts = [make(outputs[:, k], target == k) for k in present]

    def of(weights: Floats) -> Floats:
        return mean_of_known(np.stack([part(weights) for part in parts], axis=1))

    return Prepared(of=of, cells=rows, trials=int(counts[present].min()), note=note)


def _roc_auc(scores: Floats, positive: NDArray[np.bool_]) -> Of:
    # Only the rarer class is looked up in the running sum: less work, and no cancellation in the last step.
    rare = positive if 2 * positive.sum() <= len(positive) else ~positive
    flip = rare is not positive
    order = np.argsort(scores, kind="stable")
    of_rare = np.flatnonzero(rare[order])
    below, upto = _ties(scores[order], of_rare)

    def of(weights: Floats) -> Floats:
        ordered = np.take(weights, order, axis=1)
        running = _running(ordered)
        chosen = np.take(ordered, of_rare, axis=1)
        total, ours = running[:, -1], chosen.sum(1)
        wins = (chosen * (np.take(running, below, axis=1) + np.take(running, upto, axis=1))).sum(1) / 2 - ours**2 / 2
        share = ratio(wins, ours * (total - ours))
        return 1 - share if flip else share

    return of


def _average_precision(scores: Floats, positive: NDArray[np.bool_]) -> Of:
    order = np.argsort(-scores, kind="stable")
    ours = np.flatnonzero(positive[order])
    upto = _ties(-scores[order], ours)[1]
    ours_upto = np.searchsorted(ours, upto)  # how many positive rows reach each threshold

    def of(weights: Floats) -> Floats:
        ordered = np.take(weights, order, axis=1)
        chosen = np.take(ordered, ours, axis=1)
        precision = ratio(np.take(_running(chosen), ours_upto, axis=1), np.take(_running(ordered), upto, axis=1))
        gained = (chosen * np.nan_to_num(precision)).sum(1)
        return ratio(gained, chosen.sum(1))

    return of


def _ties(ascending: Floats, at: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return, for the sorted positions `at`, where their run of equal values starts and where it ends (exclusive)."""
    values = ascending[at]
    return np.searchsorted(ascending, values, side="left"), np.searchsorted(ascending, values, side="right")


def _running(weights: Floats) -> Floats:
    """Return running sums [B, N + 1] that begin with 0."""
    sums = np.zeros((weights.shape[0], weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums
