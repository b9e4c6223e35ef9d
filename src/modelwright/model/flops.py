"""Floating-point operations of one row through one layer, in evaluation; a multiplication and an addition are two.

Linear: 2·in·out a position. Conv: 2·kernel·in/groups·out a position of the output; ConvTranspose: of the input. Norms
from statistics of the row (Layer, Group, Instance): 7 a number, RMSNorm 4, BatchNorm 2 (its statistics are fixed).
Pools: the kernel's size an output, adaptive ones 1 an input. Activations 1 a number, Softmax 3. Biases are not counted.
Attention of T steps of width C: 8·T·C² for its four products, 4·T²·C for looking at each other; a block of torch's
also 4·T·C·F for its two Linear layers. Recurrent layers: 2·gates·hidden·(in + hidden) a step, direction and layer.
"""

from __future__ import annotations

import math
from typing import cast

from torch import nn

from modelwright.model.attention import LearnedPositionalEncoding, MultiheadAttention, PositionalEncoding, SelfAttention
from modelwright.model.pooling import Max, Mean
from modelwright.plan.shape_rule import Shape

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
_LP_POOLS = (nn.LPPool1d, nn.LPPool2d, nn.LPPool3d)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_ROW_NORMS = (nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
_SOFTMAX = (nn.Softmax, nn.LogSoftmax, nn.Softmin, nn.Softmax2d)
_GATES = {"GRU": 3, "LSTM": 4, "RNN": 1}
_FREE = ("Dropout", "Embedding", "Pad", "Flatten", "Shuffle", "Identity", "Unfold", "Upsampl", "Permute", "Last")
"""Parts of names of layers that only choose, copy or arrange numbers."""


def flops(layer: nn.Module, before: Shape, after: Shape) -> int | None:
    """Return the operations for one row of shape `before`; None for a layer that is not counted.

    >>> flops(nn.Linear(108, 128), (108,), (128,))
    27648
    """
    out = math.prod(after)
    if isinstance(layer, nn.Linear):
        return 2 * layer.in_features * out
    if isinstance(layer, _CONVOLUTIONS):
        return 2 * math.prod(layer.kernel_size) * layer.in_channels // layer.groups * out
    if isinstance(layer, _TRANSPOSED):
        return 2 * math.prod(layer.kernel_size) * layer.out_channels // layer.groups * math.prod(before)
    if isinstance(layer, (*_POOLS, *_LP_POOLS)):
        return _kernel(layer, len(before) - 1) * out
    if isinstance(layer, (nn.GRU, nn.LSTM, nn.RNN)):
        return _recurrent(layer, before)
    if isinstance(layer, (SelfAttention, MultiheadAttention)):
        return 8 * before[0] * before[1] ** 2 + 4 * before[0] ** 2 * before[1]
    if isinstance(layer, nn.TransformerEncoderLayer):
        between = layer.linear1.out_features
        return before[0] * before[1] * (8 * before[1] + 4 * before[0] + 4 * between)
    return _a_number(layer, math.prod(before), out)


def _a_number(layer: nn.Module, numbers: int, out: int) -> int | None:
    """Operations of layers that cost so much a number."""
    name = type(layer).__name__
    if isinstance(layer, _BATCH_NORMS):
        return 2 * out
    if isinstance(layer, _ROW_NORMS):
        return 7 * out
    if isinstance(layer, nn.RMSNorm):
        return 4 * out
    if isinstance(layer, _SOFTMAX):
        return 3 * out
    if name.startswith("Adaptive"):
        return numbers
    if any(part in name for part in _FREE):
        return 0
    if isinstance(layer, (Mean, Max, PositionalEncoding, LearnedPositionalEncoding)):
        return numbers
    return out if type(layer).__module__ == "torch.nn.modules.activation" and not list(layer.children()) else None


def _kernel(layer: nn.Module, axes: int) -> int:
    size = cast("int | tuple[int, ...]", layer.kernel_size)
    return math.prod(size) if isinstance(size, tuple) else size**axes


def _recurrent(layer: nn.RNNBase, before: Shape) -> int:
    directions = 2 if layer.bidirectional else 1
    widths = [layer.input_size, *[layer.hidden_size * directions] * (layer.num_layers - 1)]
    each = sum(2 * _GATES[layer.mode[:4].rstrip("_")] * layer.hidden_size * (w + layer.hidden_size) for w in widths)
    return before[0] * directions * each
