"""The way back from what a network sees to the user's values: numbers unscaled, categories as codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor, special

from modelwright.model.pictures import Pixels
from modelwright.model.preprocess import Preprocess
from modelwright.model.quantiles import Quantiles
from modelwright.model.scalers import Lines
from modelwright.plan.plan import InputPlan

MISSING = float("nan")


def decode(x: Tensor, preprocess: Preprocess, inputs: Sequence[InputPlan]) -> np.ndarray:
    """Return rows `[N, W]` as values float64 `[N, columns]`, in the order of the inputs; NaN where a value is missing.

    Numbers are in the user's units, within the range of the training rows and with as many decimals as those; booleans
    0 and 1; categories their place in the plan, from 0.
    """
    rows = x.detach().cpu().double().numpy()
    numbers = [column for column in inputs if column.encoding == "number"]
    flags = [column.name for column in numbers if column.flag]
    found: dict[str, np.ndarray] = {}
    for at, column in enumerate(numbers):
        values = unscaled(rows[:, at], preprocess.scale, at) + column.offset
        if column.low is not None and column.high is not None:
            values = values.clip(column.low, column.high)
        found[column.name] = values if column.rounded is None else np.round(values, column.rounded)
    for at, name in enumerate(flags, len(numbers)):
        found[name] = np.where(rows[:, at] > 0.5, MISSING, found[name])
    start = len(numbers) + len(flags)
    for column in inputs:
        if column.encoding == "one_hot":
            block = rows[:, start : start + len(column.categories)]
            found[column.name] = block.argmax(1).astype(np.float64)
            start += len(column.categories)
    return np.stack([found[column.name] for column in inputs], axis=1)


def unscaled(values: np.ndarray, scale: Lines | Quantiles, column: int) -> np.ndarray:
    """Return the numbers that one column of scaled values stands for, less the column's offset.

    Quantiles: the inverse of the piecewise linear map; what falls between equal quantiles becomes that value exactly.
    """
    if isinstance(scale, Lines):
        centre, slope, bias = (float(each[column]) for each in (scale.centre, scale.scale, scale.bias))
        return (values - bias) / slope + centre
    if not bool(scale.scaled[column]):
        return values
    share = special.ndtr(_tensor(values)).numpy() if scale.normal else values
    quantiles = scale.high[column].double().numpy() + scale.low[column].double().numpy()
    return np.interp(share, scale.below.double().numpy(), quantiles)


def _tensor(values: np.ndarray) -> Tensor:
    import torch

    return torch.from_numpy(values)


def pixels(x: Tensor, front: Pixels) -> np.ndarray:
    """Return pictures `[N, C, H, W]` as numbers from 0 to 255, float64, not rounded."""
    values = (x.detach().double() - front.shift.double()) / front.scale.double()
    return values.clamp(0, 255).cpu().numpy()
