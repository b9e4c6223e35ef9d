"""Losses of the two networks of a GAN, by name: what the discriminator learns, and the generator from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from modelwright.spec.call import parse
from modelwright.spec.names import bind

Scores = Callable[[Tensor], Tensor]
"""The discriminator: rows `[N, …]` → scores `[N]`, high for real ones."""


class GanLoss(Protocol):
    """The game of two networks. `mix` are numbers from 0 to 1, one a row, for losses that draw some."""

    def discriminator(self, scores: Scores, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
        """Return the loss of the discriminator; `fake` carries no gradient to the generator."""
        ...

    def generator(self, fake: Tensor) -> Tensor:
        """Return the loss of the generator, given the scores of its rows."""
        ...


class NonSaturating:
    """Tell real rows from generated ones by cross-entropy; the generator maximises log D (Goodfellow et al. 2014).

    >>> round(NonSaturating().generator(torch.zeros(1)).item(), 4)  # ln 2: taken for real as often as not
    0.6931
    """

    def discriminator(self, scores: Scores, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
        """Return -log D(real) - log(1 - D(fake)), in means."""
        return functional.softplus(-scores(real)).mean() + functional.softplus(scores(fake)).mean()

    def generator(self, fake: Tensor) -> Tensor:
        """Return -log D(fake), in the mean."""
        return functional.softplus(-fake).mean()


class Hinge:
    """Scores of real rows above 1, of generated ones below -1 (Lim and Ye 2017; Miyato et al. 2018)."""

    def discriminator(self, scores: Scores, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
        """Return how far scores lie on the wrong side, in the mean."""
        return functional.relu(1 - scores(real)).mean() + functional.relu(1 + scores(fake)).mean()

    def generator(self, fake: Tensor) -> Tensor:
        """Return the negative mean score."""
        return -fake.mean()


class Wasserstein:
    """The earth mover's distance, with a penalty that keeps the slope at 1 between the rows (Gulrajani et al. 2017)."""

    def __init__(self, gradient_penalty: float = 10.0) -> None:
        self.gradient_penalty = gradient_penalty

    def discriminator(self, scores: Scores, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
        """Return the difference of the mean scores, and the penalty on points between real and generated rows."""
        loss = scores(fake).mean() - scores(real).mean()
        if not self.gradient_penalty:
            return loss
        share = mix.view(-1, *[1] * (real.dim() - 1))
        between = torch.lerp(real, fake, share).requires_grad_()
        (slope,) = torch.autograd.grad(scores(between).sum(), between, create_graph=True)
        # A slope of exactly 0 has a norm without a gradient.
        norm = (slope.flatten(1).square().sum(1) + 1e-12).sqrt()
        return loss + self.gradient_penalty * (norm - 1).square().mean()

    def generator(self, fake: Tensor) -> Tensor:
        """Return the negative mean score."""
        return -fake.mean()


LOSSES: dict[str, type[GanLoss]] = {"NonSaturating": NonSaturating, "Hinge": Hinge, "Wasserstein": Wasserstein}


def make_gan_loss(text: str) -> GanLoss:
    """Return the loss that a call text names.

    >>> make_gan_loss("Wasserstein(gradient_penalty=5)").gradient_penalty
    5
    """
    call = parse(text)
    return LOSSES[call.name](**bind("loss", call))
