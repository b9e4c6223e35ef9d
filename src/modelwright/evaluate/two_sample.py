"""The classifier two-sample test: can a small network tell real rows from made ones?"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from modelwright.lean_torch import meta_rules

STEPS, RATE, HIDDEN = 200, 0.01, 64


def told_apart(real: np.ndarray, made: np.ndarray, seed: int) -> np.ndarray:
    """Return for each row of the second half of both sets whether a network trained on the first halves is right.

    Of equal distributions it is right for half of them. Rows `[N, W]` of as many of either kind. Source: Lopez-Paz and
    Oquab 2017, "Revisiting classifier two-sample tests".
    """
    count = min(len(real), len(made))
    rows = np.concatenate([real[:count], made[:count]]).astype(np.float32)
    label = torch.tensor([1.0] * count + [0.0] * count)
    first = torch.arange(count) % 2 == 0
    train = torch.cat([first, first])
    x = torch.from_numpy((rows - rows.mean(0)) / (rows.std(0) + 1e-6))
    meta_rules()  # torch makes no generator without them
    random = np.random.default_rng(seed)  # torch's own Generator would load parts of its compiler
    width = x.shape[1]
    sizes = (((width, HIDDEN), width), ((HIDDEN,), width), ((HIDDEN,), HIDDEN), ((1,), HIDDEN))
    parameters = [_started(random, size, inputs) for size, inputs in sizes]
    momentum = [torch.zeros_like(one) for one in parameters]
    square = [torch.zeros_like(one) for one in parameters]
    for step in range(1, STEPS + 1):
        loss = functional.binary_cross_entropy_with_logits(_logits(x[train], parameters), label[train])
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():  # Adam, written out: creating torch's own costs the import of its compiler
            for one, gradient, m, v in zip(parameters, gradients, momentum, square, strict=True):
                m.lerp_(gradient, 0.1)
                v.lerp_(gradient * gradient, 0.001)
                scale = RATE * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step)
                one.sub_(scale * m / (v.sqrt() + 1e-8))
    with torch.no_grad():
        found = _logits(x[~train], parameters) > 0
    return (found == (label[~train] > 0.5)).numpy()


def _started(random: np.random.Generator, size: tuple[int, ...], inputs: int) -> Tensor:
    limit = inputs**-0.5
    return torch.from_numpy(random.uniform(-limit, limit, size).astype(np.float32)).requires_grad_()


def _logits(x: Tensor, parameters: list[Tensor]) -> Tensor:
    weight, bias, head, shift = parameters
    return torch.addmm(bias, x, weight).relu() @ head + shift
