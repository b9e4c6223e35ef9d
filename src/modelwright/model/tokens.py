"""Texts as a model's first steps: numbers of tokens in, which of them are there, and a vector for each."""

from __future__ import annotations

from torch import Tensor, nn

from modelwright.model.blocks import EMBEDDING_RANGE
from modelwright.model.masks import Steps, steps_of


class Tokens(nn.Module):
    """Tell which numbers of tokens `[N, T]` are a text's own and which are padding (0).

    >>> import torch
    >>> Tokens()(torch.tensor([[5, 3, 0]]))[1].mask
    tensor([[ True,  True, False]])
    """

    def extra_repr(self) -> str:
        return "0 is padding"

    def forward(self, x: Tensor) -> tuple[Tensor, Steps]:
        return x, steps_of(x != 0)


class Embedding(nn.Embedding):
    """torch's Embedding, started uniform in ±0.05 as Keras' is: with torch's N(0, 1) attention learns much slower."""

    def reset_parameters(self) -> None:
        """Draw the vectors; that of `padding_idx` is 0."""
        nn.init.uniform_(self.weight, -EMBEDDING_RANGE, EMBEDDING_RANGE)
        self._fill_padding_idx_with_zero()
