"""Rotations and other affine maps of batches, each picture its own; torchvision's formulas."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomAffine:
    """Rotate, shift, scale and shear; what comes in from outside is `fill`.

    `degrees` and the shears are ranges in degrees, `translate` shares of width and height, `center` a point (x, y).
    """

    degrees: Range
    translate: tuple[float, float] = (0.0, 0.0)
    scale: Range = (1.0, 1.0)
    shear_x: Range = (0.0, 0.0)
    shear_y: Range = (0.0, 0.0)
    interpolation: str = "nearest"
    fill: float = 0.0
    center: tuple[float, float] | None = None
    sign: float = 1.0  # -1 for RandomRotation, which turns the other way round
    draws = 6

    def __call__(self, x: Tensor, u: Tensor) -> Tensor:
        height, width = x.shape[2], x.shape[3]
        angle = self.sign * _between(self.degrees, u[:, 0])
        shift_x = _between((-self.translate[0] * width, self.translate[0] * width), u[:, 1]).round()
        shift_y = _between((-self.translate[1] * height, self.translate[1] * height), u[:, 2]).round()
        scale, shear_x = _between(self.scale, u[:, 3]), _between(self.shear_x, u[:, 4])
        middle = (0.0, 0.0) if self.center is None else (self.center[0] - width / 2, self.center[1] - height / 2)
        theta = inverse(angle, shift_x, shift_y, scale, shear_x, _between(self.shear_y, u[:, 5]), middle)
        return warped(x, theta, self.interpolation, self.fill)


def _between(span: Range, u: Tensor) -> Tensor:
    return span[0] + (span[1] - span[0]) * u


def inverse(
    angle: Tensor,
    shift_x: Tensor,
    shift_y: Tensor,
    scale: Tensor,
    shear_x: Tensor,
    shear_y: Tensor,
    middle: tuple[float, float],
) -> Tensor:
    """Return where each new place comes from, `[N, 2, 3]`: torchvision's `_get_inverse_affine_matrix`."""
    turn, x, y = (value * (math.pi / 180) for value in (angle, shear_x, shear_y))
    a = torch.cos(turn - y) / torch.cos(y)
    b = -torch.cos(turn - y) * torch.tan(x) / torch.cos(y) - torch.sin(turn)
    c = torch.sin(turn - y) / torch.cos(y)
    d = -torch.sin(turn - y) * torch.tan(x) / torch.cos(y) + torch.cos(turn)
    m = [value / scale for value in (d, -b, -c, a)]
    left, top = -middle[0] - shift_x, -middle[1] - shift_y
    first = torch.stack([m[0], m[1], m[0] * left + m[1] * top + middle[0]], 1)
    second = torch.stack([m[2], m[3], m[2] * left + m[3] * top + middle[1]], 1)
    return torch.stack([first, second], 1)


def warped(x: Tensor, theta: Tensor, interpolation: str, fill: float) -> Tensor:
    """Return pictures whose places come from those that `theta` says, in pixels from the middle."""
    height, width = x.shape[2], x.shape[3]
    across = torch.arange(width, device=x.device) + (0.5 - width / 2)
    down = torch.arange(height, device=x.device) + (0.5 - height / 2)
    ones = torch.ones(height, width, device=x.device)
    points = torch.stack([across * ones, down[:, None] * ones, ones], -1)
    half = torch.tensor([width / 2, height / 2], device=x.device)
    grid = points.view(1, -1, 3) @ theta.mT / half
    grid = grid.view(len(x), height, width, 2)
    floats = x.float()
    if fill:
        floats = torch.cat([floats, torch.ones_like(floats[:, :1])], 1)
    made = functional.grid_sample(floats, grid, mode=interpolation, padding_mode="zeros", align_corners=False)
    if fill:
        made, known = made[:, :-1], made[:, -1:]
        made = made * known + (1 - known) * fill if interpolation == "nearest" else made + (1 - known) * fill
    return made if x.is_floating_point() else made.round().clamp(0, 255).to(x.dtype)
