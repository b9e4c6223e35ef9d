"""How a weighted sampler draws the classes of a data set."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


def drawn(loader: DataLoader[Any]) -> tuple[tuple[int, float, int], ...]:
    """Return how a weighted sampler draws the classes of a data set that holds its labels in a tensor."""
    sampler, data = loader.sampler, cast(Any, loader.dataset)
    held = data.tensors[-1] if isinstance(data, TensorDataset) else getattr(data, "targets", None)
    labels = torch.as_tensor(held) if isinstance(held, Tensor | list) else None
    if not isinstance(sampler, WeightedRandomSampler) or labels is None or labels.dim() != 1:
        return ()
    if labels.is_floating_point() or len(labels) != len(sampler.weights):
        return ()
    weights = sampler.weights.cpu()
    classes = [(int(each), labels.cpu() == each) for each in labels.unique()]
    return tuple((each, float(weights[rows].double().mean()), int(rows.sum())) for each, rows in classes)
