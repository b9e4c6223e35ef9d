"""Colours of batches changed at random, and parts of pictures erased; torchvision's formulas."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from modelwright.model.pictures import GREY
from modelwright.training.augment.crops import ATTEMPTS

Range = tuple[float, float]
KINDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorJitter:
    """Change brightness, contrast, saturation and hue, in an order drawn for each picture; None: not this one."""

    brightness: Range | None = None
    contrast: Range | None = None
    saturation: Range | None = None
    hue: Range | None = None
    draws = 2 * KINDS

    def __call__(self, x: Tensor, u: Tensor) -> Tensor:
        spans = (self.brightness, self.contrast, self.saturation, self.hue)
        order = u[:, KINDS:].argsort(1)
        made = x.float() / 255
        for place in range(KINDS):
            for kind, span in enumerate(spans):
                if span is None:
                    continue
                rows = (order[:, place] == kind).nonzero()[:, 0]
                if len(rows):
                    factor = (span[0] + (span[1] - span[0]) * u[rows, kind]).view(-1, 1, 1, 1)
                    made[rows] = CHANGES[kind](made[rows], factor)
        made = made * 255
        return made if x.is_floating_point() else made.round().to(x.dtype)


def brighter(x: Tensor, factor: Tensor) -> Tensor:
    """Return pictures of 0 to 1 times a factor."""
    return (x * factor).clamp(0, 1)


def contrasted(x: Tensor, factor: Tensor) -> Tensor:
    """Return pictures further from, or nearer to, their mean grey."""
    return _blend(x, grey(x).mean((1, 2, 3), keepdim=True), factor)


def saturated(x: Tensor, factor: Tensor) -> Tensor:
    """Return pictures further from, or nearer to, themselves in grey."""
    return x if x.shape[1] != 3 else _blend(x, grey(x), factor)


def turned(x: Tensor, factor: Tensor) -> Tensor:
    """Return pictures whose hues are turned by a share of the circle."""
    if x.shape[1] != 3:
        return x
    high, low = x.amax(1), x.amin(1)
    span = high - low
    flat = span == 0
    divisor = torch.where(flat, torch.ones_like(span), span)
    red, green, blue = ((high[:, None] - x) / divisor[:, None]).unbind(1)
    is_red, is_green = x[:, 0] == high, x[:, 1] == high
    hue = torch.where(is_red, blue - green, torch.where(is_green, 2 + red - blue, 4 + green - red))
    hue = torch.where(flat, torch.zeros_like(hue), hue) / 6 + factor.view(-1, 1, 1)
    sector = (hue % 1.0)[:, None] * 6
    offsets = torch.tensor([5.0, 3.0, 1.0], device=x.device).view(1, 3, 1, 1)
    k = (sector + offsets) % 6
    return (high[:, None] - span[:, None] * torch.minimum(k, 4 - k).clamp(0, 1)).clamp(0, 1)


def grey(x: Tensor) -> Tensor:
    """Return pictures in grey, `[N, 1, H, W]`."""
    if x.shape[1] != 3:
        return x[:, :1]
    return (x * torch.tensor(GREY, device=x.device).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _blend(x: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    return (factor * x + (1 - factor) * other).clamp(0, 1)


CHANGES = (brighter, contrasted, saturated, turned)


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomErasing:
    """Overwrite a rectangle with `value` (0 to 1) with probability `p`; `scale` is its share of the area."""

    p: float = 0.5
    scale: Range = (0.02, 0.33)
    ratio: Range = (0.3, 3.3)
    value: float = 0.0
    draws = 2 * ATTEMPTS + 3

    def __call__(self, x: Tensor, u: Tensor) -> Tensor:
        height, width = x.shape[2], x.shape[3]
        low, high = math.log(self.ratio[0]), math.log(self.ratio[1])
        area = height * width * (self.scale[0] + (self.scale[1] - self.scale[0]) * u[:, :ATTEMPTS])
        ratio = torch.exp(low + (high - low) * u[:, ATTEMPTS : 2 * ATTEMPTS])
        tall, wide = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
        fits = (tall < height) & (wide < width)
        first = fits.int().argmax(1, keepdim=True)
        tall, wide = tall.gather(1, first)[:, 0], wide.gather(1, first)[:, 0]
        top = (u[:, -3] * (height - tall + 1)).floor()
        left = (u[:, -2] * (width - wide + 1)).floor()
        rows = torch.arange(height, device=x.device).view(1, -1, 1)
        columns = torch.arange(width, device=x.device).view(1, 1, -1)
        top, left, tall, wide = (value.view(-1, 1, 1) for value in (top, left, tall, wide))
        inside = (rows >= top) & (rows < top + tall) & (columns >= left) & (columns < left + wide)
        chosen = (fits.any(1) & (u[:, -1] < self.p)).view(-1, 1, 1)
        return x.masked_fill((inside & chosen)[:, None], round(255 * self.value))
