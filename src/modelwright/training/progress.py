"""What a training tells as it goes. No torch here: who only listens needs none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
"""One finished epoch."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training is, several times a second at most: epoch and batch from 0, loss so far in this epoch."""

    epoch: int
    batch: int
    batches: int
    rows: int
    loss: float
