"""A learning-rate schedule and when it moves: after each step, each epoch, or by the validation loss."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Literal

from torch.optim.lr_scheduler import LRScheduler

Unit = Literal["step", "epoch", "metric"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """One of torch's schedulers with its unit, as PyTorch's documentation steps it."""

    scheduler: LRScheduler
    unit: Unit

    def step(self) -> None:
        """Move on by one training step."""
        self.scheduler.step()

    def end_epoch(self, loss: float) -> None:
        """Move on by one epoch; `loss` is the validation loss (the training loss where there is none)."""
        if self.unit == "metric":
            self.scheduler.step(loss)  # pyright: ignore[reportArgumentType] (ReduceLROnPlateau takes the metric here)
        else:
            self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the scheduler's state as JSON values; functions (LambdaLR's) are made anew, not stored."""
        return {name: value for name, value in self.scheduler.state_dict().items() if _is_json(value)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` returned."""
        self.scheduler.load_state_dict({**self.scheduler.state_dict(), **state})


def _is_json(value: Any) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return True
    try:
        return json.loads(json.dumps(value)) == value
    except TypeError:
        return False
