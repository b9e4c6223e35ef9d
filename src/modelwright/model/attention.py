"""Self-attention over the steps of a sequence, and where a step stands: [N, T, C] → [N, T, C]."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from modelwright.model.masks import StepLayer


class SelfAttention(StepLayer):
    """Each step looks at every other one: softmax(q kᵀ / √width) v in `num_heads` heads, then a Linear layer.

    `is_causal`: a step looks at itself and at earlier ones only. `rotary`: queries and keys are turned by their place
    (Su et al. 2021), so that what a step sees depends on how far the others are. Without it, or a positional encoding
    before it, attention does not know the order of the steps. Padded steps are not looked at.

    >>> SelfAttention(8, 2)(torch.zeros(5, 7, 8)).shape
    torch.Size([5, 7, 8])
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int = 1,
        dropout: float = 0.0,
        bias: bool = True,
        is_causal: bool = False,
        rotary: bool = False,
    ) -> None:
        super().__init__()
        if embed_dim % num_heads or (rotary and embed_dim // num_heads % 2):
            raise ValueError(f"{num_heads} heads do not divide {embed_dim}" + " into even widths" * rotary)
        self.embed_dim, self.num_heads, self.dropout, self.is_causal = embed_dim, num_heads, dropout, is_causal
        self.rotary = rotary
        self.in_proj = nn.Linear(embed_dim, 3 * embed_dim, bias)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias)
        nn.init.xavier_uniform_(self.in_proj.weight)  # as torch's MultiheadAttention starts
        if bias:
            nn.init.zeros_(self.in_proj.bias)
            nn.init.zeros_(self.out_proj.bias)

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}, dropout={self.dropout}, is_causal={self.is_causal}"

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        rows, steps, _ = x.shape
        width = self.embed_dim // self.num_heads
        q, k, v = self.in_proj(x).view(rows, steps, 3, self.num_heads, width).permute(2, 0, 3, 1, 4)
        if self.rotary:
            q, k = turned(q), turned(k)
        p = self.dropout if self.training else 0.0
        seen = None if mask is None else mask[:, None, None, :]
        if self.is_causal:
            earlier = torch.ones(steps, steps, dtype=torch.bool, device=x.device).tril()
            seen = earlier if seen is None else seen & earlier
        found = looked_at(q, k, v, seen, p)
        return self.out_proj(found.transpose(1, 2).reshape(rows, steps, self.embed_dim))


def looked_at(q: Tensor, k: Tensor, v: Tensor, seen: Tensor | None, p: float) -> Tensor:
    """Return softmax(q kᵀ / √width) v for `[N, heads, T, width]`, of the steps that are `seen`, with dropout `p`.

    torch's fused form is faster in float32; in bfloat16 on the CPU it is slower than its products one by one (figures
    in the lab book; `training.execution.attention` says the same of a plan).
    """
    if q.dtype != torch.bfloat16 or q.device.type != "cpu":
        return functional.scaled_dot_product_attention(q, k, v, seen, p)
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    scores = scores if seen is None else scores.masked_fill(~seen, float("-inf"))
    return functional.dropout(scores.softmax(-1), p) @ v


class MultiheadAttention(StepLayer):
    """torch's own MultiheadAttention, looking at its own input: what one layer of a list takes and gives.

    Weights, names and starts are torch's; `batch_first` is always so.

    >>> MultiheadAttention(8, 2)(torch.zeros(5, 7, 8)).shape
    torch.Size([5, 7, 8])
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        is_causal: bool = False,
    ) -> None:
        super().__init__()
        self.is_causal = is_causal
        self.attend = nn.MultiheadAttention(
            embed_dim, num_heads, dropout, bias, add_bias_kv, add_zero_attn, batch_first=True
        )

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        later = None
        if self.is_causal:
            later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        padded = None if mask is None else ~mask
        return self.attend(x, x, x, key_padding_mask=padded, need_weights=False, attn_mask=later)[0]


class PositionalEncoding(StepLayer):
    """Add to each step what tells its place: sines and cosines of many wavelengths (Vaswani et al. 2017), then Dropout.

    >>> PositionalEncoding(4)(torch.zeros(1, 2, 4))[0, 0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """

    def __init__(self, d_model: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.d_model = d_model
        self.dropout = nn.Dropout(dropout)

    def extra_repr(self) -> str:
        return str(self.d_model)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.dropout(x + waves(x.shape[1], self.d_model, x))


class LearnedPositionalEncoding(StepLayer):
    """Add to each step a vector of its place that is learned, as BERT and GPT do.

    >>> LearnedPositionalEncoding(7, 4)(torch.zeros(2, 5, 4)).shape
    torch.Size([2, 5, 4])
    """

    def __init__(self, max_len: int, d_model: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(max_len, d_model))
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.weight, std=0.02)  # as BERT and GPT-2 start

    def extra_repr(self) -> str:
        return f"{self.weight.shape[0]}, {self.weight.shape[1]}"

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.dropout(x + self.weight[: x.shape[1]])


def waves(steps: int, width: int, like: Tensor) -> Tensor:
    """Return the sinusoidal encoding `[steps, width]`: sin(t / 10000^(2i/width)) and cos, taking turns."""
    places = torch.arange(steps, device=like.device, dtype=torch.float32)[:, None]
    rates = torch.exp(torch.arange(0, width, 2, device=like.device) * (-math.log(10_000.0) / width))
    angles = places * rates
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)[:, :width].to(like.dtype)


def turned(x: Tensor) -> Tensor:
    """Return queries or keys `[…, T, width]` with each pair of numbers turned by an angle that grows with its place."""
    steps, width = x.shape[-2:]
    places = torch.arange(steps, device=x.device, dtype=torch.float32)[:, None]
    angles = places * torch.exp(torch.arange(0, width, 2, device=x.device) * (-math.log(10_000.0) / width))
    sin, cos = angles.sin().to(x.dtype), angles.cos().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)
