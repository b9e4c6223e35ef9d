"""What a run tells while it goes: records in order, for whoever listens (the console, `--json`, a notebook)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from modelwright.checks.run import Receipt
from modelwright.data.columns import Table
from modelwright.evaluate.result import Result
from modelwright.plan.plan import Plan

if TYPE_CHECKING:
    from modelwright.training.progress import Progress, Record


@dataclass(frozen=True, slots=True)
class Read:
    """The data are read, in so many seconds."""

    table: Table
    seconds: float


@dataclass(frozen=True, slots=True)
class Checked:
    """The checks that need no training have run; errors among them end the run right after this."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Tried:
    """The dry run is over: what a few real batches through the real model have shown."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan is whole; `parameters` counts the numbers that are learned."""

    plan: Plan
    parameters: int


@dataclass(frozen=True, slots=True)
class Started:
    """The run folder exists; from here on a killed run can be resumed. `resumed_at`: epochs that were done before."""

    path: Path
    resumed_at: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """Training is over: its last epoch, the epoch whose weights are kept, and why it ended.

    `limit`: the time of its steps alone as a share of the time it took; None where it was too short to tell.
    """

    epochs: int
    best_epoch: int
    why: str
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A run of a cohort begins: its number from 1, of how many, and its name."""

    number: int
    of: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The run is finished: its scores, beside the baselines, and the checks of the evaluation."""

    path: Path
    plan: Plan
    result: Result
    receipt: Receipt
    seconds: dict[str, float]


Event: TypeAlias = "Read | Checked | Tried | Planned | Started | Progress | Record | Trained | Member | Scored"
