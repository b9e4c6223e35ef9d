"""Pictures as a model's first step: bytes in, numbers out."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Pixels(nn.Module):
    """Turn bytes `[N, C, H, W]` of 0 to 255 into numbers of 0 to 1, as torchvision's ToTensor does.

    >>> Pixels()(torch.tensor([0, 255], dtype=torch.uint8))
    tensor([0., 1.])
    """

    def extra_repr(self) -> str:
        return "ToTensor"

    def forward(self, x: Tensor) -> Tensor:
        return x.to(torch.float32) / 255
