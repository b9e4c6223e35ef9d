"""The generator of a GAN as other runtimes see it: random numbers in, pictures or columns in the user's units out."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.model.pictures import Pixels
from modelwright.model.preprocess import Preprocess
from modelwright.model.quantiles import Quantiles
from modelwright.model.scalers import Lines
from modelwright.plan.plan import InputPlan
from modelwright.ship.gan import GenerativeModel

NOISE, PICTURES, VALUES = "noise", "pictures", "values"
DEGREE = 28
"""Of the polynomial for the normal distribution: float64 to its last digits."""


class GeneratorModel(nn.Module):
    """Random numbers float32 `[N, latent + noise]` → pictures, float64 of 0 to 255, or one vector a column: numbers
    float64 `[N]` with NaN where missing, categories as their place, int64 `[N]`."""

    def __init__(self, model: GenerativeModel) -> None:
        super().__init__()
        self.plan = model.plan
        self.generator = model.module.core
        self.front = model.module.front if isinstance(model.module.front, Pixels) else None
        if self.front is None:
            assert isinstance(model.module.preprocess, Preprocess)
            self.columns = Columns(model.module.preprocess, model.plan.inputs)

    def forward(self, z: Tensor) -> tuple[Tensor, ...]:
        rows = self.generator(z)
        if self.front is None:
            return tuple(self.columns(rows))
        values = (rows.double() - self.front.shift.double()) / self.front.scale.double()
        return (values.clamp(0, 255),)


class Columns(nn.Module):
    """The way back of `model.decode` in operations that exporters know."""

    def __init__(self, preprocess: Preprocess, inputs: Sequence[InputPlan]) -> None:
        super().__init__()
        self.inputs = tuple(inputs)
        numbers = [column for column in inputs if column.encoding == "number"]
        self.lines: list[tuple[float, float, float] | None] = []
        for at in range(len(numbers)):
            line, knots = _way_back(preprocess.scale, at)
            self.lines.append(line)
            self.register_buffer(f"knots{at}", knots, persistent=False)
        self.normal = isinstance(preprocess.scale, Quantiles) and preprocess.scale.normal
        _coefficients()  # computed before torch traces what is done with them

    def forward(self, x: Tensor) -> list[Tensor]:
        numbers = [column for column in self.inputs if column.encoding == "number"]
        flags = [column.name for column in numbers if column.flag]
        found: dict[str, Tensor] = {}
        for at, column in enumerate(numbers):
            values = self._unscaled(x[:, at].double(), at) + column.offset
            if column.low is not None and column.high is not None:
                values = values.clamp(column.low, column.high)
            step = 10.0 ** (column.rounded or 0)
            found[column.name] = values if column.rounded is None else (values * step).round() / step
        for at, name in enumerate(flags, len(numbers)):
            found[name] = torch.where(x[:, at] > 0.5, torch.nan, found[name])
        start = len(numbers) + len(flags)
        for column in self.inputs:
            if column.encoding == "one_hot":
                found[column.name] = x[:, start : start + len(column.categories)].argmax(1)
                start += len(column.categories)
        return [found[column.name] for column in self.inputs]

    def _unscaled(self, values: Tensor, at: int) -> Tensor:
        line, knots = self.lines[at], getattr(self, f"knots{at}")
        if line is not None:
            centre, slope, bias = line
            return (values - bias) / slope + centre
        share = normal_share(values) if self.normal else values
        below, quantiles = knots
        if len(below) == 1:
            return torch.zeros_like(values) + quantiles
        place = (share[:, None] >= below[1:-1]).to(torch.int64).sum(1)
        low, step = quantiles[place], (share - below[place]) / (below[place + 1] - below[place])
        return low + (quantiles[place + 1] - low) * step.clamp(0, 1)


def _way_back(scale: Lines | Quantiles, at: int) -> tuple[tuple[float, float, float] | None, Tensor]:
    """Return the line of a column, or the knots `[2, Q]` of its quantiles: share of rows, value."""
    nothing = torch.zeros(2, 1, dtype=torch.float64)
    if isinstance(scale, Lines):
        return (float(scale.centre[at]), float(scale.scale[at]), float(scale.bias[at])), nothing
    if not bool(scale.scaled[at]):
        return (0.0, 1.0, 0.0), nothing
    below = scale.below.double()
    count = int((below < 1).sum()) + 1 if float(below.max()) == 1 else 1
    quantiles = scale.high[at].double() + scale.low[at].double()
    return None, torch.stack([below[:count], quantiles[:count]])


def normal_share(values: Tensor) -> Tensor:
    """Return the standard normal distribution function in float64, by operations that every runtime has in float64.

    erfc(z) = t · exp(P(t) - z²) with t = 2 / (2 + z), P a Chebyshev polynomial: Press et al., "Numerical Recipes", 3rd
    edition, §6.2.2; its coefficients are computed here.

    >>> values = torch.tensor([-5.0, 0.0, 1.0], dtype=torch.float64)
    >>> torch.allclose(normal_share(values), torch.special.ndtr(values), rtol=0, atol=1e-15)
    True
    """
    z = values.abs() / math.sqrt(2)
    t = 2 / (2 + z)
    x = 4 * t - 2  # twice the argument of the polynomials, as Clenshaw's recurrence takes it
    first = second = torch.zeros_like(x)
    coefficients = _coefficients()
    for coefficient in coefficients[:0:-1]:
        first, second = x * first - second + coefficient, first
    tail = t * torch.exp(x / 2 * first - second + coefficients[0] - z * z) / 2
    return torch.where(values < 0, tail, 1 - tail)


@functools.cache
def _coefficients() -> list[float]:
    x = np.polynomial.chebyshev.chebpts1(DEGREE + 1)
    t = (x + 1) / 2
    scaled = torch.special.erfcx(torch.from_numpy(2 / t - 2)).numpy()  # erfc(z) · exp(z²)
    sums = np.polynomial.chebyshev.chebvander(x, DEGREE).T @ np.log(scaled / t)
    return (sums / np.where(np.arange(len(x)) == 0, len(x), len(x) / 2)).tolist()


def noise_name(model: GenerativeModel) -> str:
    """Return what the input is called: `noise`, with a line below where a column has that name."""
    return _free(NOISE, model)


def outputs_of(model: GenerativeModel) -> list[str]:
    """Return what the outputs are called: the columns by their names; pictures, and their numbers before rounding."""
    return [PICTURES, VALUES] if model.pictures else [column.name for column in model.plan.inputs]


def _free(name: str, model: GenerativeModel) -> str:
    taken = {column.name for column in model.plan.inputs} if not model.pictures else set[str]()
    while name in taken:
        name += "_"
    return name


def facts_of(model: GenerativeModel) -> dict[str, Any]:
    """Return what goes in and comes out, as JSON values."""
    gan = model.plan.gan
    assert gan is not None
    shape = ["batch", gan.latent + gan.noise]
    noise = {"name": noise_name(model), "type": "float32", "shape": shape, "of": "standard normal numbers"}
    return {"inputs": [noise], "makes": [_told(model, name) for name in outputs_of(model)]}


def _told(model: GenerativeModel, name: str) -> dict[str, Any]:
    if model.pictures:
        kind = "uint8" if name == PICTURES else "float64"
        return {"name": name, "type": kind, "shape": ["batch", *model.plan.inputs[0].shape], "range": [0, 255]}
    column = next(one for one in model.plan.inputs if one.name == name)
    if column.encoding == "one_hot":
        known = ["" if word is None else word for word in column.categories]
        return {"name": name, "kind": column.kind, "type": "string", "missing": "", "categories": known}
    return {"name": name, "kind": column.kind, "type": "float64", "missing": "NaN"} | {
        "low": column.low,
        "high": column.high,
    }


def latents_of(model: GenerativeModel, frame: Any) -> np.ndarray:
    """Return the proof rows' random numbers as the generator takes them."""
    return np.ascontiguousarray(model.read(frame).frame.to_numpy(), dtype=np.float32)


def distance(model: GenerativeModel, expected: np.ndarray, found: np.ndarray) -> float:
    """Return the largest difference of made values, against 255 or the range of their column; infinite where one is
    missing and the other is not."""
    gone = np.isnan(expected)
    if expected.shape != found.shape or not np.array_equal(gone, np.isnan(found)):
        return float("inf")
    return float((np.abs(np.where(gone, 0, expected - found)) / model.slack).max(initial=0))
