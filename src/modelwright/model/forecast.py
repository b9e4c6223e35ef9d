"""Blocks of forecasts: what a window is measured against, its trend apart, and the targets of each step."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from modelwright.model.masks import StepBlock, Steps

SMALLEST = 1e-5  # of a window's variance, as in the authors' code: a constant window has none


class RevIN(StepBlock):
    """Take a window's mean and spread away before its layers and give them back after: [N, T, C] → [N, H, K], K ≤ C.

    Each channel is measured against its own window, so that a level never seen in training is none to the layers. With
    `subtract_last` the last value is taken away, and nothing is divided (NLinear). Sources: Kim et al. 2022,
    "Reversible instance normalization"; Zeng et al. 2023, "Are transformers effective for time series forecasting?".

    >>> RevIN(nn.Identity())(torch.tensor([[[3.0], [5.0]]])).flatten().tolist()
    [3.0, 5.0]
    """

    def __init__(self, *layers: nn.Module, subtract_last: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.subtract_last = subtract_last

    def forward(self, x: Tensor, steps: Steps | None = None) -> Any:
        if steps is not None:
            return self._made(steps.fill(x)), None
        return self._made(x)

    def _made(self, x: Tensor) -> Tensor:
        if self.subtract_last:
            level = x[:, -1:]
            made = self.layers(x - level)
            return made + level[..., : made.shape[2]]
        variance, level = torch.var_mean(x, 1, correction=0, keepdim=True)
        spread = (variance + SMALLEST).sqrt()
        made = self.layers((x - level) / spread)
        width = made.shape[2]
        return torch.addcmul(level[..., :width], made, spread[..., :width])


class Decomposition(StepBlock):
    """Give a moving average of the last axis to `trend`, what is left of it to `season`, and add what they make.

    The ends are continued by their own values. Source: Wu et al. 2021, "Autoformer"; Zeng et al. 2023 (DLinear).

    >>> Decomposition(nn.Identity(), nn.Identity(), kernel_size=3)(torch.tensor([[[1.0, 2.0, 4.0]]])).tolist()
    [[[1.0, 2.0, 4.0]]]
    """

    def __init__(self, season: nn.Module, trend: nn.Module, kernel_size: int = 25) -> None:
        super().__init__()
        self.layers = nn.ModuleList((season, trend))
        self.kernel_size = kernel_size

    def forward(self, x: Tensor, steps: Steps | None = None) -> Any:
        if steps is not None:
            return self._made(steps.fill(x)), None
        return self._made(x)

    def _made(self, x: Tensor) -> Tensor:
        before = (self.kernel_size - 1) // 2
        ends = functional.pad(x, (before, self.kernel_size - 1 - before), mode="replicate")
        trend = functional.avg_pool1d(ends, self.kernel_size, 1)
        return self.layers[0](x - trend) + self.layers[1](trend)


class Targets(nn.Module):
    """Take the first columns of each step, those that are forecast, as one row: [N, H, C] → [N, H · targets].

    >>> Targets(1)(torch.tensor([[[1.0, 9.0], [2.0, 9.0]]])).tolist()
    [[1.0, 2.0]]
    """

    def __init__(self, targets: int) -> None:
        super().__init__()
        self.targets = targets

    def extra_repr(self) -> str:
        return str(self.targets)

    def forward(self, x: Tensor) -> Tensor:
        return x[..., : self.targets].flatten(1)
