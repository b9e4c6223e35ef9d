"""Pooling over time: [N, T, C] → [N, C], of the steps that are there."""

from __future__ import annotations

import torch
from torch import Tensor

from modelwright.model.masks import StepLayer


class _Pool(StepLayer):
    keeps_steps = False


class Mean(_Pool):
    """The mean of the steps.

    >>> Mean()(torch.tensor([[[1.0], [3.0], [99.0]]]), torch.tensor([[True, True, False]]))
    tensor([[2.]])
    """

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return x.mean(1)
        return x.masked_fill(~mask[..., None], 0).sum(1) / mask.sum(1, keepdim=True).to(x.dtype)


class Max(_Pool):
    """The largest value of each channel among the steps.

    >>> Max()(torch.tensor([[[1.0], [3.0], [99.0]]]), torch.tensor([[True, True, False]]))
    tensor([[3.]])
    """

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return (x if mask is None else x.masked_fill(~mask[..., None], float("-inf"))).amax(1)


class Last(_Pool):
    """The last step that is there.

    >>> Last()(torch.tensor([[[1.0], [3.0], [99.0]]]), torch.tensor([[True, True, False]]))
    tensor([[3.]])
    """

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return x[:, -1]
        last = (mask * torch.arange(1, mask.shape[1] + 1, device=x.device)).argmax(1)
        return x[torch.arange(x.shape[0], device=x.device), last]
