"""The loss is the sum over the batch, so a step grows with the number of rows in it.

## What it does
Computes the loss of a batch and of the same batch twice over: a sum doubles, a mean stays. Warns where plain gradient
steps (SGD) have a learning rate that is too large for a sum, or where no optimizer is given; with Adam, whose steps
do not depend on the size of the loss, it is a note.

## Why it matters
With 64 rows the gradient is 64 times that of the mean: a learning rate of 0.1 acts like 6.4. Change the batch size,
or let the last batch be short, and the steps change with it.

## Example
`nn.CrossEntropyLoss(reduction="sum")` with `SGD(lr=0.1)`.

## Fix
```python
nn.CrossEntropyLoss()  # reduction="mean"
```

## Source
TheDeepChecker. Exact for the sum; a learning rate times rows of 0.5 and above is called too large.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic, Severity

CODE = "H507"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("step",)

TOO_LARGE = 0.5
SCALED = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "SparseAdam", "RMSprop", "Adagrad", "Adadelta", "Rprop", "Lion")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the loss doubles with the batch."""
    from modelwright.checks.program.probes import doubled

    program = facts.step
    assert program is not None
    ratio = doubled(program)
    if ratio is None or not 1.9 < ratio < 2.1:
        return
    size = program.batch.size if facts.loader is None else facts.loader.batch_size
    direct = (
        program.losses and program.losses[-1].op.outputs and program.losses[-1].op.output.tensor is program.trace.loss
    )
    optimizer = program.optimizer
    severity: Severity = "warning" if direct else "note"
    received = "the loss of the batch twice over is twice the loss"
    if optimizer is not None:
        rate = max(float(group["lr"]) for group in optimizer.param_groups)
        scaled = type(optimizer).__name__ in SCALED
        severity = "note" if scaled or rate * size < TOO_LARGE else "warning"
        received += f"; {type(optimizer).__name__}(lr={rate:g}) acts like lr={rate * size:g} on the mean" * (not scaled)
    yield found(
        facts,
        CODE,
        severity,
        f"the loss is a sum over the batch: a step is {size} times that of the mean",
        op=program.losses[-1].op if program.losses else None,
        expected='the mean over the batch (reduction="mean"), or a learning rate divided by the number of rows',
        received=received,
        help='leave reduction="sum" out, or take .mean() instead of .sum()',
    )
