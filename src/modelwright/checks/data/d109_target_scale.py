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
from typing import TYPE_CHECKING

import numpy as np

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from torch import Tensor

CODE = "D109"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table", "plan", "values")
PROGRAM_NEEDS = ("step", "rows")


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


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a program's outputs are far from the size of its target."""
    from modelwright.checks.program.graph import compared

    program = facts.step
    assert program is not None
    for op, output, target in compared(program.trace, program.losses)[:1]:
        if not too_large(output.tensor, target.tensor):
            return
        wanted, given = target.tensor.detach().double(), output.tensor.detach().double()
        mean, deviation = float(wanted.mean()), float(wanted.std())
        yield found(
            facts,
            CODE,
            "warning",
            "the target is far larger than what the model answers at the start",
            op=op,
            expected="a target of about 0 ± 1, or a model that scales its answers",
            received=f"a target of {mean:,.6g} ± {deviation:,.3g}, answers of {float(given.mean()):.3g} ± "
            f"{float(given.std()):.2g}",
            help="y = (y - y.mean()) / y.std(), with the mean and deviation of the training rows",
        )


def too_large(output: Tensor, target: Tensor) -> bool:
    """Say whether a target is so far from the first answers that hundreds of steps are spent on its size alone."""
    if output.shape != target.shape or len(target) < 8:
        return False
    wanted, given = target.detach().double(), output.detach().double()
    far = float(((given - wanted) ** 2).mean().sqrt())
    deviation = float(wanted.std())
    return (far > 10 * deviation and far > 10) or (deviation > 100 and float(given.std()) < 0.01 * deviation)
