"""Layers or parameters that the model does not know of: in a Python list, a dict, or a plain tensor.

## What it does
Looks through the attributes of each of the model's own layers for modules and parameters that stand in a list, tuple,
set or dict, or in another object, and are not among `model.parameters()`; and for tensors that want a gradient
without being an `nn.Parameter`.

## Why it matters
`model.parameters()` does not list them: the optimizer never changes them, `.to(device)` leaves them behind, and
`state_dict()` does not save them. Training runs, and loading gives another model.

## Example
```python
self.layers = [nn.Linear(64, 64) for _ in range(3)]
```

## Fix
```python
self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(3))
```

## Source
Humbatova's taxonomy; CodeGuru's detectors. Exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.trace import Op

CODE = "S311"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("program",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each attribute that holds layers or parameters which are not registered."""
    from modelwright.checks.program.hidden import hidden

    assert facts.program is not None
    for name, held, kind, container in hidden(facts.program.model):
        wrap = {"list": "nn.ModuleList", "tuple": "nn.ModuleList", "dict": "nn.ModuleDict"}.get(
            container, "nn.ModuleList"
        )
        if kind == "tensor":
            told, fix = f"`{name}` wants a gradient and is a plain tensor", f"self.{_last(name)} = nn.Parameter(…)"
        elif kind == "parameter":
            told = f"`{name}` holds {held} in a {container}"
            fix = f"self.{_last(name)} = nn.{'ParameterDict' if container == 'dict' else 'ParameterList'}(…)"
        else:
            told, fix = f"`{name}` holds {held} in a {container}", f"self.{_last(name)} = {wrap}(self.{_last(name)})"
        yield found(
            facts,
            CODE,
            "error",
            f"{told}: the model does not know its weights",
            layer=name,
            expected="layers that are attributes themselves, or stand in nn.ModuleList, nn.ModuleDict or nn.Sequential",
            received="weights that model.parameters() does not list: not learned, not moved to a device, not saved",
            help=fix,
        )
    op = _made_in_forward(facts)
    if op is not None:
        yield found(
            facts,
            CODE,
            "error",
            f"`{op.name}` works with weights that are made anew in each call of `forward`",
            op=op,
            expected="layers that are made once, in __init__",
            received="weights that model.parameters() does not list: random in every step, never learned",
            help="self.layer = nn.Linear(…) in __init__, and self.layer(x) in forward (nn.LazyLinear finds its size)",
        )


def _made_in_forward(facts: Facts) -> Op | None:
    """Return a function that works with a parameter which neither the model nor one of its attributes holds."""
    from torch import nn

    from modelwright.checks.program.hidden import hidden

    if facts.forward is None or any(True for _ in hidden(facts.forward.model)):
        return None
    for op in facts.forward.trace.ops:
        if op.stage != "model" or not op.output.tensor.requires_grad:
            continue
        if any(
            v.kind != "parameter" and isinstance(v.tensor, nn.Parameter) and v.tensor.requires_grad for v in op.inputs
        ):
            return op
    return None


def _last(name: str) -> str:
    return name.rpartition(".")[2]
