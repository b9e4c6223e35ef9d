"""How much of a picture a number of a feature map depends on: the receptive field of each layer.

A window of k numbers, dilated by d, that moves by s widens the field by (k - 1)·d·(what one step was worth before), and
makes each step worth s times as much. Source: Araujo et al. 2019, "Computing receptive fields", distill.pub.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from modelwright.model.blocks import Concat, Residual

Field = tuple[int, int]
State = tuple[Field, Field]
"""The field so far, and how far apart neighbours are in the picture: height and width each."""
WINDOWS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d)
START: State = ((1, 1), (1, 1))


def receptive_fields(layers: nn.Module, path: str = "") -> dict[str, Field]:
    """Return the height and width that each window of 2-D layers sees, by the path of its module.

    >>> receptive_fields(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 2, 3)))
    {'0': (3, 3), '2': (4, 4), '3': (8, 8)}
    """
    found: dict[str, Field] = {}
    _walk(layers, path, START, found)
    return found


def _walk(layer: nn.Module, path: str, state: State, found: dict[str, Field]) -> State:
    """Add the fields of a layer and of those inside it; return what is seen after it."""
    if isinstance(layer, WINDOWS):
        state = _widened(layer, state)
        found[path] = state[0]
        return state
    if isinstance(layer, Residual):
        around = state if layer.shortcut is None else _walk(layer.shortcut, _join(path, "shortcut"), state, found)
        return _larger(around, _walk(layer.layers, _join(path, "layers"), state, found))
    if isinstance(layer, Concat):
        branches = [_walk(one, _join(path, f"layers.{at}"), state, found) for at, one in enumerate(layer.layers)]
        return max(branches)
    if isinstance(layer, nn.Sequential):
        for name, one in layer.named_children():
            state = _walk(one, _join(path, name), state, found)
    return state


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _larger(one: State, other: State) -> State:
    (a, jump), (b, _) = other, one
    return (max(a[0], b[0]), max(a[1], b[1])), jump


def _widened(layer: nn.Module, state: State) -> State:
    (field, jump), sizes = state, [_pair(layer, name) for name in ("kernel_size", "stride", "dilation")]
    kernel, stride, dilation = sizes
    wider = tuple(f + (k - 1) * d * j for f, k, d, j in zip(field, kernel, dilation, jump, strict=True))
    steps = tuple(s * j for s, j in zip(stride, jump, strict=True))
    return (wider[0], wider[1]), (steps[0], steps[1])


def _pair(layer: nn.Module, name: str) -> Field:
    value: Any = getattr(layer, name, 1)
    if value is None:  # the stride of a pool that names none
        value = getattr(layer, "kernel_size", 1)
    return (int(value[0]), int(value[1])) if isinstance(value, tuple) else (int(value), int(value))
