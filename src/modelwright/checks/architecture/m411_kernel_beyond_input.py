"""A kernel meets a map that is smaller than itself: most of its weights only see padding.

## What it does
Looks at each convolution of the step: where the map that comes in is smaller than the kernel in every direction, and
padding alone makes it fit. (Where it does not fit at all, the step fails, and S303 shows the sizes.)

## Why it matters
On a map of 1×1, only the middle of a 3×3 kernel is ever used: eight of nine weights never learn. Pooling went too
far.

## Example
Five `MaxPool2d(2)` on 28×28 pixels, with `Conv2d(…, 3, padding=1)` after the last.

## Fix
Leave out a pooling or a stride.

## Source
NeuraLint; Humbatova's taxonomy. Exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found, shape
from modelwright.diagnostic import Diagnostic

CODE = "M411"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("forward",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for the first convolution whose map is a single point and whose kernel is not."""
    assert facts.forward is not None
    for op in facts.forward.trace.named("conv2d", "conv3d"):
        value, kernel = op.inputs[0], op.inputs[1].shape[2:]
        area = value.shape[-len(kernel) :]
        small = all(size == 1 for size in area) and all(k > 1 for k in kernel)
        if not small:
            continue
        yield found(
            facts,
            CODE,
            "warning",
            f"layer `{op.module}` has a kernel of {'×'.join(map(str, kernel))} on a map of {'×'.join(map(str, area))}",
            op=op,
            expected="a map at least as large as the kernel",
            received=shape(value),
            known="only the middle of the kernel ever meets a number; the rest sees padding",
            help="leave out a pooling or a stride before it",
        )
        return
