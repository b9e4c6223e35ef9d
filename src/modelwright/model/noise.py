"""Random numbers that are a function of what they are for, so that a resumed run and a sample draw the same ones."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

Purpose = Literal["step", "mix", "sample", "watch"]
PURPOSES: dict[str, int] = {"step": 0, "mix": 1, "sample": 2, "watch": 3}


def normal(purpose: Purpose, rows: int, width: int, seed: int, epoch: int = 0, batch: int = 0) -> Tensor:
    """Return standard normal numbers float32 `[rows, width]`; the first rows are the same however many are asked for.

    Philox is counter-based (Salmon et al. 2011), as the order of rows is: there is no state to save.

    >>> torch.equal(normal("sample", 3, 2, seed=1), normal("sample", 5, 2, seed=1)[:3])
    True
    """
    return torch.from_numpy(_generator(purpose, seed, epoch, batch).standard_normal((rows, width), dtype=np.float32))


def uniform(purpose: Purpose, rows: int, seed: int, epoch: int, batch: int) -> Tensor:
    """Return numbers from 0 to 1, float32 `[rows]`."""
    return torch.from_numpy(_generator(purpose, seed, epoch, batch).random(rows, dtype=np.float32))


def _generator(purpose: Purpose, seed: int, epoch: int, batch: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, epoch], counter=[0, 0, batch, PURPOSES[purpose] + 1]))
