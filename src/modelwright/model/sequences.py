"""Sequences before a model's layers: each channel scaled, a mask of the steps that are there where lengths differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.arrays import to_steps
from modelwright.data.spill import file_of
from modelwright.model.masks import Steps, steps_of
from modelwright.model.quantiles import QuantileTransformer
from modelwright.model.scalers import Line, Lines, MinMaxScaler, Scaler, make_scaler
from modelwright.plan.plan import InputPlan
from modelwright.spec.call import parse
from modelwright.spec.names import bind

FITTED = 20_000
"""Streamed sequences that preprocessing is fitted to."""


class StepScale(nn.Module):
    """Scale each channel of sequences `[N, T, C]`; missing values become 0, the middle of the training values.

    With `ragged` a mask bool `[N, T]` comes along: True up to the last step with a value. `centre` and `spread` of a
    channel are those that take a scaled value back: `value * spread + centre`.
    """

    def __init__(self, channels: int, scale: str, ragged: bool) -> None:
        super().__init__()
        scaler = scaler_of(scale)
        clip = scaler.feature_range if isinstance(scaler, MinMaxScaler) and scaler.clip else None
        self.scale = Lines(channels, clip)
        self.ragged = ragged

    def fit_channel(self, channel: int, values: np.ndarray, offset: float, scale: str) -> Line:
        """Fit one channel to its training values (float64, none missing) and return its line."""
        scaler = scaler_of(scale)
        line = Line() if scaler is None or not len(values) else cast(Line, scaler.fit(values))
        self.scale.set(channel, line, offset, scaled=scaler is not None)
        return line

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        missing = x.isnan()
        scaled = self.scale(x).masked_fill_(missing, 0.0)
        return (scaled, present(missing)) if self.ragged else (scaled,)


def present(missing: Tensor) -> Tensor:
    """Return which steps of sequences are there, bool `[N, T]`: all up to the last that has a value.

    >>> present(torch.tensor([[[False], [True], [False], [True]]])).tolist()
    [[True, True, True, False]]
    """
    some = (~missing.all(2)).to(torch.int32)
    return some.flip(1).cumsum(1).flip(1) > 0  # cummax would say the same, but ONNX has none


class Padded(nn.Module):
    """The front of sequences of unequal length: numbers `[N, T, C]` with the steps that are there."""

    def extra_repr(self) -> str:
        return "mask"

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Steps]:
        return x, steps_of(mask)


def fit_sequences(sequences: np.ndarray, rows: np.ndarray, scale: str, column: InputPlan) -> StepScale:
    """Return preprocessing fitted to the channels of some sequences `[N, T, C]`, at the steps that are used."""
    made = StepScale(sequences.shape[2], scale, column.ragged)
    if file_of(sequences) is not None:  # larger than memory: rows spread over all of them say what the channels are
        rows = np.sort(rows)[np.linspace(0, len(rows) - 1, min(len(rows), FITTED)).astype(np.int64)]
    chosen = to_steps(sequences[rows], column)
    for channel in range(sequences.shape[2]):
        values = chosen[:, :, channel].astype(np.float64)
        made.fit_channel(channel, values[~np.isnan(values)], 0.0, scale)
    return made


def fit_windows(
    columns: Sequence[np.ndarray], offsets: Sequence[float], scale: str, targets: int
) -> tuple[StepScale, tuple[float, ...], tuple[float, ...]]:
    """Return preprocessing fitted to the training values of columns (float64, NaN where missing), and what takes the
    first `targets` of them back to their units: mean and scale of each."""
    made = StepScale(len(columns), scale, ragged=False)
    means: list[float] = []
    scales: list[float] = []
    for channel, (values, offset) in enumerate(zip(columns, offsets, strict=True)):
        line = made.fit_channel(channel, values[np.isfinite(values)], offset, scale)
        means.append(line.centre - line.bias / line.scale)
        scales.append(1 / line.scale)
    return made, tuple(means[:targets]), tuple(scales[:targets])


def scaler_of(scale: str) -> Scaler | None:
    """Return the scaler of a call text; None for `none` and for QuantileTransformer, which is no straight line."""
    if scale == "none":
        return None
    call = parse(scale)
    made = make_scaler(call.name, cast(dict[str, Any], bind("scaler", call)))
    return None if isinstance(made, QuantileTransformer) else made
