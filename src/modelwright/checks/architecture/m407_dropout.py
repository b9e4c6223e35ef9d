"""Dropout leaves hardly anything.

## What it does
Reads `p` of each dropout. 1 drops everything (error); 0.9 and above is a warning: `p` is the share that is dropped,
not the share that is kept, as it was in TensorFlow 1; more than 0.5 is a note.

## Why it matters
With p=0.9 a layer of 64 units works with 6 of them in each step.

## Example
`nn.Dropout(0.9)`, meant to keep 90 %.

## Fix
`nn.Dropout(0.1)`

## Source
UMLAUT (its limit of 0.5 fires on right programs and is only a note here). 0.9: a convention.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.heads import listed_layers
from modelwright.checks.tell import called, found
from modelwright.diagnostic import Diagnostic, Severity

CODE = "M407"
PHASE = "description"
SEVERITY = "warning"
NEEDS = ("description",)
PROGRAM_NEEDS = ("forward",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each dropout of a list of layers that drops too much."""
    assert facts.description is not None
    for key, call in listed_layers(facts.description.spec):
        p = call.kwargs.get("p", call.args[0] if call.args else 0.5)
        if "Dropout" not in call.name or not isinstance(p, int | float) or (judged := _judge(float(p))) is None:
            continue
        yield Diagnostic(
            code=CODE,
            severity=judged[0],
            message=f"`{call}` {judged[1]}",
            where=facts.place(key),
            expected="the share that is dropped: usually 0.1 to 0.5",
            received=f"p={p:g}",
            help=f"{call.name}({max(0.1, round(1 - p, 3)):g})",
        )


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for the dropout that drops most, where that is too much."""
    from modelwright.checks.program.graph import DROPOUTS

    assert facts.forward is not None
    dropouts = [op for op in facts.forward.trace.named(*DROPOUTS) if isinstance(op.argument("p", 1, 0.5), int | float)]
    if not dropouts:
        return
    op = max(dropouts, key=lambda each: float(each.argument("p", 1, 0.5)))
    p = float(op.argument("p", 1, 0.5))
    if (judged := _judge(p)) is not None:
        yield found(
            facts,
            CODE,
            judged[0],
            f"{called(op)} {judged[1]}",
            op=op,
            expected="the share that is dropped: usually 0.1 to 0.5",
            received=f"p={p:g}",
            help=f"p={max(0.1, round(1 - p, 3)):g}",
        )


def _judge(p: float) -> tuple[Severity, str] | None:
    if p >= 1:
        return "error", "drops everything: nothing passes in training"
    if p >= 0.9:
        return "warning", f"drops {p:.0%} of the numbers; `p` is the share that is dropped, not the share that is kept"
    return ("note", f"drops {p:.0%} of the numbers") if p > 0.5 else None
