"""Scikit-learn's QuantileTransformer in plain tensor operations, which every exporter knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

BOUND = 1e-7
"""scikit-learn's BOUNDS_THRESHOLD: normal outputs keep this distance from 0 and 1, so that they are finite."""


@dataclass(frozen=True, slots=True)
class QuantileTransformer:
    """To a uniform or normal distribution through the training quantiles."""

    n_quantiles: int = 1000
    output_distribution: Literal["uniform", "normal"] = "uniform"
    subsample: int | None = 10_000
    random_state: int = 0

    def fit(self, column: np.ndarray) -> np.ndarray:
        """Return the quantiles `[Q]` of a column in float64, NaN where missing; Q is at most its rows."""
        rows = len(column)
        if self.subsample is not None and self.subsample < rows:
            order = np.arange(rows)
            np.random.RandomState(self.random_state).shuffle(order)
            column = column[order[: self.subsample]]
        known = column[~np.isnan(column)]
        references = np.linspace(0, 1, max(1, min(self.n_quantiles, rows)))
        if not len(known):
            return np.zeros(len(references))
        return np.percentile(known, references * 100)


class Quantiles(nn.Module):
    """Piecewise linear maps of all columns at once. `numbers` float32 `[N, F]` in, the same out; NaN stays NaN.

    A quantile is held as the sum of two float32 numbers, since one would make neighbouring quantiles equal; float64
    is not had on every device. Where the training rows are fewer than the quantiles, the table ends in copies of the
    last one.
    """

    high: Tensor
    low: Tensor
    below: Tensor
    above: Tensor
    tie: Tensor
    reach: Tensor
    scaled: Tensor
    row: Tensor

    def __init__(self, width: int, settings: QuantileTransformer) -> None:
        super().__init__()
        self.normal = settings.output_distribution == "normal"
        self.count = settings.n_quantiles
        # a quantile is high + low
        self.register_buffer("high", torch.zeros(width, self.count))
        self.register_buffer("low", torch.zeros(width, self.count))
        # the share of rows up to each quantile, and 1 - below to full precision
        self.register_buffer("below", torch.ones(self.count))
        self.register_buffer("above", torch.zeros(self.count))
        # what a value equal to the quantile becomes
        self.register_buffer("tie", torch.ones(width, self.count))
        # what lies so near to an end is sent to that end
        self.register_buffer("reach", torch.zeros(2, width))
        self.register_buffer("scaled", torch.zeros(width, dtype=torch.bool))
        first = torch.arange(width, device="cpu") * self.count
        self.register_buffer("row", first, persistent=False)

    def set(self, column: int, quantiles: np.ndarray, offset: float) -> None:
        """Take over the quantiles of one column of values; `numbers` are values less the offset."""
        copies = (0, self.count - len(quantiles))
        # interpolation between equal values can round downwards
        quantiles = np.maximum.accumulate(quantiles)
        low, high = quantiles[0], quantiles[-1]
        # Where 10⁻⁷ is less than the rounding of the ends (near 10⁹), it reaches nothing, in scikit-learn as well.
        ends = [BOUND * (low - BOUND < low), BOUND * (high + BOUND > high)]
        self.reach[:, column] = torch.tensor(ends)
        rounded = (quantiles - offset).astype(np.float32)
        rest = (quantiles - offset - rounded).astype(np.float32)
        held = rounded.astype(np.float64) + rest
        below = np.linspace(0, 1, len(quantiles))
        tie = below[np.searchsorted(held, held, side="left")]
        tie = (tie + below[np.searchsorted(held, held, side="right") - 1]) / 2
        self.scaled[column] = True

        def set_to(buffer: Tensor, values: np.ndarray) -> None:
            buffer.copy_(torch.from_numpy(np.pad(values, copies, mode="edge")))

        set_to(self.high[column], rounded)
        set_to(self.low[column], rest)
        set_to(self.below, below)
        set_to(self.above, 1 - below)
        set_to(self.tie[column], tie)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the mapped numbers; columns that are not scaled pass as they are."""
        share, rest = self._shares(numbers)
        out = normal_quantile(share, rest) if self.normal else share
        return torch.where(self.scaled & ~numbers.isnan(), out, numbers)

    def _shares(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return the share of training rows below each number, and the share above it, both to full precision."""
        at = self._last_below(numbers)
        after = (at + 1).clamp(max=self.count - 1)
        gone, ahead = self._beyond(numbers, at), -self._beyond(numbers, after)
        gap = (gone + ahead).clamp(min=torch.finfo(torch.float32).tiny)
        step = self.below[after] - self.below[at]
        inside, past = (gone > 0) & (ahead > 0), gone > 0
        tie = torch.where(past, 1.0, torch.take(self.tie, at + self.row))
        share = torch.where(inside, self.below[at] + gone / gap * step, tie)
        rest = torch.where(inside, self.above[after] + ahead / gap * step, 1 - tie)
        # The ends by scikit-learn's rule, the lower one last: it decides where a column is constant.
        after_first = (numbers - self.high[:, 0]) - self.low[:, 0]
        before_last = -((numbers - self.high[:, -1]) - self.low[:, -1])
        bottom = after_first < self.reach[0] if self.normal else after_first <= 0
        top = before_last < self.reach[1] if self.normal else before_last <= 0
        share = torch.where(bottom, 0.0, torch.where(top, 1.0, share))
        return share, torch.where(bottom, 1.0, torch.where(top, 0.0, rest))

    def _last_below(self, numbers: Tensor) -> Tensor:
        """Return the place of the last quantile that is not above each number, 0 if all are: a binary search."""
        at = torch.zeros_like(numbers, dtype=torch.int64)
        for power in range((self.count - 1).bit_length() - 1, -1, -1):
            further = (at + 2**power).clamp(max=self.count - 1)
            at = torch.where(self._beyond(numbers, further) >= 0, further, at)
        return at

    def _beyond(self, numbers: Tensor, at: Tensor) -> Tensor:
        """Return how far numbers lie beyond the quantiles at these places."""
        place = at + self.row
        return (numbers - torch.take(self.high, place)) - torch.take(self.low, place)


def normal_quantile(share: Tensor, rest: Tensor) -> Tensor:
    """Return the standard normal quantile of `share`, where `rest` is 1 - share; within ±5.2 as scikit-learn clips it.

    Source: algorithm AS 241 (PPND7) of Wichura 1988, right to about 1 part in 10⁷. Given both tails it loses no digits
    near 1.
    """
    middle = (share - rest) / 2
    r = 0.180625 - middle * middle
    upper = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
    lower = ((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0
    tail = (-torch.minimum(share, rest).clamp(min=BOUND).log()).sqrt() - 1.6
    above = (0.17023821103 * tail + 1.3067284816) * tail + 2.7568153900
    above = above * tail + 1.4234372777
    under = (0.12021132975 * tail + 0.73700164250) * tail + 1.0
    outer = middle.sign() * above / under
    return torch.where(middle.abs() <= 0.425, middle * upper / lower, outer)
