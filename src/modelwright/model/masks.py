"""Which steps of a sequence are there: the mask goes with the numbers through the layers, and padding changes nothing.

Rows of unequal length are padded at their end; a mask, bool `[N, T]`, is True where a step is. A front gives it beside
the numbers (`Padded`), and `through` hands it on: layers that look at several steps (`StepLayer`: attention, pooling
over time, recurrent ones) are told it; layers that treat each step alone need not know it; before any other layer the
padded steps are set to 0, so what stands there never reaches an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

WINDOWS = (nn.Conv1d, nn.MaxPool1d, nn.AvgPool1d, nn.LPPool1d)
LAST_AXIS = (nn.Linear, nn.LayerNorm, nn.RMSNorm)
"""Layers that work along the last axis: on each step alone, unless the last axis is time."""
EACH_NUMBER = (nn.Embedding, nn.Identity, nn.Dropout, nn.AlphaDropout, nn.Dropout1d)
MIXING_ACTIVATIONS = (nn.Softmax, nn.LogSoftmax, nn.Softmin, nn.Softmax2d, nn.GLU, nn.PReLU, nn.MultiheadAttention)


@dataclass(frozen=True, slots=True)
class Steps:
    """Where steps are: `mask` bool `[N, T]`, at least one True a row and all True ones first; `axis` of time."""

    mask: Tensor
    axis: int = 1

    def fill(self, x: Tensor, value: float = 0.0) -> Tensor:
        """Return `x` with `value` at the padded steps."""
        shape = [1] * x.dim()
        shape[0], shape[self.axis] = self.mask.shape
        return x.masked_fill(~self.mask.view(shape), value)


class StepLayer(nn.Module):
    """A layer that is told which steps are there: `forward(x [N, T, C], mask [N, T] or None)`.

    `keeps_steps`: whether [N, T, …] comes out, with the same steps; else one vector a row, and the mask ends here.
    """

    keeps_steps = True


class StepBlock(nn.Module):
    """Layers within a layer: `forward(x)` gives a tensor, `forward(x, steps)` a tensor and its steps (or None)."""


class Permute(nn.Module):
    """Put the axes in another order, as torchvision.ops.Permute does: `Permute((0, 2, 1))` makes channels come first.

    >>> Permute((0, 2, 1))(torch.zeros(5, 7, 3)).shape
    torch.Size([5, 3, 7])
    """

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = tuple(dims)

    def extra_repr(self) -> str:
        return str(self.dims)

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.dims)


def steps_of(mask: Tensor) -> Steps:
    """Return the steps of a mask; a row without any keeps its first one, since no layer has an answer to nothing."""
    first = torch.zeros_like(mask)
    first[:, 0] = True
    return Steps(mask | first)


def through(layers: Iterable[nn.Module], x: Tensor, steps: Steps | None) -> tuple[Tensor, Steps | None]:
    """Return what layers one after another make of `x`, and the steps of that; None where it has none (any more).

    >>> steps = steps_of(torch.tensor([[True, False]]))
    >>> through([nn.Linear(3, 4), nn.Flatten()], torch.ones(1, 2, 3), steps)[0][0, 4:].tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    for layer in layers:
        if steps is None:
            x = layer(x)
        else:
            x, steps = _one(layer, x, steps)
    return x, steps


def _one(layer: nn.Module, x: Tensor, steps: Steps) -> tuple[Tensor, Steps | None]:
    """Return what one layer makes of `x`, and the steps of that."""
    if type(layer).forward is nn.Sequential.forward:
        return through(layer.children(), x, steps)
    if isinstance(layer, StepBlock):
        return layer(x, steps)
    if isinstance(layer, StepLayer) and steps.axis == 1:
        return layer(x, steps.mask), steps if layer.keeps_steps else None
    if isinstance(layer, nn.TransformerEncoderLayer) and steps.axis == 1:
        return layer(x, src_key_padding_mask=~steps.mask), steps
    if isinstance(layer, Permute):
        return layer(x), replace(steps, axis=layer.dims.index(steps.axis))
    if alone(layer, x, steps.axis):
        return layer(x), steps
    if isinstance(layer, WINDOWS) and steps.axis == 2:
        return _window(layer, x, steps)
    if isinstance(layer, nn.BatchNorm1d):  # its statistics count padded steps as 0; in evaluation they are fixed
        return layer(steps.fill(x)), steps
    return layer(steps.fill(x)), None


def alone(layer: nn.Module, x: Tensor, axis: int) -> bool:
    """Tell whether a layer treats each step alone, so that padded ones cannot change others."""
    if isinstance(layer, LAST_AXIS):
        return axis != x.dim() - 1
    return isinstance(layer, EACH_NUMBER) or (
        type(layer).__module__ == "torch.nn.modules.activation" and not isinstance(layer, MIXING_ACTIVATIONS)
    )


def _window(layer: nn.Module, x: Tensor, steps: Steps) -> tuple[Tensor, Steps]:
    """Slide a window over the steps that are there: as many steps come out of a row as would without its padding."""
    empty = float("-inf") if isinstance(layer, nn.MaxPool1d) else 0.0
    out = layer(steps.fill(x, empty))
    kernel, stride, padding, dilation = window_of(layer)
    lengths = steps.mask.sum(1)
    if not (isinstance(layer, nn.Conv1d) and layer.padding == "same"):
        lengths = ((lengths + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1).clamp(min=1)
    mask = torch.arange(out.shape[2], device=x.device) < lengths[:, None]
    after = Steps(mask, 2)
    return (after.fill(out) if empty else out), after


def window_of(layer: nn.Module) -> tuple[int, int, int, int]:
    """Return kernel size, stride, padding and dilation of a layer that slides a window over steps."""
    names = ("kernel_size", "stride", "padding", "dilation")
    kernel, stride, padding, dilation = (_number(layer, name) for name in names)
    return kernel, stride, padding, dilation


def _number(layer: nn.Module, name: str) -> int:
    value: object = getattr(layer, name, 1)
    value = value[0] if isinstance(value, tuple) else value
    return value if isinstance(value, int) else 0
