"""Preprocessing as part of the model: raw numbers and category codes in, what the first layer takes out.

Everything it learned stands in buffers, so it travels in the model file; `forward` is plain tensor operations without
control flow that depends on data, so it can be exported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.arrays import Arrays, ByColumn, number_columns, number_names
from modelwright.model.imputation import SimpleImputer
from modelwright.model.quantiles import Quantiles, QuantileTransformer
from modelwright.model.scalers import Line, Lines, MinMaxScaler, Scaler, make_scaler
from modelwright.plan.plan import CYCLES, InputPlan
from modelwright.spec.call import parse
from modelwright.spec.names import bind


class Preprocess(nn.Module):
    """Imputes, scales and one-hot encodes. Columns of `x`: numbers, date parts, missing flags, one-hot categories.

    Built by `fit` from training rows, or by `blank` for a state dict to be loaded into.
    """

    fill: Tensor
    flagged: Tensor
    embedded: Tensor
    numbering: Tensor

    def __init__(self, inputs: Sequence[InputPlan], scale: str) -> None:
        super().__init__()
        columns = number_columns(inputs)
        coded = [column for column in inputs if column.encoding in ("one_hot", "embedding")]
        scaler = _scaler(scale)
        self.scale: Lines | Quantiles
        if isinstance(scaler, QuantileTransformer):
            self.scale = Quantiles(len(columns), scaler)
        else:
            clip = scaler.feature_range if isinstance(scaler, MinMaxScaler) and scaler.clip else None
            self.scale = Lines(len(columns), clip)
        self.one_hot = [(at, len(column.categories)) for at, column in enumerate(coded) if column.encoding == "one_hot"]
        flagged = [number for column, number in _first_columns(inputs) if column.flag]
        embedded = [at for at, column in enumerate(coded) if column.encoding == "embedding"]
        self.register_buffer("fill", torch.zeros(len(columns)))  # what a missing number becomes, once scaled
        self.register_buffer("flagged", torch.tensor(flagged, dtype=torch.int64, device="cpu"), persistent=False)
        self.register_buffer("embedded", torch.tensor(embedded, dtype=torch.int64, device="cpu"), persistent=False)
        largest = max((size for _, size in self.one_hot), default=0)
        self.register_buffer("numbering", torch.arange(1, largest + 1, device="cpu"), persistent=False)

    @classmethod
    def blank(cls, inputs: Sequence[InputPlan], scale: str, impute: str) -> Preprocess:
        """Return an unfitted module with the buffers that `fit` would give, for `load_state_dict`."""
        _imputer(impute)
        return cls(inputs, scale)

    @classmethod
    def fit(cls, inputs: Sequence[InputPlan], arrays: Arrays | ByColumn, scale: str, impute: str) -> Preprocess:
        """Return preprocessing fitted to the arrays of the training rows, in float64.

        `scale` is a scaler's call text or "none", `impute` a `SimpleImputer` call. Fitting holds one column in float64
        at a time. Raises SpecError for names or arguments that scikit-learn does not have.
        """
        made = cls(inputs, scale)
        scaler, imputer = _scaler(scale), _imputer(impute)
        for number, (column, part) in enumerate(number_columns(inputs)):
            values = arrays.numbers[:, number].astype(np.float64) + column.offset
            known = values[~np.isnan(values)]
            if part in CYCLES:
                continue
            if scaler is not None and len(known) and column.kind != "boolean":
                made._fit_scale(number, scaler, values, known, column.offset)
            elif isinstance(made.scale, Lines) and column.offset:
                made.scale.set(number, Line(), column.offset, scaled=False)
            made._fit_fill(number, imputer.fit(known) - column.offset)
        return made

    def _fit_scale(self, number: int, scaler: Scaler, values: np.ndarray, known: np.ndarray, offset: float) -> None:
        if isinstance(scaler, QuantileTransformer):
            cast(Quantiles, self.scale).set(number, scaler.fit(values), offset)
        else:
            cast(Lines, self.scale).set(number, scaler.fit(known), offset, scaled=True)

    def _fit_fill(self, number: int, fill: float) -> None:
        """Store what the column's fill value becomes once it is scaled."""
        row = torch.zeros(1, len(self.fill))
        row[0, number] = fill
        with torch.no_grad():
            self.fill[number] = self.scale(row)[0, number]

    def forward(self, numbers: Tensor, codes: Tensor) -> tuple[Tensor, ...]:
        """Return `x` float32 `[N, W]` and, where columns are embedded, their codes int64 `[N, E]`.

        `numbers` float32 `[N, F]` with NaN for missing, `codes` int64 `[N, C]`, both as `data.arrays.features` gives
        them. At its peak it holds `x`, one copy of the numbers and one of the one-hot columns: rows in chunks if that
        is too much.
        """
        missing = numbers.isnan()
        parts = [torch.where(missing, self.fill, self.scale(numbers))]
        if self.flagged.shape[0]:
            parts.append(missing[:, self.flagged])
        for at, size in self.one_hot:
            parts.append(codes[:, at : at + 1] == self.numbering[:size])
        x = torch.cat([part.to(torch.float32) for part in parts], dim=1) if len(parts) > 1 else parts[0]
        return (x, codes[:, self.embedded]) if self.embedded.shape[0] else (x,)


def feature_names(inputs: Sequence[InputPlan]) -> list[str]:
    """Return a name for each column of `x`: `age`, `date.year`, `date.month.sin`, `age?` (missing), `sex=male`.

    A missing value that is a category of its own is called `sex=?`.
    """
    numbers = number_names(inputs)
    flags = [f"{column.name}?" for column, _ in _first_columns(inputs) if column.flag]
    one_hot = [
        f"{column.name}={'?' if category is None else category}"
        for column in inputs
        if column.encoding == "one_hot"
        for category in column.categories
    ]
    return [*numbers, *flags, *one_hot]


def _first_columns(inputs: Sequence[InputPlan]) -> list[tuple[InputPlan, int]]:
    """Return each input of numbers or dates with the place of its first column."""
    first: dict[str, tuple[InputPlan, int]] = {}
    for number, (column, _) in enumerate(number_columns(inputs)):
        first.setdefault(column.name, (column, number))
    return list(first.values())


def _scaler(text: str) -> Scaler | None:
    if text == "none":
        return None
    call = parse(text)
    return make_scaler(call.name, cast(dict[str, Any], bind("scaler", call)))


def _imputer(text: str) -> SimpleImputer:
    return SimpleImputer(**cast(dict[str, Any], bind("imputer", parse(text))))
