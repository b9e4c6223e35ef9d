"""Rows of like length together: on the CPU the time of padded steps is saved, and the answers stay what they are."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from modelwright.model.masks import (
    EACH_NUMBER,
    LAST_AXIS,
    MIXING_ACTIVATIONS,
    WINDOWS,
    Permute,
    StepBlock,
    StepLayer,
    Steps,
    through,
    window_of,
)

FEWEST = 32  # rows at once: below, calling the layers once more costs more than the padding of so few rows
GROUPS = 4  # of a batch
MOST = 256  # rows at once: what the layers make of them stays in the processor's cache


def any_length(layers: Iterable[nn.Module]) -> bool:
    """Tell whether an answer depends neither on how far its row is padded nor on the other rows of a batch.

    It does where steps are pooled by a layer that is told them, and no layer before looks at padding or at a batch.
    """
    return _ends(layers, 1)[0] is True


def _ends(layers: Iterable[nn.Module], axis: int) -> tuple[bool | None, int]:
    """Return whether the steps end without having been looked at wrongly (None: they go on), and the axis of time."""
    for layer in layers:
        if isinstance(layer, nn.Sequential):
            known, axis = _ends(layer, axis)
        elif isinstance(layer, StepBlock):
            branches = [[each] for part in layer.children() for each in _parts(part)]
            ends = {_ends(branch, axis) for branch in branches}
            known, axis = ends.pop() if len(ends) == 1 else (False, axis)
        elif isinstance(layer, StepLayer):
            known = False if axis != 1 else None if layer.keeps_steps else True
        elif isinstance(layer, Permute):
            axis, known = layer.dims.index(axis), None
        else:
            known = None if _keeps(layer, axis) else False
        if known is not None:
            return known, axis
    return None, axis


def _parts(part: nn.Module) -> list[nn.Module]:
    """Return the branches of a block: each of a list, or the one that it is."""
    return list(part) if isinstance(part, nn.ModuleList) else [part]


def _keeps(layer: nn.Module, axis: int) -> bool:
    """Tell whether a layer that is no StepLayer leaves padding and rows apart."""
    if isinstance(layer, (*LAST_AXIS, nn.TransformerEncoderLayer, nn.Embedding)):
        return axis == 1
    if isinstance(layer, WINDOWS):
        return axis == 2
    if isinstance(layer, EACH_NUMBER):
        return True
    elementwise = type(layer).__module__ == "torch.nn.modules.activation" and not list(layer.parameters())
    return elementwise and not isinstance(layer, MIXING_ACTIVATIONS)


def costly(layers: nn.Module) -> bool:
    """Tell whether layers do so much for each step that rows of like length are worth being put together."""
    return any(
        isinstance(layer, (*WINDOWS, nn.TransformerEncoderLayer))
        or (isinstance(layer, StepLayer) and layer.keeps_steps)
        for layer in layers.modules()
    )


def can_group(x: Tensor) -> bool:
    """Tell whether lengths may be looked at: on a GPU that would wait for it, and an exported graph cannot."""
    traced = torch.jit.is_tracing() or torch.compiler.is_compiling()  # pyright: ignore[reportPrivateImportUsage]
    return x.device.type == "cpu" and not traced


def reach(layers: nn.Module) -> int:
    """Return the steps that the windows of layers, one after another, need at least to give one.

    >>> reach(nn.Sequential(nn.Conv1d(1, 1, 5), nn.MaxPool1d(2)))
    6
    """
    needed = 1
    for layer in reversed([layer for layer in layers.modules() if isinstance(layer, WINDOWS)]):
        kernel, stride, padding, dilation = window_of(layer)
        needed = max(1, (needed - 1) * stride + dilation * (kernel - 1) + 1 - 2 * padding)
    return needed


def in_groups(layers: nn.Module, x: Tensor, steps: Steps, *, apart: bool, least: int = 1) -> Tensor:
    """Return what layers make of rows, without the padding that no row needs; `apart`: short rows before long ones.

    `least`: steps that are kept, since a window needs them where all rows are shorter.
    """
    lengths = steps.mask.sum(1).clamp(min=least)
    longest = int(lengths.max())
    x, mask = x[:, :longest], steps.mask[:, :longest]
    if not apart or len(x) < 2 * FEWEST:
        return through((layers,), x, Steps(mask))[0]
    order = lengths.argsort(stable=True)
    x, mask, lengths = x.index_select(0, order), mask.index_select(0, order), lengths.index_select(0, order)
    rest: list[nn.Module] = list(layers.children()) if isinstance(layers, nn.Sequential) else [layers]
    if isinstance(rest[0], nn.Embedding):  # at once: each call would make a gradient of the whole table
        x, rest = rest[0](x), rest[1:]
    size = min(MOST, max(FEWEST, -(-len(x) // GROUPS)))
    found: list[Tensor] = []
    for rows, there, each in zip(x.split(size), mask.split(size), lengths.split(size), strict=True):
        longest = int(each[-1])
        found.append(through(rest, rows[:, :longest], Steps(there[:, :longest]))[0])
    return torch.cat(found).index_select(0, order.argsort())
