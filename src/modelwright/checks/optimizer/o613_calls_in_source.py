"""Calls and attributes in the model's own code that do not do what they look like.

## What it does
Reads the source of the model's classes and the attributes of its parameters: misspelt `requires_grad`,
`requires_grad` or `train` set on a module (which has no effect, or hides the method), `layer.forward(x)` called
directly, `Variable`, `loss.data[0]`, softmax without `dim`, initialisers without underscore, `torch.load` with
`weights_only=False`; and a step that fails since a tensor was changed in place.
Also `torch.load` with `weights_only=False` in the file that calls `modelwright.check`.

## Why it matters
`p.require_grad = False` makes a new attribute that nobody reads: the layer goes on learning. `forward` called
directly leaves out hooks, such as those of weight normalisation.

## Example
```python
for p in self.backbone.parameters():
    p.require_grad = False
```

## Fix
```python
self.backbone.requires_grad_(False)
```

## Source
torchfix; CodeGuru's detectors; dslinter. Exact: the syntax tree, and the attributes that are set.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "O613"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("program",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each such call or attribute."""
    from modelwright.checks.program.slips import in_attributes, in_place, in_source

    program = facts.program
    assert program is not None
    for name, told, expected, fix in in_attributes(program.model):
        yield found(facts, CODE, "warning", told, layer=name, expected=expected, help=fix)
    for where, slip in in_source(program.source):
        yield Diagnostic(
            code=CODE,
            severity="warning" if slip.harmful else "note",
            message=slip.message,
            where=where,
            expected=slip.expected,
            help=slip.fix,
        )
    if program.rows is not None and program.has_loss and (told := in_place(program)):
        yield found(
            facts,
            CODE,
            "error",
            told,
            expected="new tensors where the gradient needs the old values",
            received=str(program.trace.failure and program.trace.failure.error).partition("; expected")[0],
            help="x = x + y instead of x += y; F.relu(x) instead of F.relu_(x) or inplace=True",
        )
