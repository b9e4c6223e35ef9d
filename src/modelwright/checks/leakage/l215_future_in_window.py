"""A covariate knows the target's future.

## What it does
Compares each covariate of a forecast with each target so many steps later, up to the horizon: where they are equal, the
window holds what is to be forecast.
Also a covariate that is a weighted sum of the target's values around each step, later ones among them.

## Why it matters
Such a column (the target shifted, a plan made afterwards, a centred mean) makes the forecast perfect on old rows, and
does not exist yet for new ones.

## Example
Daily sales with a column `sales_tomorrow`.

## Fix
```yaml
data: {drop: [sales_tomorrow]}
```

## Source
Kapoor and Narayanan, L3.1. Equal in 99 % of at most 5,000 rows, of which at least 20 values differ; up to 200 steps
ahead. Windows themselves end before their targets begin, by construction.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.data.numbers import numbers_of
from modelwright.diagnostic import Diagnostic

CODE = "L215"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("table", "plan")

ROWS = 5_000
STEPS = 200
DISTINCT = 20
EQUAL = 0.99
MADE = 1_000  # steps by which it is seen that a column is made of the target's neighbours
AROUND = 12
EXACT = 1e-4  # what is left of its deviation where it is made of them, up to rounding


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each covariate that has a target's later values."""
    assert facts.table is not None and facts.plan is not None
    forecast, timeline = facts.plan.forecast, facts.table.timeline
    if forecast is None or timeline is None:
        return
    start, stop = max(timeline.blocks, key=lambda block: block[1] - block[0])
    frame = facts.table.frame[start : min(stop, start + ROWS)]
    targets = facts.plan.outputs.targets
    for column in facts.plan.inputs[len(targets) :]:
        values = numbers_of(frame[column.name])
        for target in targets:
            ahead = _ahead(values, numbers_of(frame[target]), min(forecast.horizon, STEPS))
            if ahead:
                yield _finding(facts, column.name, target, ahead)
            elif beyond := _made_of_later(values[:MADE], numbers_of(frame[target])[:MADE], forecast.horizon):
                yield _made(facts, column.name, target, beyond)


def _ahead(values: np.ndarray, target: np.ndarray, horizon: int) -> int:
    """Return how many steps before the target a column has its values; 0 where it has not."""
    for step in range(1, min(horizon, len(values) - DISTINCT) + 1):
        early, late = values[:-step], target[step:]
        both = np.isfinite(early) & np.isfinite(late)
        same = np.isclose(early[both], late[both], rtol=1e-6, atol=0)
        if same.sum() >= DISTINCT and same.mean() >= EQUAL and len(np.unique(late[both][same])) >= DISTINCT:
            return step
    return 0


def _made_of_later(values: np.ndarray, target: np.ndarray, horizon: int) -> int:
    """Return how many later steps of the target a column is made of, as a centred mean is; 0 where of none.

    Least squares by the steps before and now, and by those and the later ones: the later ones leave nothing over.
    """
    after = min(AROUND, horizon)
    if len(values) < 8 * AROUND or not (np.isfinite(values).all() and np.isfinite(target).all()):
        return 0
    windows = np.lib.stride_tricks.sliding_window_view(target, AROUND + 1 + after)
    made = values[AROUND : len(values) - after]
    left = [_left(windows[:, : AROUND + 1 + steps], made) for steps in range(after + 1)]
    return next((s for s in range(1, after + 1) if left[s] < EXACT), 0) if left[0] > 100 * EXACT else 0


def _left(windows: np.ndarray, made: np.ndarray) -> float:
    """Return the share of the deviation that no weighted sum of the windows explains."""
    spread = made.std()
    if not spread:
        return 0.0
    known = np.column_stack([windows, np.ones(len(windows))])
    weights = np.linalg.lstsq(known, made, rcond=None)[0]
    return float((made - known @ weights).std() / spread)


def _made(facts: Facts, name: str, target: str, ahead: int) -> Diagnostic:
    steps = f"{ahead} step{'s' if ahead > 1 else ''}"
    return Diagnostic(
        code=CODE,
        severity="error",
        message=f"`{name}` is made of values of the target `{target}` up to {steps} later",
        where=facts.column_place(name),
        expected="covariates that are known when the forecast is made",
        received=f"a weighted sum of `{target}` around each step, as a centred mean is",
        help="a mean of earlier steps: rolling_mean(n) without center=True",
    )


def _finding(facts: Facts, name: str, target: str, ahead: int) -> Diagnostic:
    steps = f"{ahead} step{'s' if ahead > 1 else ''}"
    return Diagnostic(
        code=CODE,
        severity="error",
        message=f"`{name}` has the values of the target `{target}` {steps} before it has them",
        where=facts.column_place(name),
        expected="covariates that are known when the forecast is made",
        received=f"`{name}` equals `{target}` {steps} later",
        help=f"data: {{drop: [{name}]}}",
    )
