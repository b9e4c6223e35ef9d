"""The learning rate is 0, or out of any useful range for its optimizer.

## What it does
Reads `lr` of the optimizer (`max_lr` of `OneCycleLR`, which replaces it), and a momentum of 1 or more. Of a program in
Python, also takes 20 steps on a copy with its optimizer and one batch: a warning where the loss grows beyond all
bounds.
`betas` that were exchanged, the first nearer to 1 than the second.

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
Warning: below 1e-8, or 100 and above for SGD. Note: 0.1 to 1 for the family of Adam. Steps: a loss that ends NaN,
infinite, or a million times what it was (1 if that was less); ten times, if each of the last five steps made it larger
or it was a thousand times that on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.heads import call_of
from modelwright.checks.tell import found, told
from modelwright.diagnostic import Diagnostic, Severity
from modelwright.spec.call import Call

if TYPE_CHECKING:
    from modelwright.checks.program.program import Program

CODE = "O605"
PHASE = "description"
SEVERITY = "error"
NEEDS = ("description",)
PROGRAM_NEEDS = ("program", "optimizer")

AVERAGES = "the gradient is averaged over longer than its square: the two `betas` are exchanged"
BEYOND, FAR, AWAY = 1e6, 1e3, 10.0  # times what the loss of one batch was; the smaller one where it rises or was away
LAST = 5
SHORTER = "betas whose first is the smaller one, as (0.9, 0.999)"
ADAM = frozenset(("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "SparseAdam", "RMSprop"))


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a learning rate that cannot work."""
    assert facts.description is not None
    spec = facts.description.spec
    optimizer, scheduler = call_of(spec.rate), call_of(spec.scheduler)
    if optimizer is None:
        return
    momentum = _number(optimizer, "momentum", 1 if optimizer.name == "SGD" else 99)
    if momentum is not None and momentum >= 1:
        fix = f"optimizer: {_with(optimizer, 'momentum', 0.9)}"
        message, expected, received = _runaway(momentum)
        yield told(facts, CODE, "error", message, expected=expected, received=received, help=fix)
    if exchanged := _exchanged(optimizer.kwargs.get("betas")):
        fix = f"optimizer: {_with(optimizer, 'betas', exchanged)}"
        yield told(facts, CODE, "warning", AVERAGES, expected=SHORTER, received=str(optimizer), help=fix)
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


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for the largest learning rate of an optimizer, or for steps that run away."""
    program = facts.program
    assert program is not None and program.optimizer is not None
    name = type(program.optimizer).__name__
    groups = program.optimizer.param_groups
    momentum = max(float(group.get("momentum") or 0.0) for group in groups)
    if momentum >= 1:
        message, expected, received = _runaway(momentum)
        yield found(
            facts, CODE, "error", message, expected=expected, received=received, help=f"{name}(…, momentum=0.9)"
        )
        return
    if exchanged := next((e for group in groups if (e := _exchanged(group.get("betas")))), None):
        fix, received = f"{name}(…, betas={exchanged})", f"betas={(exchanged[1], exchanged[0])}"
        yield found(facts, CODE, "warning", AVERAGES, expected=SHORTER, received=received, help=fix)
    rate = max(float(group["lr"]) for group in groups)
    scheduled = any("initial_lr" in group for group in groups)
    judged = _judge(name, rate)
    if judged is not None and not (scheduled and rate < 1e-6):
        severity, message, usual = judged
        expected, received, fix = (
            f"lr near {usual:g} for {name}",
            f"lr={rate:g}",
            f"{name}(model.parameters(), lr={usual:g})",
        )
        yield found(facts, CODE, severity, message, expected=expected, received=received, help=fix)
    if facts.step is not None and (judged is None or judged[0] == "note"):
        yield from _away(facts, program, name, rate)


def _away(facts: Facts, program: Program, name: str, rate: float) -> Iterator[Diagnostic]:
    """Yield a finding where steps on one batch make its loss much larger."""
    from modelwright.checks.program.probes import diverges

    losses = diverges(program)
    if len(losses) < 3 or not losses[0] < float("inf"):
        return
    begun, last = max(1.0, abs(losses[0])), losses[-1 - LAST :]
    rises = len(losses) > 2 * LAST and all(after > before for before, after in pairwise(last))
    if losses[-1] < (AWAY if rises or max(losses) > FAR * begun else BEYOND) * begun:
        return
    yield found(
        facts,
        CODE,
        "warning",
        f"with {name}(lr={rate:g}) the loss runs away within {len(losses) - 1} steps",
        expected="a loss that falls on a batch that is shown again and again",
        received=f"{losses[0]:.4g} before the first step, {losses[-1]:.4g} after {len(losses) - 1}",
        help=f"lr={rate / 100:g}; scale inputs and target if they are large",
    )


def _runaway(momentum: float) -> tuple[str, str, str]:
    message = f"a momentum of {momentum:g} makes each step larger than the one before, without end"
    return message, "a momentum below 1, usually 0.9", f"momentum={momentum:g}"


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


def _with(call: Call, name: str, value: float | tuple[float, float]) -> str:
    args = call.args if name in call.kwargs else ()
    return str(Call(call.name, args, {**call.kwargs, name: value}))


def _exchanged(betas: object) -> tuple[float, float] | None:
    """Return the betas the other way round, where the first is so near to 1 that they were exchanged."""
    if not isinstance(betas, tuple | list) or len(betas) != 2 or not all(isinstance(b, int | float) for b in betas):
        return None
    first, second = (float(beta) for beta in betas)
    return (second, first) if first >= 0.98 and second < first else None
