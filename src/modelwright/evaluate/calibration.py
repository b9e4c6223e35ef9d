"""The reliability table: how often what was stated with some probability did happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.evaluate.probability import BINS, bin_of, stated_and_right
from modelwright.spec.schema import Task


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows stated with a probability in (low, high]: mean stated `confidence`, share that happened, number of rows."""

    low: float
    high: float
    confidence: float
    accuracy: float
    count: int


def reliability(
    task: Task, outputs: NDArray[Any], target: NDArray[Any], weight: NDArray[Any] | None = None, bins: int = BINS
) -> tuple[Bin, ...]:
    """Return the bins that hold rows, of a binary or multiclass task; the calibration error is their weighted mean gap.

    Binary: probability of the positive class against its share. Multiclass: probability of the answer against the
    share of right answers.
    """
    if task not in ("binary", "multiclass"):
        raise ValueError(f"a {task} task states no probabilities of exclusive classes")
    flat = np.asarray(outputs).reshape(-1) if task == "binary" else np.asarray(outputs)
    stated, right = stated_and_right(flat, np.asarray(target).reshape(-1))
    weights = np.ones(len(stated)) if weight is None else np.asarray(weight, dtype=np.float64).reshape(-1)
    member = bin_of(stated, bins)
    total, said, seen = (
        np.bincount(member, weights=values, minlength=bins) for values in (weights, weights * stated, weights * right)
    )
    counts = np.bincount(member, minlength=bins)
    return tuple(
        Bin(k / bins, (k + 1) / bins, float(said[k] / total[k]), float(seen[k] / total[k]), int(counts[k]))
        for k in range(bins)
        if total[k] > 0
    )
