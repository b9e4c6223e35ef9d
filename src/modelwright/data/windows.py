"""Windows of series in memory: a view of one tensor, of which a batch is gathered when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from modelwright.data.batches import Chosen


@dataclass(frozen=True, slots=True, eq=False)
class Windows(Chosen):
    """Windows `[N, L, K]` of the rows `[R, K]` of series, none of them copied; N follows from runs.

    `base` is the view of all windows, `rows` int64 `[S + 1, 2]` are the runs as `data.steps.segments` gives them: their
    memory is that of a few runs, whatever the window. With `flat` a gathered window is one row of L·K numbers.

    >>> series = torch.arange(6.0)[:, None]
    >>> windows = Windows.of(series, 2, np.array([[0, 1], [3, 0]]))
    >>> windows.index_select(0, torch.tensor([2]))[0, :, 0].tolist(), len(windows)
    ([3.0, 4.0], 3)
    """

    stride: int = 1
    flat: bool = False

    @classmethod
    def of(cls, series: Tensor, length: int, runs: np.ndarray, *, stride: int = 1, flat: bool = False) -> Windows:
        """Return the windows of `length` rows of a series `[R, K]` that begin where `runs` say."""
        view = series.unfold(0, length, 1).transpose(1, 2)
        return cls(view, torch.from_numpy(runs).to(series.device), stride, flat)

    def __len__(self) -> int:
        return int(self.rows[-1, 0])

    @property
    def row_bytes(self) -> int:
        """Memory of one window, gathered."""
        return self.base.shape[1] * self.base.shape[2] * self.base.element_size()

    def starts(self, index: Tensor) -> Tensor:
        """Return the row of the series where each of some windows begins."""
        run = torch.bucketize(index, self.rows[:-1, 0].contiguous(), right=True) - 1
        return self.rows[run, 1] + (index - self.rows[run, 0]) * self.stride

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        """Return a copy of some of the windows (`dim` is 0)."""
        found = self.base.index_select(0, self.starts(index))
        return found.flatten(1) if self.flat else found

    def split(self, size: int) -> Iterator[Tensor]:
        """Yield copies of the windows, `size` at a time."""
        every = torch.arange(len(self), device=self.device)
        return (self.index_select(0, index) for index in every.split(size))
