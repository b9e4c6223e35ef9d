"""A metric made ready for many weightings of the same rows: the value and each resample are one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One metric of given outputs and targets, as a function of the weights of the rows.

    `of` maps weights [B, C] to values [B]; NaN where a value is undefined. C is the number of rows, or of distinct
    cells when rows with the same target and answer are counted together: then `cell` [N] says which cell a row is in.
    `trials` is the number of rows that a perfect value rests on (0: the metric has no perfect value that needs the
    rule of `intervals.perfect`). `note` says what the value leaves out or why it is undefined.
    """

    of: Callable[[Floats], Floats]
    cells: int
    cell: Integers | None = None
    trials: int = 0
    note: str = ""

    def value(self, weight: Floats | None = None) -> float:
        """Return the metric of the rows, each with weight 1 or as `weight` [N] says."""
        if self.cell is None:
            weights = np.ones(self.cells) if weight is None else weight
        else:
            weights = np.bincount(self.cell, weights=weight, minlength=self.cells).astype(np.float64)
        return float(self.of(weights[None])[0])

    def collapse(self, weights: Floats) -> Floats:
        """Return weights of rows [B, N] as weights of cells [B, C]."""
        if self.cell is None:
            return weights
        rows = [np.bincount(self.cell, weights=row, minlength=self.cells) for row in weights]
        return np.array(rows, dtype=np.float64)


def undefined(rows: int, note: str) -> Prepared:
    """Return a metric that has no value on these rows, with the reason."""
    return Prepared(of=lambda weights: np.full(len(weights), np.nan), cells=rows, note=note)


def ratio(over: Floats, under: Floats) -> Floats:
    """Return `over / under` with NaN where `under` is 0, without a warning."""
    return np.divide(over, under, out=np.full(np.broadcast(over, under).shape, np.nan), where=under > 0)


def mean_of_known(values: Floats) -> Floats:
    """Return the means [B] of values [B, K], NaN entries left out; NaN where there is none."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(1), known.sum(1).astype(np.float64))


def row_mean(losses: Floats, trials: int = 0, note: str = "") -> Prepared:
    """Return the weighted mean of one number a row, `losses` [N]."""
    return Prepared(
        of=lambda weights: ratio(weights @ losses, weights.sum(1)), cells=len(losses), trials=trials, note=note
    )
