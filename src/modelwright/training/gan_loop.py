"""The loop of two players: the discriminator learns in each step, the generator in every n-th, its average follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.model.gan_losses import GanLoss


def _zeros() -> Tensor:
    return torch.zeros(2, dtype=torch.float64)


@dataclass(slots=True)
class Played:
    """How far the game has come; `epoch` and `batch` count what is finished.

    `losses` sums the losses of generator and discriminator in this epoch, each times the rows that it saw; `made`
    counts those that the generator learned from.
    """

    epoch: int = 0
    batch: int = 0
    rows: int = 0
    made: int = 0
    losses: Tensor = field(default_factory=_zeros)
    every: int = 8

    def begin(self, epoch: int) -> None:
        """Count an epoch from its start."""
        self.epoch, self.batch, self.rows, self.made = epoch, 0, 0, 0
        self.losses = torch.zeros_like(self.losses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A network with the function that makes its optimizer's step."""

    network: nn.Module
    step: Callable[..., Any]


def play(
    generator: Player,
    discriminator: Player,
    average: Callable[[int], None],
    loss: GanLoss,
    batches: Any,
    noise: Callable[[int, int, int], tuple[Tensor, Tensor]],
    real: Callable[[Tensor], Tensor],
    *,
    epochs: int,
    discriminator_steps: int,
    clip_grad_norm: float | None,
    position: Played,
) -> Iterator[Played]:
    """Play from `position` until `epochs` are finished; yield it every `position.every` steps and after each epoch.

    `noise(epoch, batch, rows)` gives what rows are made of and the numbers that losses draw; `real` turns a batch into
    what the discriminator takes; `average(n)` follows the generator after its n-th step.
    """
    make, score = generator.network, discriminator.network
    for epoch in range(position.epoch, epochs):
        _ = make.train(), score.train()
        for (batch,) in batches.epoch(epoch, position.batch):
            z, mix = noise(epoch, position.batch, len(batch))
            fake = make(z)
            score.requires_grad_(True)
            told = _learn(loss.discriminator(score, real(batch), fake.detach(), mix), discriminator, clip_grad_norm)
            position.losses[1].add_(told, alpha=len(batch))
            turn = epoch * len(batches) + position.batch + 1
            if turn % discriminator_steps == 0:
                score.requires_grad_(False)  # the way back leads through it, and leaves nothing there
                made = _learn(loss.generator(score(fake)), generator, clip_grad_norm)
                average(turn // discriminator_steps)
                position.losses[0].add_(made, alpha=len(batch))
                position.made += len(batch)
            position.rows, position.batch = position.rows + len(batch), position.batch + 1
            if position.batch % position.every == 0 and position.batch < len(batches):
                yield position
        yield position
        position.begin(epoch + 1)


def _learn(loss: Tensor, player: Player, clip_grad_norm: float | None) -> Tensor:
    """Take one step of a player down its loss; return the loss."""
    parameters = list(player.network.parameters())
    for parameter in parameters:
        parameter.grad = None
    loss.backward()
    if clip_grad_norm is not None:
        nn.utils.clip_grad_norm_(parameters, clip_grad_norm)
    player.step()
    return loss.detach()


@torch.no_grad()
def follow(average: Iterable[Tensor], tensors: Iterable[Tensor], hold: float) -> None:
    """Move averages towards tensors, holding on to a share of them; buffers (of BatchNorm) follow as weights do."""
    for mean, value in zip(average, tensors, strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - hold)
        else:
            mean.copy_(value)
