"""A bias right before batch normalisation, or dropout right before it.

## What it does
Looks at what feeds each batch normalisation: a layer with a bias (which the normalisation takes away again), or
dropout (whose noise then moves the running statistics). Notes.

## Why it matters
The bias costs memory and time and does nothing. Dropout makes the variance in training another one than in
evaluation, so the normalisation is off exactly when it counts.

## Example
`nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16)`

## Fix
`nn.Conv2d(3, 16, 3, bias=False), nn.BatchNorm2d(16)`; dropout after the normalisation.

## Source
Li et al. 2019, "Understanding the disharmony between dropout and batch normalization". Exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "M406"
PHASE = "dry_run"
SEVERITY = "note"
NEEDS = ("forward",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield at most one note about biases, and one about dropout."""
    from modelwright.checks.program.graph import DROPOUTS, LINEAR, made_by

    assert facts.forward is not None
    told: set[str] = set()
    for op in facts.forward.trace.named("batch_norm"):
        value = next((v for v in op.inputs if v.tensor is op.argument("input", 0)), None)
        before = made_by(value)
        if before is None:
            continue
        biased = before.name in LINEAR and any(v.kind == "parameter" and v.tensor.dim() == 1 for v in before.inputs)
        if biased and "bias" not in told:
            told.add("bias")
            yield found(
                facts,
                CODE,
                "note",
                f"the bias of layer `{before.module}` is taken away again by the batch normalisation after it",
                op=before,
                expected="bias=False before a batch normalisation",
                received="a bias",
                help="bias=False",
            )
        if before.name in DROPOUTS and float(before.argument("p", 1, 0.5)) > 0 and "dropout" not in told:
            told.add("dropout")
            yield found(
                facts,
                CODE,
                "note",
                f"dropout stands right before batch normalisation `{op.module}`",
                op=before,
                expected="dropout after the last normalisation",
                received="another variance in training than in evaluation",
                help="move the dropout behind the batch normalisation",
            )
