"""Dropout goes on in evaluation: answers are random.

## What it does
Asks the model twice in evaluation mode. Where the answers differ, points at the dropout that is called without the
model's mode, and at other random numbers drawn in `forward`.

## Why it matters
`F.dropout(x)` drops in evaluation as well, as its `training` is true unless told otherwise: scores are worse than
they should be, and the same row gets another answer each time.

## Example
```python
x = F.dropout(x, 0.5)
```

## Fix
```python
x = F.dropout(x, 0.5, training=self.training)  # or a layer: self.dropout = nn.Dropout(0.5)
```

## Source
CodeGuru's detectors; dslinter. Exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import called, found
from modelwright.diagnostic import Diagnostic

CODE = "O603"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("forward",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for answers that are random in evaluation mode."""
    from modelwright.checks.program.graph import DROPOUTS

    program = facts.forward
    assert program is not None
    if facts.evaluated.repeatable:
        return
    layers = {call.name: call.layer for call in program.trace.calls}
    loose = [
        op
        for op in program.trace.named(*DROPOUTS)
        if float(op.argument("p", 1, 0.5)) > 0
        and "Dropout" not in type(layers.get(op.module)).__name__
        and "training" not in (program.place(op.line).source or "")  # written so on purpose
    ]
    if not loose:
        return
    op = loose[0]
    yield found(
        facts,
        CODE,
        "warning",
        f"{called(op)} goes on in evaluation: the same rows get other answers each time",
        op=op,
        expected="dropout that follows model.eval()",
        received=f"F.{op.name}(…, p={float(op.argument('p', 1, 0.5)):g}) without training=self.training",
        help=f"F.{op.name}(x, {float(op.argument('p', 1, 0.5)):g}, training=self.training)",
    )
