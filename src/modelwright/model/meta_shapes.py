"""The shape after a layer that has no rule: torch's own forward on the meta device, which computes no numbers."""

from __future__ import annotations

import torch

from modelwright.lean_torch import meta_rules
from modelwright.model.layers import make_layer
from modelwright.plan.shape_rule import Shape, ShapeProblem, dims
from modelwright.spec.call import Call

ROWS = 2
"""A batch of two, since some layers refuse one row."""


def meta_shape(call: Call, shape: Shape) -> Shape:
    """Return the shape of one row after the layer (ShapeProblem with torch's own words where it doesn't fit)."""
    meta_rules()
    try:
        with torch.device("meta"):
            layer = make_layer(call).eval()
            result = layer(torch.empty(ROWS, *shape))
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ShapeProblem(f"{call} does not take {dims(shape)}: {reason}", code="S301") from error
    if not isinstance(result, torch.Tensor):
        raise ShapeProblem(f"{call.name} gives several tensors, and a list of layers passes on one", code="S301")
    if not result.dim() or result.shape[0] != ROWS:
        raise ShapeProblem(f"{call} mixes the rows of a batch: {ROWS} rows become {dims(tuple(result.shape))}")
    return tuple(result.shape[1:])
