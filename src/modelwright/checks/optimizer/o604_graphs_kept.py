"""The model keeps what its outputs were computed with: memory grows with every step.

## What it does
After a short training on a copy, looks through the lists and dicts that the model's layers hold as attributes: two
tensors or more with a gradient function, which an output or a loss has when it is kept as it is.

## Why it matters
Each such tensor keeps the whole graph of its step alive. Memory grows until none is left, hours after the start.

## Example
```python
self.losses.append(loss)  # in training_step
```

## Fix
```python
self.losses.append(loss.item())  # or loss.detach()
```

## Source
CodeGuru's detectors; PyTorch's FAQ ("Don't accumulate history across your training loop"). Exact. A tensor that each
step replaces is left alone: it holds one graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "O604"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("step",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for the first attribute that gathers graphs."""
    model = facts.learned.model
    if model is None or len(facts.learned.losses) < 4:
        return
    for name, layer in model.named_modules():
        for attribute, held in vars(layer).items():
            if attribute.startswith("_") or not isinstance(held, list | dict):
                continue
            kept = sum(_has_graph(each) for each in (held.values() if isinstance(held, dict) else held))
            if kept > 1:
                full = f"{name}.{attribute}" if name else attribute
                yield found(
                    facts,
                    CODE,
                    "warning",
                    f"`{full}` keeps the graph of every step: memory grows until none is left",
                    layer=name,
                    expected="numbers, or tensors without a history",
                    received=f"{kept} tensors with a gradient function after {len(facts.learned.losses)} steps",
                    help=f"self.{attribute}.append(value.detach()), or value.item()",
                )
                return


def _has_graph(value: Any) -> bool:
    from torch import Tensor

    return isinstance(value, Tensor) and value.grad_fn is not None
