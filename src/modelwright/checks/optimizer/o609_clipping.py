"""Clipping of gradients is always active, or never.

## What it does
With `train.clip_grad_norm`, compares the norm of the gradient with the limit, at the end of each epoch that has a
record of the layers: at the limit in nine of ten, or below a hundredth of it in all.
In a script that calls `modelwright.check`, a warning: gradients clipped before they are there, after the step that
used them, or while they are scaled.

## Why it matters
Always clipped, every step has the same length whatever the gradient: the learning rate is another one than written.
Never clipped, the setting does nothing.

## Example
`clip_grad_norm: 0.001`

## Fix
A limit a little above the usual norm.

## Source
TrainCheck. Notes: both may be meant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.past import by_layer
from modelwright.checks.tell import told
from modelwright.diagnostic import Diagnostic

CODE = "O609"
PHASE = "training"
SEVERITY = "note"
NEEDS = ("history", "plan")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note where the limit is always, or never reached."""
    assert facts.plan is not None
    limit = facts.plan.train.clip_grad_norm
    norms = [math.sqrt(sum(n * n for n in epoch)) for epoch in zip(*by_layer(facts, "gradient").values(), strict=True)]
    if limit is None or len(norms) < 5:
        return
    active = sum(norm > 0.99 * limit for norm in norms)
    if active < 0.9 * len(norms) and max(norms) > 0.01 * limit:
        return
    always = active >= 0.9 * len(norms)
    yield told(
        facts,
        CODE,
        "note",
        f"gradients are clipped in {active} of {len(norms)} records" if always else "gradients are never clipped",
        key="train.clip_grad_norm",
        expected="a limit that only unusual gradients reach",
        received=f"a limit of {limit:g}, norms of {min(norms):.2g} to {max(norms):.2g}",
        help=f"train: {{clip_grad_norm: {10 * limit if always else max(norms) * 2:.2g}}}",
    )
