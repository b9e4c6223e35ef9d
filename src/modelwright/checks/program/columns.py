"""The rows of a program as a table: one input of two axes, real numbers, and one number a row as the target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from modelwright.checks.program.rows import Rows

FEWEST, WIDEST, MOST = 50, 256, 200_000
"""Rows from which a table tells something, columns up to which it is one, and rows that are looked at."""


@dataclass(frozen=True, slots=True)
class Columns:
    """`x` float64 [rows, columns], all finite; `y` [rows], empty where the target is not one number a row."""

    x: np.ndarray
    y: np.ndarray
    complete: bool

    @property
    def distinct(self) -> np.ndarray:
        """How many values each column has."""
        return np.array([len(np.unique(self.x[:, at])) for at in range(self.x.shape[1])])

    @property
    def measured(self) -> bool:
        """Whether some column is a measured number, with nearly a value of its own in each distinct row."""
        return bool((self.distinct >= 0.5 * len(np.unique(row_hashes(self.x)))).any())


def columns_of(rows: Rows | None) -> Columns | None:
    """Return the rows as a table; None where they are no table, too few, or drawn by a sampler of the user's own."""
    if rows is None or len(rows.floats) != 1 or len(rows.batch.tensors) != 1:
        return None
    if rows.loader is not None and rows.loader.shuffled is None:
        return None
    x = rows.floats[0][1]
    if x.dim() != 2 or len(x) < FEWEST or not 2 <= x.shape[1] <= WIDEST:
        return None
    values = x[:MOST].cpu().double().numpy()
    return Columns(values, _numbers(rows.target, len(x)), rows.complete) if np.isfinite(values).all() else None


def _numbers(target: Tensor | None, rows: int) -> np.ndarray:
    if target is None or target.is_complex() or len(target) != rows or target.numel() != rows:
        return np.empty(0)
    values = target.reshape(-1)[:MOST].cpu().to(torch.float64).numpy()
    return values if np.isfinite(values).all() else np.empty(0)


def row_hashes(values: np.ndarray) -> np.ndarray:
    """Return one uint64 a row; equal rows have equal ones (a sum of odd multiples, which does not round)."""
    odd = np.random.Generator(np.random.Philox(0)).integers(0, 2**63, values.shape[1], dtype=np.uint64) * 2 + 1
    found = np.zeros(len(values), dtype=np.uint64)
    for at in range(values.shape[1]):
        bits = np.ascontiguousarray(values[:, at] + 0.0).view(np.uint64)
        found += (bits ^ (bits >> np.uint64(31))) * odd[at]
    return found
