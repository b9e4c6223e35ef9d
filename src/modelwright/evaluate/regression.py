"""Metrics of predicted numbers [N, T] in the user's units, mean over the targets: RMSE, MSE, MAE, R²."""

from __future__ import annotations

import numpy as np

from modelwright.evaluate.prepared import Floats, Prepared, ratio, row_mean, undefined


def rmse(outputs: Floats, target: Floats) -> Prepared:
    """Root of the mean squared error."""
    squares = (outputs - target) ** 2

    def of(weights: Floats) -> Floats:
        return np.sqrt(ratio(weights @ squares, weights.sum(1, keepdims=True))).mean(1)

    return Prepared(of=of, cells=len(squares))


def rmse_of_all(outputs: Floats, target: Floats) -> Prepared:
    """Root of the mean squared error of all numbers together: those of a forecast are one target at several steps."""
    losses = ((outputs - target) ** 2).mean(1)

    def of(weights: Floats) -> Floats:
        return np.sqrt(ratio(weights @ losses, weights.sum(1)))

    return Prepared(of=of, cells=len(losses))


def mse(outputs: Floats, target: Floats) -> Prepared:
    """Mean squared error."""
    return row_mean(((outputs - target) ** 2).mean(1))


def mae(outputs: Floats, target: Floats) -> Prepared:
    """Mean absolute error."""
    return row_mean(np.abs(outputs - target).mean(1))


def r2(outputs: Floats, target: Floats) -> Prepared:
    """Share of the target's variance that is explained: 1 is perfect, 0 as good as the mean."""
    spread = np.ptp(target, axis=0)
    if len(target) < 2 or not spread.all():
        return undefined(len(target), "the target does not vary in these rows")
    centre = target.mean(0)  # the variance is the same about any centre; near the mean nothing cancels
    errors, moved = (outputs - target) ** 2, target - centre

    def of(weights: Floats) -> Floats:
        total = weights.sum(1, keepdims=True)
        variation = weights @ moved**2 - (weights @ moved) ** 2 / total
        return (1 - ratio(weights @ errors, variation)).mean(1)

    return Prepared(of=of, cells=len(errors))
