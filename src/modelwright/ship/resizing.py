"""Pictures resized in an exported model: smoothed resizing, which ONNX has otherwise, as two products of matrices."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from modelwright.model.build import RowModel
from modelwright.model.pictures import ABOVE, STEPS, Geometry
from modelwright.spec.call import Value, parse
from modelwright.spec.names import bind
from modelwright.spec.pictures import Shape, resized, shape_after


def with_matrices(module: RowModel, shape: Shape) -> RowModel:
    """Return a model of pictures whose resizing every runtime has; the same one where nothing is resized."""
    geometry = module.preprocess
    if not isinstance(geometry, Geometry) or all(parse(text).name != "Resize" for text in geometry.calls):
        return module
    made = copy.deepcopy(module)
    made.preprocess = Resizing(geometry, shape)
    return made


class Resizing(nn.Module):
    """What `Geometry` does to pictures of one shape, with torch's weights."""

    def __init__(self, geometry: Geometry, shape: Shape) -> None:
        super().__init__()
        self.calls = geometry.calls
        for at, call in enumerate(map(parse, self.calls)):
            given = bind("transform", call)
            if call.name == "Resize":
                size = resized((shape[1], shape[2]), given)
                self.register_buffer(f"down{at}", weights(shape[1], size[0], given), persistent=False)
                self.register_buffer(f"across{at}", weights(shape[2], size[1], given), persistent=False)
            shape = shape_after(call, given, shape)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        for at, call in enumerate(map(parse, self.calls)):
            if call.name != "Resize":
                x = STEPS[call.name](x, bind("transform", call))
                continue
            made = getattr(self, f"down{at}") @ x.double() @ getattr(self, f"across{at}").T
            x = (made + ABOVE).round().clamp(0, 255).to(torch.uint8)
        return (x,)


def weights(size: int, wanted: int, given: Mapping[str, Value]) -> Tensor:
    """Return how much each of `size` numbers counts for each of `wanted`, float64 `[wanted, size]`: those of torch.

    >>> weights(4, 2, {"interpolation": "nearest"}).tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    mode = str(given.get("interpolation", "bilinear"))
    smooth = {"align_corners": False, "antialias": given.get("antialias", True) is not False}
    options = smooth if mode != "nearest" else {}
    each = torch.eye(size, dtype=torch.float64)[None, None]
    return functional.interpolate(each, (wanted, size), mode=mode, **options)[0, 0]  # pyright: ignore[reportArgumentType]
