"""Random numbers without a state: a function of (seed, epoch, row, which), equal on every device and after a resume.

Each number is the finaliser of SplitMix64 over a counter (Steele, Lea and Flood 2014, "Fast splittable pseudorandom
number generators"): no generator to save, no order in which rows must be drawn, no two workers alike.
"""

from __future__ import annotations

import torch
from torch import Tensor

GOLDEN = 0x9E3779B97F4A7C15  # 2⁶⁴ divided by the golden ratio: SplitMix64's step
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
WORD = 1 << 64
BITS = 24  # of a float32 in [0, 1)


def uniform(seed: int, epoch: int, rows: Tensor, stream: int, count: int) -> Tensor:
    """Return numbers in [0, 1), float32 `[N, count]`, for rows int64 `[N]`; each `stream` has numbers of its own.

    >>> rows = torch.tensor([7, 3])
    >>> bool((uniform(0, 1, rows, 0, 2)[0] == uniform(0, 1, rows.flip(0), 0, 2)[1]).all())
    True
    """
    key = _finish(_finish(seed * GOLDEN + epoch) + stream * GOLDEN)
    places = torch.arange(1, count + 1, dtype=torch.int64, device=rows.device) * _signed(GOLDEN)
    mixed = _mixed(rows * _signed(GOLDEN) + _signed(key))
    bits = _mixed(mixed[:, None] + places)
    return ((bits >> (64 - BITS)) & ((1 << BITS) - 1)).to(torch.float32) * 2.0**-BITS


def _finish(value: int) -> int:
    """SplitMix64's finaliser of a Python number."""
    value %= WORD
    value = ((value ^ (value >> 30)) * FIRST) % WORD
    value = ((value ^ (value >> 27)) * SECOND) % WORD
    return value ^ (value >> 31)


def _mixed(value: Tensor) -> Tensor:
    """The same of a tensor; int64 wraps around, and its shifts must be made unsigned."""
    value = (value ^ ((value >> 30) & ((1 << 34) - 1))) * _signed(FIRST)
    value = (value ^ ((value >> 27) & ((1 << 37) - 1))) * _signed(SECOND)
    return value ^ ((value >> 31) & ((1 << 33) - 1))


def _signed(value: int) -> int:
    value %= WORD
    return value - WORD if value >= WORD // 2 else value
