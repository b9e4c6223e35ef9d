"""The schedule of the learning rate does not fit the length of training.

## What it does
Compares the steps that a scheduler is told with those that will be made: a warm-up that is longer than the run, a
`StepLR`, `MultiStepLR` or `CosineAnnealingLR` that never takes effect or ends long before.
In a script that calls `modelwright.check`: a schedule that counts epochs and is told of batches, or the reverse, one
that is stepped before the optimizer, and one that is never stepped.

## Why it matters
A warm-up of 10,000 steps in a run of 500 never reaches the learning rate; a cosine that ends at a tenth of the run
goes up again, or stays at zero for the rest.

## Example
```yaml
scheduler: CosineAnnealingLR(T_max=5)
train: {epochs: 100}
```

## Fix
```yaml
scheduler: CosineAnnealingLR(T_max=100)
```

## Source
Lightning warns of some of these. Exact: the numbers that are written down. `OneCycleLR`'s length is filled in by the
plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.heads import call_of
from modelwright.diagnostic import Diagnostic
from modelwright.spec.call import Call

CODE = "O606"
PHASE = "description"
SEVERITY = "warning"
NEEDS = ("description",)

GONE = 1e-4
PERIODS = {
    "CosineAnnealingLR": "T_max",
    "StepLR": "step_size",
    "LinearLR": "total_iters",
    "PolynomialLR": "total_iters",
}


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a scheduler counted in epochs whose numbers do not fit the epochs."""
    assert facts.description is not None
    spec = facts.description.spec
    scheduler, epochs = call_of(spec.scheduler), spec.train.epochs
    if scheduler is None or (isinstance(epochs, int) and epochs < 1):
        return
    told = _judge(scheduler, epochs) if isinstance(epochs, int) else _waits(scheduler)
    if told is None:
        return
    message, received, fix = told
    yield Diagnostic(
        code=CODE,
        severity="warning",
        message=message,
        where=facts.place("scheduler"),
        expected="a schedule that follows the loss" if "mode" in received else f"a schedule for {epochs} epochs",
        received=received,
        help=f"scheduler: {fix}",
    )


def _judge(scheduler: Call, epochs: int) -> tuple[str, str, Call] | None:
    name = scheduler.name
    if (waits := _waits(scheduler)) is not None:
        return waits
    if (gone := _gone(scheduler, epochs)) is not None:
        return gone
    if name == "MultiStepLR":
        given = scheduler.kwargs.get("milestones", scheduler.args[0] if scheduler.args else None)
        marks = [m for m in given if isinstance(m, int)] if isinstance(given, tuple) else []
        if marks and min(marks) >= epochs:
            half = Call(name, (), {**scheduler.kwargs, "milestones": (epochs // 2, epochs * 3 // 4)})
            return f"`MultiStepLR` never takes effect in {epochs} epochs", f"milestones={marks}", half
        return None
    key = PERIODS.get(name)
    value = scheduler.kwargs.get(key, scheduler.args[0] if scheduler.args else None) if key else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    fixed = Call(name, (), {**scheduler.kwargs, key or "": epochs})
    if name == "CosineAnnealingLR" and value * 2 < epochs:
        return (
            f"`CosineAnnealingLR` reaches its lowest rate after {value} of {epochs} epochs, and goes up again",
            (f"T_max={value}"),
            fixed,
        )
    if name == "LinearLR" and value > epochs:
        return f"the warm-up of {value} epochs is longer than the run of {epochs}", f"total_iters={value}", fixed
    if name == "StepLR" and value >= epochs and epochs > 1:
        third = Call(name, (), {**scheduler.kwargs, "step_size": max(1, epochs // 3)})
        return f"`StepLR` never takes effect in {epochs} epochs", f"step_size={value}", third
    return None


def _waits(scheduler: Call) -> tuple[str, str, Call] | None:
    """Return what to say of a schedule that takes a falling loss for no progress."""
    if scheduler.name != "ReduceLROnPlateau" or "max" not in (scheduler.kwargs.get("mode"), *scheduler.args[:1]):
        return None
    fixed = Call(scheduler.name, (), {**scheduler.kwargs, "mode": "min"})
    return "`ReduceLROnPlateau` follows the loss here, and waits for it to grow", "mode=max", fixed


def _gone(scheduler: Call, epochs: int) -> tuple[str, str, Call] | None:
    """Return what to say where the rate is a ten-thousandth of its start before half of the epochs are over."""
    steps = scheduler.name == "StepLR"
    if scheduler.name not in ("StepLR", "ExponentialLR"):
        return None
    each = scheduler.kwargs.get("step_size", scheduler.args[0] if scheduler.args else 1) if steps else 1
    position = 1 if steps else 0
    gamma = scheduler.kwargs.get("gamma", scheduler.args[position] if len(scheduler.args) > position else 0.1)
    if not isinstance(gamma, int | float) or not isinstance(each, int) or not 0 < gamma < 1:
        return None
    after = math.ceil(math.log(GONE) / math.log(gamma)) * each
    if after * 2 >= epochs:
        return None
    fixed = (
        Call(scheduler.name, (), {"step_size": max(1, epochs // 3), "gamma": 0.1})
        if steps
        else Call(scheduler.name, (), {"gamma": _gamma(epochs)})
    )
    return f"after {after} of {epochs} epochs the rate is a ten-thousandth of its start", str(scheduler), fixed


def _gamma(epochs: int) -> float:
    """Return the factor of each epoch after which a hundredth of the rate is left at the end.

    >>> _gamma(100), _gamma(20_000)
    (0.955, 0.99977)
    """
    less = 1 - 0.01 ** (1 / epochs)
    return round(1 - less, 1 - math.floor(math.log10(less)))
