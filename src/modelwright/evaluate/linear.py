"""The classic linear models, solved to their optimum on all rows at once: logistic, softmax and ridge regression.

The objectives are scikit-learn's: the sum of the rows' losses + ½·‖weights‖², the intercept left free
(`LogisticRegression(C=1)`, `Ridge(alpha=1)`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

L2 = 1.0
_STEPS = 60
_MEMORY = 10
_TOLERANCE = 1e-5  # of the gradient's norm, relative to the first one
_GAIN = 1e-9  # relative gain of a step below which the loss has settled in float32

Losses = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
At = Callable[[Tensor], tuple[float, Tensor]]


def fit_ridge(x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """Return weights [W + 1, T], intercept last, of x [N, W] and y [N, T] with row weights [N]; normal equations."""
    share = (weight / weight.sum()).double()
    root, wide = weight.double().sqrt()[:, None], x.to(torch.float64, copy=True)
    x_mean, y_mean = share @ wide, share @ y.double()
    wide -= x_mean  # in place: one copy of many rows in float64 is enough
    wide *= root
    gram = wide.T @ wide + L2 * torch.eye(x.shape[1], dtype=torch.float64)
    slopes = torch.cholesky_solve(wide.T @ (root * (y.double() - y_mean)), torch.linalg.cholesky(gram))
    return torch.cat([slopes, (y_mean - x_mean @ slopes)[None]])


def fit_logistic(x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """Return weights [W + 1, K] of x [N, W] for labels y [N, K] in 0/1, each label on its own."""

    def losses(logits: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        rows = functional.binary_cross_entropy_with_logits(logits, y, reduction="none").sum(1)
        return torch.dot(rows.double(), weight.double()), (logits.sigmoid() - y) * weight[:, None]

    return _descend(x, weight, y.shape[1], losses)


def fit_softmax(x: Tensor, y: Tensor, classes: int, weight: Tensor) -> Tensor:
    """Return weights [W + 1, K] of x [N, W] for class numbers y [N]."""
    truth = functional.one_hot(y, classes).to(x.dtype)

    def losses(logits: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        shares = logits.log_softmax(1)
        rows = shares.gather(1, y[:, None])[:, 0]
        return -torch.dot(rows.double(), weight.double()), (shares.exp() - truth) * weight[:, None]

    return _descend(x, weight, classes, losses)


def apply(x: Tensor, weights: Tensor) -> Tensor:
    """Return x [N, W] times weights [W + 1, K] plus the intercept, in the precision of the weights."""
    return x.to(weights.dtype) @ weights[:-1] + weights[-1]


def _descend(x: Tensor, weight: Tensor, width: int, losses: Losses) -> Tensor:
    """Return the optimum by L-BFGS (Nocedal & Wright 2006, algorithm 7.4), preconditioned.

    The first guess of the inverse Hessian is exact for linear regression: (c·XᵀDX + λI)⁻¹ with c = ¼, the largest
    slope of the sigmoid. With it 10 to 20 steps do where plain L-BFGS takes hundreds on unscaled or related columns.
    """
    x = torch.cat([x, x.new_ones(len(x), 1)], dim=1)
    penalty = torch.full((x.shape[1], 1), L2, dtype=x.dtype)
    penalty[-1] = 1e-6 * float(weight.sum())  # only here, so that the factor exists; the intercept is free below
    wide = x.to(torch.float64, copy=True)
    wide *= weight.double().sqrt()[:, None]
    gram = 0.25 * (wide.T @ wide) + torch.diag(penalty[:, 0].double())
    del wide
    factor = torch.linalg.cholesky(gram).to(x.dtype)
    penalty[-1] = 0.0

    def at(point: Tensor) -> tuple[float, Tensor]:
        loss, slope = losses(x @ point, weight)
        return float(loss + 0.5 * (penalty * point * point).sum()), x.T @ slope + penalty * point

    return minimise(at, x.new_zeros(x.shape[1], width), lambda slope: torch.cholesky_solve(slope, factor))


def minimise(at: At, point: Tensor, precondition: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the optimum of a convex loss by L-BFGS; `at` gives loss and gradient, `precondition` a guess of H⁻¹g."""
    loss, gradient = at(point)
    enough, memory = _TOLERANCE * float(gradient.norm()), deque[tuple[Tensor, Tensor]](maxlen=_MEMORY)
    for _ in range(_STEPS):
        step = _direction(gradient, memory, precondition)
        slope, size = float((step * gradient).sum()), 1.0
        after, moved = at(point + step)
        while after > loss + 1e-4 * size * slope and size > 1e-4:  # Armijo; the loss is convex
            size /= 2
            after, moved = at(point + size * step)
        if after >= loss:
            break
        memory.append((size * step, moved - gradient))
        gain, point, loss, gradient = loss - after, point + size * step, after, moved
        if float(gradient.norm()) < enough or gain < _GAIN * abs(loss):
            break
    return point


def _direction(
    gradient: Tensor, memory: deque[tuple[Tensor, Tensor]], precondition: Callable[[Tensor], Tensor]
) -> Tensor:
    direction, taken = -gradient, list[tuple[float, float]]()
    for step, change in reversed(memory):
        scale = 1 / float((step * change).sum())
        amount = scale * float((step * direction).sum())
        direction = direction - amount * change
        taken.append((scale, amount))
    direction = precondition(direction)
    for (step, change), (scale, amount) in zip(memory, reversed(taken), strict=True):
        direction = direction + (amount - scale * float((change * direction).sum())) * step
    return direction
