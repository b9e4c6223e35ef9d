"""Sixteen rows cannot be learned by heart.

## What it does
Trains a copy of the model on 16 rows with Adam for at most 300 steps, fewer where the model is large (2 × 10¹⁰
multiplications in all). An error where the loss has not fallen by half a percent though it was well above 0 and at
least 50 steps were made.

## Why it matters
A network can learn a handful of rows by heart. One that cannot has a fault between input, output and loss, and no
amount of data or tuning will help.

## Example
A network whose ReLU units are all dead, or whose output is multiplied by 0.

## Fix
Look at the other findings first. Then take layers away until the few rows can be learned.

## Source
Karpathy's recipe; TheDeepChecker (16 rows). Half a percent is far less than either asks: soft targets and a VAE's noise
leave a floor, and rows may contradict each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found, names
from modelwright.diagnostic import Diagnostic

CODE = "T712"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("step",)

ENOUGH = 50
FELL = 0.995


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the loss of a few rows does not fall."""
    from modelwright.checks.data.d109_target_scale import too_large
    from modelwright.checks.program.graph import compared

    program = facts.step
    assert program is not None
    if any(too_large(a.tensor, b.tensor) for _, a, b in compared(program.trace, program.losses)):
        return  # most steps would be spent on the size of the target, which D109 says
    learned = facts.learned
    losses = learned.losses
    if len(losses) <= ENOUGH or not all(math.isfinite(loss) for loss in losses):
        return
    begin, end = losses[0], min(losses[-20:])
    if not begin > 1e-3 or end <= FELL * begin or _same_rows(learned.batch.tensors):
        return
    dead = list(learned.zero)
    received = f"a loss of {begin:.4g} before, {losses[-1]:.4g} after {len(losses) - 1} steps"
    yield found(
        facts,
        CODE,
        "error",
        f"{learned.batch.size} rows cannot be learned by heart",
        expected="a loss that falls towards 0 on a few rows that are shown again and again",
        received=received,
        known=f"no gradient but zero reached {names(dead)}" if dead else "",
        help="look at the other findings; then take layers away until it can",
    )


def _same_rows(tensors: Sequence[object]) -> bool:
    """Say whether all rows are the same, so that nothing tells them apart."""
    from torch import Tensor

    given = [t for t in tensors if isinstance(t, Tensor) and t.dim()]
    return all(bool((t == t[:1]).all()) for t in given)
