"""The learning rate is 0, or out of any useful range for its optimizer.

## What it does
Reads `lr` of the optimizer (`max_lr` of `OneCycleLR`, which replaces it).

## Why it matters
With 0 nothing is learned, and nothing else says so. Adam moves each weight by about `lr` a step, whatever the
gradient: with 1 every weight is lost after the first step.

## Example
```yaml
optimizer: Adam(lr=1)
```

## Fix
```yaml
optimizer: Adam(lr=0.001)
```

## Source
UMLAUT; NeuraLint (their limit of 0.01 fires on right programs). Error: 0, or 1 and above for the family of Adam.
Warning: below 1e-8, or 100 and above for SGD. Note: 0.1 to 1 for the family of Adam.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.heads import call_of
from modelwright.diagnostic import Diagnostic, Severity
from modelwright.spec.call import Call

CODE = "O605"
PHASE = "description"
SEVERITY = "error"
NEEDS = ("description",)

ADAM = frozenset(("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "SparseAdam", "RMSprop"))


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a learning rate that cannot work."""
    assert facts.description is not None
    spec = facts.description.spec
    optimizer, scheduler = call_of(spec.optimizer), call_of(spec.scheduler)
    if optimizer is None:
        return
    if scheduler is not None and scheduler.name in ("OneCycleLR", "CyclicLR"):
        key, call, rate = (
            "scheduler",
            scheduler,
            _number(scheduler, "max_lr", 0 if scheduler.name == "OneCycleLR" else 1),
        )
    else:
        key, call, rate = "optimizer", optimizer, None
    if rate is None:  # a schedule without a rate of its own follows the optimizer's
        key, call, rate = "optimizer", optimizer, _number(optimizer, "lr", 0)
    if rate is None or (judged := _judge(optimizer.name, rate)) is None:
        return
    severity, message, usual = judged
    name = "max_lr" if key == "scheduler" else "lr"
    yield Diagnostic(
        code=CODE,
        severity=severity,
        message=message,
        where=facts.place(key),
        expected=f"{name} near {usual:g} for {optimizer.name}",
        received=f"{name}={rate:g}",
        help=f"{key}: {_with(call, name, usual)}",
    )


def _judge(optimizer: str, rate: float) -> tuple[Severity, str, float] | None:
    usual = 0.001 if optimizer in ADAM else 0.1 if optimizer == "SGD" else 0.01
    if rate < 0:
        return "error", f"a learning rate of {rate:g} climbs the loss instead of descending", usual
    if rate == 0:
        return "error", "a learning rate of 0: nothing would be learned", usual
    if 0 < rate < 1e-8:
        return "warning", f"a learning rate of {rate:g} changes no weight in float32", usual
    if optimizer in ADAM and rate >= 1:
        return "error", f"{optimizer} moves every weight by about {rate:g} in each step", usual
    if optimizer in ADAM and rate >= 0.1:
        return "note", f"a learning rate of {rate:g} is large for {optimizer}", usual
    if optimizer == "SGD" and rate >= 100:
        return "warning", f"a learning rate of {rate:g} is very large for SGD", usual
    return None


def _number(call: Call, name: str, position: int) -> float | None:
    positional = call.args[position] if len(call.args) > position else None
    value = call.kwargs.get(name, positional)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _with(call: Call, name: str, value: float) -> str:
    args = call.args if name in call.kwargs else ()
    return str(Call(call.name, args, {**call.kwargs, name: value}))
