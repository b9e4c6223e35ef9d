"""What a run of pictures does otherwise than one of a table: rows that stay where they are, augmentation, execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from modelwright.data.batches import Chosen
from modelwright.data.columns import Examples
from modelwright.data.spill import file_of
from modelwright.model.blocks import Residual
from modelwright.model.build import RowModel
from modelwright.model.flops import flops
from modelwright.model.pictures import Pixels
from modelwright.plan.plan import ExecutionPlan, Plan
from modelwright.plan.shape_rule import Shape
from modelwright.plan.sizes import output_shape
from modelwright.spec.call import Call, parse
from modelwright.spec.schema import TrainSpec
from modelwright.training.arrange import has_convolutions, memory_format, pool_first, poolable
from modelwright.training.augment.build import Augment, augmentation
from modelwright.training.execution import bfloat16_pays, choose

TRAINING = 3
"""Operations of a training step for each of evaluation: forward, and backward for inputs and for weights."""


def resident_pictures(examples: Examples, name: str, rows: np.ndarray) -> Chosen:
    """Return some rows of the pictures without a copy; they may lie in a file that is mapped into memory."""
    array = examples.media[name]
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = np.array(array)
    places = examples.frame[name].to_numpy()[rows]
    return Chosen(torch.from_numpy(array), torch.from_numpy(places.astype(np.int64)), in_memory=file_of(array) is None)


def changes_of(plan: Plan, own: Mapping[str, Any]) -> Augment | None:
    """Return what changes training batches, `own` with objects of the user's by key; None where nothing does."""
    classes = plan.outputs.width if plan.task == "multiclass" or plan.loss.startswith("CrossEntropyLoss") else 0
    return augmentation(plan.augment, plan.train.seed, classes, own)


def choose_for_pictures(plan: Plan, model: RowModel, spec: TrainSpec) -> tuple[ExecutionPlan, dict[str, str]]:
    """Choose how steps run on pictures, each with its reason; none of it changes numbers beyond the precision.

    Not for a class of the user's own: its code may rely on how numbers lie in memory (`view`), or on its layers' order.
    """
    one = operations(list(model.layers.children()), [parse(text) for text in plan.layers], plan.shape)
    step = TRAINING * one * plan.train.batch_size
    execution, why = choose(spec, step)
    places = len(poolable(model.layers))
    convolutions = has_convolutions(model.layers)
    if convolutions:
        why["memory_format"] = "convolutions read the channels of a pixel together: about twice as fast"
        if spec.precision == "auto" and bfloat16_pays(execution, step):
            execution = execution.model_copy(update={"precision": "bfloat16"})
            why["precision"] = (
                "this processor multiplies in it, so convolutions train faster; weights and scores stay float32"
            )
    if places:
        count = "in 1 place" if places == 1 else f"in {places} places"
        why["pool_first"] = f"max pooling runs before the activation {count}: the same numbers, a quarter of the work"
    memory = "channels_last" if convolutions else "contiguous_format"
    return execution.model_copy(update={"memory_format": memory, "pool_first": places > 0}), why


def operations(layers: Sequence[nn.Module], calls: Sequence[Call], shape: Shape) -> int:
    """Return the operations of layers for one row. (The trace counts the same, but running layers on the meta device
    imports torch's compiler: a second that no training should pay.)"""
    total = 0
    for layer, call in zip(layers, calls, strict=True):
        after = output_shape(call, shape)
        inner = [one for one in call.args if isinstance(one, Call)]
        if isinstance(layer, Residual):
            total += operations(list(layer.layers.children()), inner, shape)
        elif isinstance(layer, nn.Sequential):
            total += operations(list(layer.children()), inner, shape)
        else:
            total += flops(layer, shape, after) or 0
        shape = after
    return total


def arrange_pictures(model: RowModel, plan: Plan) -> None:
    """Arrange a model as the plan's execution says."""
    if plan.execution.pool_first:
        pool_first(model.layers)
    if plan.execution.memory_format == "channels_last":
        model.layers.to(memory_format=memory_format(plan.execution.memory_format))  # pyright: ignore[reportCallIssue]
        if isinstance(model.front, Pixels):
            model.front.memory_format = memory_format(plan.execution.memory_format)
