"""Losses, optimizers and schedulers by name: what a run is put together from."""

from __future__ import annotations

from modelwright.model.losses import make_loss, row_losses
from modelwright.model.optimizers import make_optimizer, needs_closure
from modelwright.model.schedulers import make_scheduler

__all__ = ["make_loss", "make_optimizer", "make_scheduler", "needs_closure", "row_losses"]
