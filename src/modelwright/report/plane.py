"""The plane in weight space that holds most of a path, and the loss on it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.batches import Rows
from modelwright.report.evidence import Evidence, Learner
from modelwright.report.track import put
from modelwright.training.augment.views import LOOK, Views

MARGIN = 0.22  # of the path's extent, beyond it on each side
BUDGET = 6e9  # floating-point operations of one surface: about half a second on one core
MOST_ROWS, FEWEST_ROWS = 512, 64


@dataclass(frozen=True, slots=True)
class Plane:
    """Two orthonormal directions [2, P] through `origin` [P]; the points [T, 2] of a path on them.

    `share` [2] is the part of the squared distances from the origin that each direction holds.
    """

    origin: Tensor
    directions: Tensor
    points: np.ndarray
    share: np.ndarray


def plane(origin: Tensor, path: Sequence[Tensor]) -> Plane | None:
    """Return the plane of the main directions of a path seen from `origin`; None for a path without two of them.

    Principal components without centring, as in Li et al. 2018 (https://arxiv.org/abs/1712.09913, section 7). Only the
    T×T matrix of products is decomposed, so the cost grows with the weights but linearly.
    """
    moved = torch.stack([each - origin for each in path]).double()
    values, vectors = torch.linalg.eigh(moved @ moved.T)
    kept = values[-2:].flip(0)
    if len(path) < 3 or float(kept[1]) <= 1e-12 * max(float(kept[0]), 1e-30):
        return None
    directions = vectors[:, -2:].flip(1).T @ moved / kept.sqrt()[:, None]
    points = (moved @ directions.T).numpy()
    return Plane(origin, directions.float(), points, (kept / values.clamp(min=0).sum()).numpy())


def oscillation(path: Sequence[Tensor]) -> float:
    """Return the share of a path's length that led nowhere: 1 - distance of its ends / sum of its steps.

    0 is a straight line; 1 a path that came back to where it began.

    >>> oscillation([torch.tensor([0.0]), torch.tensor([2.0]), torch.tensor([1.0])])
    0.6666666666666667
    """
    length = sum(float((b.double() - a.double()).norm()) for a, b in pairwise(path))
    return 1 - float((path[-1].double() - path[0].double()).norm()) / length if length > 0 else 0.0


def turning(path: Sequence[Tensor]) -> float:
    """Return the mean cosine between a step and the next: 1 straight on, 0 at right angles, -1 back and forth."""
    steps = [b - a for a, b in pairwise(path)]
    pairs = [(a, b) for a, b in pairwise(steps) if float(a.norm()) > 0 and float(b.norm()) > 0]
    cosines = [float(torch.dot(a, b) / (a.norm() * b.norm())) for a, b in pairs]
    return sum(cosines) / len(cosines) if cosines else 0.0


def sample(learner: Learner, evidence: Evidence, points: int) -> tuple[Tensor, ...]:
    """Return training rows, evenly spread, as many as the budget of a surface of so many points allows."""
    tensors: tuple[Rows, ...] = learner.batches.tensors
    rows = int(np.clip(evidence.budget(BUDGET) / (evidence.flops * points), FEWEST_ROWS, MOST_ROWS))
    chosen = torch.linspace(0, len(tensors[0]) - 1, min(rows, len(tensors[0]))).long().to(tensors[0].device)
    made = tuple(tensor.index_select(0, chosen) for tensor in tensors)
    views = learner.batches.transform
    return views(LOOK, chosen, made) if isinstance(views, Views) else made  # a loss of views needs two of each row


def loss_of(learner: Learner, model: nn.Module, rows: tuple[Tensor, ...]) -> float:
    """Return the mean loss of rows in evaluation (no dropout)."""
    model.eval()
    with torch.inference_mode():
        return float(learner.objective(model, *rows))


def surface(
    learner: Learner, found: Plane, rows: tuple[Tensor, ...], across: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the two axes [across] and the losses [across, across] around the points of a plane."""
    model = copy.deepcopy(learner.core)
    axes = [_axis(found.points[:, at], across) for at in (0, 1)]
    losses = np.empty((across, across))
    for i, b in enumerate(axes[1]):
        row = found.origin + float(b) * found.directions[1]
        for j, a in enumerate(axes[0]):
            put(model, row + float(a) * found.directions[0])
            losses[i, j] = loss_of(learner, model, rows)
    return axes[0], axes[1], losses


def _axis(values: np.ndarray, across: int) -> np.ndarray:
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    room = MARGIN * max(high - low, 1e-9)
    return np.linspace(low - room, high + room, across)
