"""What stands before a model's layers, by the encoding of its inputs: fitted preprocessing, and a front that trains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.arrays import ByColumn
from modelwright.data.columns import Examples
from modelwright.model.blocks import Embed
from modelwright.model.pictures import Geometry, Pixels
from modelwright.model.preprocess import Preprocess
from modelwright.model.sequences import Padded, StepScale, fit_sequences
from modelwright.model.tokens import Tokens
from modelwright.plan.plan import InputPlan, Plan, input_shape

FRONTS = (Embed, Pixels, Tokens, Padded)
UNPREPARED = ("pixels", "tokens")
"""What can stand before the layers."""


class AsItIs(nn.Module):
    """Preprocessing of rows that need none: what comes in goes out."""

    def forward(self, *raw: Tensor) -> tuple[Tensor, ...]:
        return raw


def fit_preprocess(plan: Plan, examples: Examples, rows: np.ndarray) -> nn.Module:
    """Return preprocessing fitted on `rows`, those of the training part, and on no others."""
    first = plan.inputs[0]
    if first.encoding in UNPREPARED:
        return _alone(first)
    if first.encoding == "steps":
        places = examples.frame[first.name].gather(rows).to_numpy()
        return fit_sequences(examples.media[first.name], places, plan.scale, first)
    return Preprocess.fit(plan.inputs, ByColumn(examples.frame, plan.inputs, rows), plan.scale, plan.impute)


def blank_preprocess(plan: Plan) -> nn.Module:
    """Return preprocessing with the buffers that `fit_preprocess` would give, to be loaded."""
    first = plan.inputs[0]
    if first.encoding in UNPREPARED:
        return _alone(first)
    if first.encoding == "steps":
        return StepScale(first.shape[1], plan.scale, first.ragged)
    return Preprocess.blank(plan.inputs, plan.scale, plan.impute)


def _alone(column: InputPlan) -> nn.Module:
    """Return the preprocessing of a column of pictures or sequences."""
    geometry = Geometry(column.transform)
    return geometry if geometry.calls else AsItIs()


def front(inputs: Sequence[InputPlan]) -> nn.Module | None:
    """Return what stands before the layers and belongs to the core; None where nothing has to."""
    if inputs[0].encoding == "pixels":
        return Pixels(inputs[0].transform)
    if inputs[0].encoding == "tokens":
        return Tokens()
    if inputs[0].ragged:
        return Padded()
    sizes = embedded(inputs)
    return Embed(sizes) if sizes else None


def core_batch(inputs: Sequence[InputPlan], rows: int) -> tuple[Tensor, ...]:
    """Return an empty batch of what a core takes, for looking at shapes."""
    shape = input_shape(inputs)
    if inputs[0].encoding == "pixels":
        return (torch.empty(rows, *shape, dtype=torch.uint8),)
    if inputs[0].encoding == "tokens":
        return (torch.zeros(rows, *shape, dtype=torch.int32),)
    if inputs[0].ragged:
        return torch.empty(rows, *shape), torch.ones(rows, shape[0], dtype=torch.bool)
    sizes = embedded(inputs)
    if not sizes:
        return (torch.empty(rows, *shape),)
    numbers = shape[0] - sum(width for _, width in sizes)
    return torch.empty(rows, numbers), torch.empty(rows, len(sizes), dtype=torch.int64)


def embedded(inputs: Sequence[InputPlan]) -> list[tuple[int, int]]:
    """Return categories and width of each embedded column."""
    return [(len(column.categories), column.dim) for column in inputs if column.encoding == "embedding"]
