"""A model of pictures, texts, sequences or windows as other runtimes see it: one array in, answers out."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.arrays import raw
from modelwright.data.columns import Examples
from modelwright.data.tokens import tokenizer_of
from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.plan.plan import InputPlan, Plan
from modelwright.ship.columns import vectors
from modelwright.ship.model import Ensemble, Model
from modelwright.ship.raw_model import RawModel, answered, averaged, example
from modelwright.ship.resizing import with_matrices

MEDIA = ("pixels", "tokens", "steps")
WINDOW = "window"


class MediaModel(nn.Module):
    """Answers one array: pictures uint8 `[N, C, H, W]`, numbers of tokens int64 `[N, T]`, sequences float32 `[N, T, C]`
    with NaN where missing or after their end, or windows float64 `[N, window, C]` in units of the data.

    Of several models (a cohort) the answers are averaged.
    """

    coded: tuple[tuple[int, InputPlan], ...] = ()
    columns: tuple[InputPlan, ...] = ()
    offsets: Tensor

    def __init__(self, model: Model) -> None:
        super().__init__()
        models = model.models if isinstance(model, Ensemble) else (model,)
        if any(one.plan.inputs != models[0].plan.inputs for one in models):
            raise RunError(_unlike())
        self.plan = model.plan
        shape = shape_of(model.plan)
        pictures = model.plan.inputs[0].encoding == "pixels"
        self.members = nn.ModuleList(with_matrices(one.module, shape) if pictures else one.module for one in models)
        self.plans = tuple(one.plan for one in models)
        offsets = [column.offset for column in model.plan.inputs]
        self.register_buffer("offsets", torch.tensor(offsets, dtype=torch.float64), persistent=False)

    def forward(self, *values: Tensor) -> Tensor:
        """Take the array, the only one, as `RawModel` takes its vectors."""
        x = values[0]
        if self.plan.forecast is not None:
            x = (x - self.offsets).float()
        elif self.plan.inputs[0].encoding == "tokens":
            x = x.to(torch.int32)
        found = [answered(plan, one(x)) for one, plan in zip(self.members, self.plans, strict=True)]
        return averaged(self.plan, found)


Exported = RawModel | MediaModel


def module_of(model: Model) -> Exported:
    """Return what is exported of a model."""
    return (MediaModel(model) if model.plan.inputs[0].encoding in MEDIA else RawModel(model)).eval()


def input_name(plan: Plan) -> str:
    """Return what the array of a model is called: as the column, or `window` of a forecast."""
    return WINDOW if plan.forecast is not None else plan.inputs[0].name


def example_of(made: Exported, model: Model, rows: int = 3) -> tuple[Tensor, ...]:
    """Return values of the right types and shapes, to trace a model with."""
    if isinstance(made, RawModel):
        return example(made, rows)
    shape = shape_of(model.plan)
    if model.plan.forecast is not None:
        return (torch.zeros(rows, *shape, dtype=torch.float64),)
    kinds = {"pixels": torch.uint8, "tokens": torch.int64, "steps": torch.float32}
    made_of = torch.ones if model.plan.inputs[0].encoding == "tokens" else torch.zeros
    return (made_of(rows, *shape, dtype=kinds[model.plan.inputs[0].encoding]),)


def shape_of(plan: Plan) -> tuple[int, ...]:
    """Return the shape of one row: of a picture as it is decoded, before the transforms that are inside the model."""
    if plan.inputs[0].encoding != "pixels":
        return plan.inputs[0].shape
    height, width = cast(list[int], plan.data.options["size"])
    return int(cast(int, plan.data.options["colours"])), height, width


def feeds(model: Model, rows: Examples) -> dict[str, np.ndarray]:
    """Return typed rows as ONNX Runtime takes them, by the names of the inputs."""
    plan = model.plan
    if plan.inputs[0].encoding not in MEDIA:
        return vectors(rows.frame, model.inputs)
    (array,) = raw(rows, plan.inputs)
    if plan.forecast is not None:
        array = array.astype(np.float64) + np.array([column.offset for column in plan.inputs])
    elif plan.inputs[0].encoding == "tokens":
        array = array.astype(np.int64)
    return {input_name(plan): array}


def described(plan: Plan) -> dict[str, Any]:
    """Return what the array is, as JSON values."""
    column, shape = plan.inputs[0], list(shape_of(plan))
    made: dict[str, Any] = {"name": input_name(plan), "kind": column.kind, "shape": ["batch", *shape]}
    if plan.forecast is not None:
        columns = [one.name for one in plan.inputs]
        return made | {"type": "float64", "columns": columns, "steps": "oldest first, none missing"}
    if column.encoding == "pixels":
        return made | {"type": "uint8", "axes": "batch, colours, height, width", "range": [0, 255]}
    if column.tokens is not None:
        more = {"padding": 0, "unknown": 1, "empty": "one unknown token", "tokenizer": tokenizer_of(column.tokens)}
        return made | {"type": "int64"} | more
    resampled = {"resampled": "each sequence to these steps, on straight lines between its own"}
    made |= resampled if column.resampled else {}
    return made | {"type": "float32", "missing": "NaN, also after the last step"}


def _unlike() -> Diagnostic:
    return Diagnostic(
        code="R011",
        severity="error",
        message="the models of this cohort learned other tokens or lengths, and one file takes one array",
        known="nothing was written",
        help="export one of its members: modelwright export RUN/members/… --onnx model.onnx",
    )
