"""Which code is told by which reading of the file; the pages of the rules say so, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from modelwright.checks.facts import Facts
from modelwright.checks.script import learning, schedules, scoring, split, stepping
from modelwright.diagnostic import Diagnostic

READERS: tuple[tuple[str, tuple[str, ...], Callable[[Facts], Iterable[Diagnostic]]], ...] = tuple(
    (code, ("program",), read)
    for code, read in (
        ("L201", learning.validated_on_training_rows),
        ("L202", partial(split.before_split, code="L202")),
        ("L203", partial(split.before_split, code="L203")),
        ("L204", partial(split.before_split, code="L204")),
        ("L207", partial(split.before_split, code="L207")),
        ("L210", learning.chosen_by_the_test),
        ("M409", learning.loss_without_a_history),
        ("O601", learning.made_anew),
        ("O602", stepping.gradients),
        ("O603", scoring.modes),
        ("O604", scoring.histories),
        ("O606", schedules.schedule),
        ("O608", stepping.accumulated),
        ("O609", stepping.clipping),
        ("O613", learning.unsafe),
        ("E802", scoring.means_of_batches),
    )
)
"""Code, what it needs, and what reads the file."""
