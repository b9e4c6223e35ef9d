"""Many saturating activations stand one behind the other.

## What it does
Counts Sigmoid, Tanh and their hard forms between the Linear and convolutional layers of a list, blocks with a way
around them left out.

## Why it matters
The slope of a sigmoid is at most 1/4, that of tanh below 1 but at 0: over several layers little of the gradient is
left, and the first layers learn slowly or not at all.

## Example
Five hidden layers, each with `Sigmoid`.

## Fix
```yaml
model: [Linear(..., 64), ReLU, Linear(..., 64), ReLU, Linear(..., ...)]
```

## Source
Glorot and Bengio 2010; Hochreiter 1991. A note from 4 such layers on: with fewer, common starts still learn.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.heads import call_of
from modelwright.diagnostic import Diagnostic

CODE = "M404"
PHASE = "data"
SEVERITY = "note"
NEEDS = ("plan",)

MANY = 4
SATURATING = ("Sigmoid", "Tanh", "Hardsigmoid", "Hardtanh", "Softsign", "LogSigmoid")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where many saturating layers follow one another."""
    assert facts.plan is not None
    names = [call.name for text in facts.plan.layers if (call := call_of(text)) is not None]
    found = [name for name in names if name in SATURATING]
    if len(found) < MANY:
        return
    yield Diagnostic(
        code=CODE,
        severity="note",
        message=f"{len(found)} saturating layers stand one behind the other: the first ones get little of the gradient",
        where=facts.place("model"),
        expected=f"fewer than {MANY}, or ReLU, GELU or SiLU between the layers",
        received=", ".join(found),
        help="ReLU in their place, or Residual(...) around some of the layers",
    )
