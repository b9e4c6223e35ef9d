"""What a missing number becomes: scikit-learn's SimpleImputer, one column at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True, slots=True)
class SimpleImputer:
    """Fills with a statistic of the training rows. (`add_indicator` is carried by `InputPlan.flag`.)"""

    strategy: Literal["mean", "median", "most_frequent", "constant"] = "mean"
    fill_value: float | None = None
    add_indicator: bool = False

    def fit(self, known: np.ndarray) -> float:
        """Return the fill value; `known` are the values of a column in float64, none missing. 0 where there are none.

        >>> SimpleImputer("most_frequent").fit(np.array([3.0, 1.0, 1.0, 3.0]))
        1.0
        """
        if self.strategy == "constant":
            return float(self.fill_value or 0)
        if not len(known):
            return 0.0
        if self.strategy == "most_frequent":
            values, counts = np.unique(known, return_counts=True)
            return float(values[np.argmax(counts)])  # of several, the smallest
        return float(known.mean() if self.strategy == "mean" else np.median(known))
