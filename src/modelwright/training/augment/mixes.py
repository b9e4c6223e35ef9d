"""MixUp and CutMix: each picture of a batch mixed with its neighbour, and their targets alike.

Sources: Zhang et al. 2018 (mixup), Yun et al. 2019 (CutMix); pairing and rounding as in torchvision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Draw:
    """What is drawn for a batch: the share that stays, and a point, each from 0 to 1."""

    share: float
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Mix a batch; `alpha` is that of the Beta distribution, `cut` replaces a rectangle instead of fading."""

    alpha: float
    cut: bool

    def draw(self, seed: int, epoch: int, row: int, stream: int) -> Draw:
        """Return the draw of the batch whose first row is `row`."""
        random = np.random.Generator(np.random.Philox(key=[seed, (epoch << 40) ^ (stream << 32) ^ row]))
        share = float(random.beta(self.alpha, self.alpha)) if self.alpha > 0 else 1.0
        return Draw(share, float(random.random()), float(random.random()))

    def pictures(self, x: Tensor, draw: Draw) -> tuple[Tensor, float]:
        """Return the mixed pictures, and the share of its own that each keeps."""
        other = x.roll(1, 0)
        if not self.cut:
            return x.float().mul(draw.share).add_(other, alpha=1 - draw.share), draw.share
        height, width = x.shape[2], x.shape[3]
        half = 0.5 * (1 - draw.share) ** 0.5
        across, down = int(draw.x * width), int(draw.y * height)
        left, right = max(0, across - int(half * width)), min(width, across + int(half * width))
        top, bottom = max(0, down - int(half * height)), min(height, down + int(half * height))
        made = x.clone()
        made[:, :, top:bottom, left:right] = other[:, :, top:bottom, left:right]
        return made, 1 - (right - left) * (bottom - top) / (height * width)


def targets(y: Tensor, share: float, classes: int) -> Tensor:
    """Return the targets mixed alike: class numbers `[N]` become shares of the classes `[N, K]`."""
    soft = torch.nn.functional.one_hot(y, classes).float() if classes else y
    return soft * share + soft.roll(1, 0) * (1 - share)
