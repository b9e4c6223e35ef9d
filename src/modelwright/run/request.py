"""What is asked for: a description, the folder its paths are relative to, and data that the caller holds already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modelwright.diagnostic import Diagnostic
from modelwright.spec.source import Description

if TYPE_CHECKING:
    import polars as pl

    from modelwright.data.columns import Examples


@dataclass(slots=True)
class Stop:
    """Set `asked` (from a signal handler, say) and the run saves a checkpoint and stops at its next look."""

    asked: bool = False


class Interrupted(Exception):
    """The user stopped the run; its checkpoint is saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to train on what; `frame` is None where the description names files, `notes` say how it was read.

    `dry_run`: whether one is made; None where another member of a cohort makes it for all.
    `report`: seconds that were spent before the run, by what they went to, for the report; None: no report is written.
    """

    description: Description
    base: Path
    overrides: tuple[str, ...] = ()
    frame: pl.DataFrame | Examples | None = None
    dry_run: bool | None = True
    notes: tuple[Diagnostic, ...] = ()
    stop: Stop = field(default_factory=Stop)
    report: Mapping[str, float] | None = field(default_factory=dict[str, float])
