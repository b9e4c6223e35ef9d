"""How a weighted sampler draws the classes of a data set."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


def drawn(loader: DataLoader[Any]) -> tuple[tuple[int, float, int], ...]:
    """Return how a weighted sampler draws the classes of a data set that holds its labels as whole numbers.

    The labels are the last tensor of a TensorDataset, or `targets` of another data set.
    """
    sampler, data = loader.sampler, cast(Any, loader.dataset)
    if not isinstance(sampler, WeightedRandomSampler):
        return ()
    labels = _whole(data.tensors[-1] if isinstance(data, TensorDataset) else getattr(data, "targets", None))
    weights = sampler.weights.cpu().double().numpy()
    if labels is None or labels.shape != weights.shape:
        return ()
    classes, places, rows = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.bincount(places, weights, minlength=len(classes)) / rows
    return tuple((int(c), float(m), int(n)) for c, m, n in zip(classes, means, rows, strict=True))


def _whole(held: object) -> np.ndarray | None:
    """Return labels as whole numbers; None where they are anything else, such as names or boxes."""
    if isinstance(held, list) and all(type(each) is int for each in cast("list[object]", held)):
        return np.asarray(held, dtype=np.int64)
    if not isinstance(held, Tensor) or held.dtype == torch.bool or held.is_floating_point() or held.is_complex():
        return None
    return held.detach().cpu().numpy()
