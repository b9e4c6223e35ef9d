"""Frozen layers hold a batch normalisation whose means go on changing.

## What it does
Finds a batch normalisation in training mode whose own parameters are frozen (`requires_grad=False`), while other
parts of the model are learned. A note: many train so and it works, if the new rows resemble those of before.

## Why it matters
`requires_grad=False` freezes weights, not running means. These drift to the new rows, and the frozen layers behind
them see other numbers than those they were made for.

## Example
```python
for p in model.backbone.parameters():
    p.requires_grad = False
```

## Fix
`model.backbone.eval()` after each `model.train()`.

## Source
Humbatova's taxonomy; PyTorch's tutorial of transfer learning. Exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found, names
from modelwright.diagnostic import Diagnostic

CODE = "M412"
PHASE = "dry_run"
SEVERITY = "note"
NEEDS = ("program",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note for normalisations that are frozen by half."""
    from torch import nn

    assert facts.program is not None
    model = facts.program.model
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    half = [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, kinds)
        and layer.training
        and layer.track_running_stats
        and layer.affine
        and not any(p.requires_grad for p in layer.parameters())
    ]
    if half and any(p.requires_grad for p in model.parameters()):
        yield found(
            facts,
            CODE,
            "note",
            f"the weights of {names(half)} are frozen, and their running means go on changing",
            layer=half[0],
            expected="frozen layers in evaluation mode",
            received=f"{len(half)} frozen normalisations in training mode",
            help=f"model.{half[0].rpartition('.')[0] or half[0]}.eval() after model.train()",
        )
