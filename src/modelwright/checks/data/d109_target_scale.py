"""A target far from zero and one is learned as it stands.

## What it does
For regression, compares the size of the target with what a fresh network answers (about 0 ± 1). Silent where the plan
standardises the target, as modelwright does unless told otherwise.

## Why it matters
With a target around 200,000 the squared error starts at 40,000,000,000; the first steps are spent on the mean, or the
gradients explode.

## Example
House prices in dollars, `MSELoss`, no scaling of the target.

## Fix
Let the plan standardise the target (the default); answers come back in your units.

## Source
TheDeepChecker. |mean| or standard deviation above 10 or a deviation below 0.01: a factor of ten to either side.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "D109"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "plan", "values")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the target is neither scaled by the plan nor of ordinary size."""
    assert facts.plan is not None and facts.values is not None
    present = facts.values[np.isfinite(facts.values)]
    if facts.plan.outputs.scale or len(present) < 2:
        return
    mean, deviation = float(present.mean()), float(present.std())
    if abs(mean) <= 10 and 0.01 <= deviation <= 10:
        return
    yield Diagnostic(
        code=CODE,
        severity="warning",
        message=f"the target `{facts.targets[0]}` is not standardised and far from 0 ± 1",
        where=facts.column_place(facts.targets[0]),
        expected="a mean near 0 and a standard deviation near 1, which is where a fresh network answers",
        received=f"mean {mean:,.4g}, standard deviation {deviation:,.4g}",
        help="train with a standardised target; answers come back in your units",
    )
