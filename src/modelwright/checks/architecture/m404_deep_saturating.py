"""Many sigmoids or tanh in a row of layers.

## What it does
Counts the sigmoids and tanh on the way from the output back to the input. A note from five on, where nothing goes
around them (no residual sum, no normalisation).

## Why it matters
The slope of a sigmoid is at most 0.25: after five of them at most a thousandth of the gradient is left for the first
layer.

## Example
Six blocks of `Linear, Sigmoid`.

## Fix
ReLU, or normalisation between the layers, or residual connections.

## Source
AutoTrainer; Glorot and Bengio 2010. Five sigmoids: 0.25⁵ = 0.001.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "M404"
PHASE = "dry_run"
SEVERITY = "note"
NEEDS = ("forward",)

DEEP = 5


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note for a deep stack of functions that saturate."""
    from modelwright.checks.program.graph import first_input

    assert facts.forward is not None
    trace, output = facts.forward.trace, facts.forward.output
    if output is None:
        return
    value, count, last = trace.value_of(output), 0, None
    while value.producer is not None:
        op = value.producer
        if op.name in ("add", "layer_norm", "batch_norm", "group_norm", "cat", "mul"):
            return
        if op.name in ("sigmoid", "tanh"):
            count, last = count + 1, op
        before = first_input(op)
        if before is None:
            break
        value = before
    if count < DEEP or last is None:
        return
    yield found(
        facts,
        CODE,
        "note",
        f"{count} sigmoids or tanh follow one another: little gradient reaches the first layers",
        op=last,
        expected=f"fewer than {DEEP}, or normalisation or residual sums between them",
        received=f"{count} of them on the way from input to output",
        help="nn.ReLU() in their place",
    )
