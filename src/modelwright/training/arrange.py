"""A model arranged for speed without other numbers: memory format, and pooling before the activation."""

from __future__ import annotations

import torch
from torch import nn

MONOTONE = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Hardtanh, nn.Tanh, nn.Sigmoid)
"""Activations that never fall: the largest of some numbers stays the largest, whichever comes first."""


def poolable(layers: nn.Module) -> list[tuple[nn.Sequential, int]]:
    """Return where max pooling follows a monotone activation: the sequence, and the place of the activation.

    max(f(a), f(b)) = f(max(a, b)) to the bit, so pooling may run first; the activation then has a quarter of the work.

    >>> [place for _, place in poolable(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2)))]
    [1]
    """
    return [
        (sequence, place)
        for sequence in layers.modules()
        if isinstance(sequence, nn.Sequential)
        for place in range(len(sequence) - 1)
        if _monotone(sequence[place]) and isinstance(sequence[place + 1], nn.MaxPool2d)
    ]


def _monotone(layer: nn.Module) -> bool:
    falls = isinstance(layer, nn.LeakyReLU) and layer.negative_slope < 0
    return isinstance(layer, MONOTONE) and not falls


def pool_first(layers: nn.Module) -> None:
    """Let max pooling run before the activation wherever it follows one. Neither has weights, so no name changes."""
    for sequence, place in poolable(layers):
        sequence[place], sequence[place + 1] = sequence[place + 1], sequence[place]


def has_convolutions(layers: nn.Module) -> bool:
    """Return whether a layer is a convolution of pictures."""
    return any(isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) for layer in layers.modules())


def memory_format(name: str) -> torch.memory_format:
    """Return torch's object for a name of the plan."""
    return torch.channels_last if name == "channels_last" else torch.contiguous_format
