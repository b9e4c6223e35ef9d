"""Gradients of earlier steps are added up.

## What it does
Reads the file that calls `modelwright.check`, without running it: a loop that calls `backward` and steps an optimizer,
in which nothing sets gradients to zero or None, and nothing that might do so is given the optimizer (or the model, by
a function of another file). Where it steps under a condition, the loop around it counts as well; an engine that steps
by itself is left alone. A run of modelwright's own begins each step without gradients.
Also read: gradients taken away between `backward` and `step`, methods that are named and not called, and gradients
that nobody uses.

## Why it matters
Without `optimizer.zero_grad()` each step follows the sum of all gradients so far. The loss falls at first, then swings,
and no learning rate helps.

## Example
```python
for x, y in loader:
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
```

## Fix
```python
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
```

## Source
CodeGuru's detectors; dslinter. Exact: the syntax tree, and the functions of the same file that the loop calls.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "O602"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("program",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each loop that never takes gradients away."""
    from modelwright.checks.program.loops import loops

    assert facts.program is not None
    for loop in loops(facts.program.called_at.file):
        if loop.adds_up:
            yield Diagnostic(
                code=CODE,
                severity="error",
                message=f"`{loop.optimizer}.step()` follows the sum of all gradients so far: none are taken away",
                where=loop.step,
                expected="gradients of this step alone",
                received="a loop with `backward` and `step`, and no `zero_grad`",
                help=f"{loop.optimizer}.zero_grad()  # before backward()",
            )
