"""Rows for the programs of the corpus: small, from a seed, learnable."""

from __future__ import annotations

import torch
from torch import Tensor


def table(rows: int = 256, columns: int = 8, classes: int = 2, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return standardised columns and class numbers that follow from them."""
    made = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, columns, generator=made)
    scores = x @ torch.randn(columns, classes, generator=made)
    return x, scores.argmax(dim=1)


def binary(rows: int = 256, columns: int = 8, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return columns and a float target of 0 and 1, shape [rows, 1]."""
    x, y = table(rows, columns, 2, seed)
    return x, y.float().unsqueeze(1)


def numbers(rows: int = 256, columns: int = 8, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return columns and a standardised number, shape [rows, 1]."""
    made = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, columns, generator=made)
    y = x @ torch.randn(columns, 1, generator=made) + 0.1 * torch.randn(rows, 1, generator=made)
    return x, (y - y.mean()) / y.std()


def pictures(
    rows: int = 64, channels: int = 1, size: int = 28, classes: int = 10, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Return pictures of about 0 ± 1 and class numbers."""
    made = torch.Generator().manual_seed(seed)
    y = torch.randint(0, classes, (rows,), generator=made)
    x = torch.randn(rows, channels, size, size, generator=made) + y.view(-1, 1, 1, 1).float() / classes
    return x, y


def words(
    rows: int = 64, length: int = 12, vocabulary: int = 50, classes: int = 2, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Return word numbers [rows, length] and class numbers."""
    made = torch.Generator().manual_seed(seed)
    return torch.randint(0, vocabulary, (rows, length), generator=made), torch.randint(
        0, classes, (rows,), generator=made
    )


def series(
    rows: int = 64, length: int = 20, channels: int = 3, classes: int = 4, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Return sequences [rows, length, channels] and class numbers."""
    made = torch.Generator().manual_seed(seed)
    return torch.randn(rows, length, channels, generator=made), torch.randint(0, classes, (rows,), generator=made)
