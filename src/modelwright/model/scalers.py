"""Scikit-learn's scalers as tensors: fitted in float64, equal to scikit-learn's, applied in float32.

`MinMaxScaler`, `StandardScaler` and `RobustScaler` are one formula, `(x - centre) * scale + bias`. The centre is
rounded to float32 and what rounding took away stands in the bias, so that columns far from 0 lose no digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.model.quantiles import QuantileTransformer

EPSILON = float(np.finfo(np.float64).eps)
LARGEST = 1e30  # scaled values stay within ±1e30: a finite input must not become infinite in the first layer
STEEPEST = 1e38  # a column that varies by less than float32 can tell is left as the constant that it is


@dataclass(frozen=True, slots=True)
class Line:
    """A fitted straight line in float64: what comes out is `(value - centre) * scale + bias`."""

    centre: float = 0.0
    scale: float = 1.0
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class MinMaxScaler:
    """To `feature_range`; with `clip`, values beyond the training range stop at its ends."""

    feature_range: tuple[float, float] = (0, 1)
    clip: bool = False

    def fit(self, known: np.ndarray) -> Line:
        """Return the line of one column; `known` are its values in float64, none missing."""
        low, high = self.feature_range
        span = float(known.max() - known.min())
        return Line(float(known.min()), (high - low) / (span if span >= 10 * EPSILON else 1.0), low)


@dataclass(frozen=True, slots=True)
class StandardScaler:
    """To mean 0 and standard deviation 1 (of the population)."""

    with_mean: bool = True
    with_std: bool = True

    def fit(self, known: np.ndarray) -> Line:
        """Return the line of one column; `known` are its values in float64, none missing."""
        mean = float(known.mean())
        away = known - mean
        # The corrected two-pass variance and the bound of its error: Chan, Golub and LeVeque 1983.
        variance = (float(away @ away) - float(away.sum()) ** 2 / len(known)) / len(known)
        error = len(known) * EPSILON * variance + (len(known) * mean * EPSILON) ** 2
        scale = 1 / variance**0.5 if self.with_std and variance > error else 1.0
        return Line(mean if self.with_mean else 0.0, scale)


@dataclass(frozen=True, slots=True)
class RobustScaler:
    """By median and a range of percentiles, so that outliers count little."""

    with_centering: bool = True
    with_scaling: bool = True
    quantile_range: tuple[float, float] = (25.0, 75.0)
    unit_variance: bool = False

    def fit(self, known: np.ndarray) -> Line:
        """Return the line of one column; `known` are its values in float64, none missing."""
        centre = float(np.median(known)) if self.with_centering else 0.0
        if not self.with_scaling:
            return Line(centre)
        low, high = np.percentile(known, self.quantile_range)
        spread = float(high - low)
        spread = spread if spread >= 10 * EPSILON else 1.0
        if self.unit_variance:
            ends = torch.tensor(self.quantile_range, dtype=torch.float64) / 100
            spread /= float(torch.special.ndtri(ends).diff())
        return Line(centre, 1 / spread)


class Lines(nn.Module):
    """The lines of all columns at once. `numbers` float32 `[N, F]` in, the same out; NaN stays NaN."""

    centre: Tensor
    scale: Tensor
    bias: Tensor
    clipped: Tensor

    def __init__(self, width: int, clip: tuple[float, float] | None = None) -> None:
        super().__init__()
        self.clip = clip
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        self.register_buffer("bias", torch.zeros(width))
        self.register_buffer("clipped", torch.zeros(width, dtype=torch.bool))

    def set(self, column: int, line: Line, offset: float, scaled: bool) -> None:
        """Take over a line that was fitted to `value = number + offset`; only scaled columns are clipped."""
        if line.scale > STEEPEST:
            line = Line(line.centre, 1.0, line.bias)
        centre = float(np.float32(line.centre - offset))
        self.centre[column] = centre
        self.scale[column] = line.scale
        self.bias[column] = line.bias + (offset + centre - line.centre) * line.scale
        self.clipped[column] = scaled and self.clip is not None

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the scaled numbers."""
        out = (numbers - self.centre).mul_(self.scale).add_(self.bias).clamp_(-LARGEST, LARGEST)
        return out if self.clip is None else torch.where(self.clipped, out.clamp(*self.clip), out)


Scaler = MinMaxScaler | StandardScaler | RobustScaler | QuantileTransformer
SCALERS: dict[str, type[Scaler]] = {
    "MinMaxScaler": MinMaxScaler,
    "StandardScaler": StandardScaler,
    "RobustScaler": RobustScaler,
    "QuantileTransformer": QuantileTransformer,
}


def make_scaler(name: str, arguments: dict[str, Any]) -> Scaler:
    """Return a scaler by scikit-learn's name and arguments; SpecError (Y003) for a range that is none."""
    for key in ("feature_range", "quantile_range"):
        ends = arguments.get(key, (0, 1))
        if len(ends) != 2 or not ends[0] < ends[1] or (key == "quantile_range" and not 0 <= ends[0] < ends[1] <= 100):
            raise SpecError(
                Diagnostic(
                    code="Y003",
                    severity="error",
                    message=f"`{key}` of {name} is no range",
                    where=Place(key="scale"),
                    expected="two numbers, the smaller first" + (", from 0 to 100" if key == "quantile_range" else ""),
                    received=str(ends),
                    help=f"{name}({key}={'(25, 75)' if key == 'quantile_range' else '(0, 1)'})",
                )
            )
    return SCALERS[name](**arguments)
