"""Dropout goes on in evaluation, or training goes on in evaluation mode.

## What it does
Asks the model twice in evaluation mode. Where the answers differ, points at the dropout that is called without the
model's mode, and at other random numbers drawn in `forward`. Reads the file that calls `modelwright.check`: a loop
that trains the model and sets it to evaluation, and never back, unless each turn makes a model of its own.
Also a validation under `no_grad` in a file in which nobody calls `eval`, where the model has dropout or batch
normalisation, and `model.eval` without parentheses.

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
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import called, found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.trace import Op

CODE = "O603"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("program",)

ATTENTION = "scaled_dot_product_attention"


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a loop that stays in evaluation mode, and for answers that are random in it."""
    from modelwright.checks.program.loops import left_in_evaluation

    assert facts.program is not None
    where = left_in_evaluation(facts.program.called_at.file, facts.program.called_at.line)
    if where is not None:
        yield Diagnostic(
            code=CODE,
            severity="warning",
            message="from the second epoch on the model is trained in evaluation mode: nothing sets it back",
            where=where,
            expected="model.train() at the beginning of each epoch",
            received="a loop that trains, and calls model.eval() but never model.train()",
            help="model.train()  # before the batches of an epoch",
        )
    if facts.forward is not None and not facts.evaluated.repeatable:
        yield from _random(facts)


def _random(facts: Facts) -> Iterator[Diagnostic]:
    from modelwright.checks.program.graph import DROPOUTS

    program = facts.forward
    assert program is not None
    layers = {call.name: call.layer for call in program.trace.calls}
    loose = [
        op
        for op in program.trace.named(*DROPOUTS, ATTENTION)
        if _share(op) > 0
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
        received=f"F.{op.name}(…, p={_share(op):g}) without training=self.training",
        help=f"dropout_p={_share(op):g} if self.training else 0.0"
        if op.name == ATTENTION
        else f"F.{op.name}(x, {_share(op):g}, training=self.training)",
    )


def _share(op: Op) -> float:
    """Return what share a function drops."""
    if op.name == ATTENTION:
        return float(op.argument("dropout_p", 4, 0.0))
    return float(op.argument("p", 1, 0.5))
