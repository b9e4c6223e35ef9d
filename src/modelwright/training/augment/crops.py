"""Crops and mirror images of batches: each picture its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from modelwright.model.pictures import pad

ATTEMPTS = 10  # torchvision's: after so many crops that do not fit, the middle is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomCrop:
    """Cut out `size` somewhere, after a border was added; pictures `[N, C, H, W]` of any numbers."""

    size: tuple[int, int]
    padding: int | tuple[int, ...] | None = None
    pad_if_needed: bool = False
    fill: int = 0
    padding_mode: str = "constant"
    draws = 2

    def __call__(self, x: Tensor, u: Tensor) -> Tensor:
        """Return the crops; `u` `[N, 2]` says where, from 0 to 1, top and left."""
        border = {"fill": self.fill, "padding_mode": self.padding_mode}
        if self.padding is not None:
            x = pad(x, {"padding": self.padding, **border})
        tall, wide = self.size
        if self.pad_if_needed:
            x = pad(x, {"padding": (max(0, wide - x.shape[3]), max(0, tall - x.shape[2])), **border})
        top = (u[:, 0] * (x.shape[2] - tall + 1)).long()
        left = (u[:, 1] * (x.shape[3] - wide + 1)).long()
        windows = x.unfold(2, tall, 1).unfold(3, wide, 1)  # a view: nothing is copied but the crops
        return windows[torch.arange(len(x), device=x.device), :, top, left]


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomFlip:
    """Mirror a picture along an axis with probability `p`."""

    p: float = 0.5
    axis: int = -1
    draws = 1

    def __call__(self, x: Tensor, u: Tensor) -> Tensor:
        return torch.where((u[:, 0] < self.p).view(-1, 1, 1, 1), x.flip(self.axis), x)


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomResizedCrop:
    """Cut out a share of the area with some ratio of width to height, and bring it to `size` (bilinear)."""

    size: tuple[int, int]
    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    antialias: bool = True
    draws = 2 * ATTEMPTS + 2

    def __call__(self, x: Tensor, u: Tensor) -> Tensor:
        top, left, tall, wide = self.boxes(x.shape[2], x.shape[3], u)
        down = weights(top, tall, x.shape[2], self.size[0], self.antialias)
        across = weights(left, wide, x.shape[3], self.size[1], self.antialias)
        made = down[:, None] @ x.float() @ across[:, None].mT
        return made.round().clamp(0, 255).to(x.dtype)

    def boxes(self, height: int, width: int, u: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return top, left, height and width of each crop: the first attempt that fits, as torchvision draws them."""
        low, high = math.log(self.ratio[0]), math.log(self.ratio[1])
        area = height * width * (self.scale[0] + (self.scale[1] - self.scale[0]) * u[:, :ATTEMPTS])
        ratio = torch.exp(low + (high - low) * u[:, ATTEMPTS : 2 * ATTEMPTS])
        wide, tall = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
        fits = (wide > 0) & (wide <= width) & (tall > 0) & (tall <= height)
        first = fits.int().argmax(1, keepdim=True)
        whole_wide, whole_tall = self._middle(height, width)
        some = fits.any(1)
        tall = torch.where(some, tall.gather(1, first)[:, 0], whole_tall)
        wide = torch.where(some, wide.gather(1, first)[:, 0], whole_wide)
        top = torch.where(some, (u[:, -2] * (height - tall + 1)).floor(), ((height - tall) / 2).floor())
        left = torch.where(some, (u[:, -1] * (width - wide + 1)).floor(), ((width - wide) / 2).floor())
        return top, left, tall, wide

    def _middle(self, height: int, width: int) -> tuple[float, float]:
        if width / height < self.ratio[0]:
            return float(width), float(round(width / self.ratio[0]))
        if width / height > self.ratio[1]:
            return float(round(height * self.ratio[1])), float(height)
        return float(width), float(height)


def weights(start: Tensor, length: Tensor, size: int, wanted: int, antialias: bool = True) -> Tensor:
    """Return how much each of `size` numbers counts for each of `wanted`, `[N, wanted, size]`: bilinear, smoothed.

    A triangle as wide as the step between two new numbers, as Pillow and torch have it; only what lies in
    `[start, start + length)` counts.
    """
    step = (length / wanted).view(-1, 1, 1)
    reach = step.clamp(min=1.0) if antialias else torch.ones_like(step)
    places = torch.arange(size, device=start.device, dtype=torch.float32).view(1, 1, -1)
    centres = start.view(-1, 1, 1) + (torch.arange(wanted, device=start.device).view(1, -1, 1) + 0.5) * step
    first, last = start.view(-1, 1, 1), (start + length).view(-1, 1, 1)
    inside = (places >= first) & (places < last)
    made = (1 - ((places + 0.5 - centres) / reach).abs()).clamp(min=0) * inside
    return made / made.sum(2, keepdim=True)
