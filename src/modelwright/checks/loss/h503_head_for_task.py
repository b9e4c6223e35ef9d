"""The last layer does not fit the task: a softmax over one output or over labels that may hold together.

## What it does
Looks at the last layer of a model given as a list, and at the loss: softmax with one output, or with labels that
may hold together; cross-entropy for either of them; binary cross-entropy for classes that exclude each other.

## Why it matters
A softmax over one output is always 1: the model answers the same for every row, and the gradient is exactly zero.
Over labels that may hold together it makes them compete.

## Example
```yaml
task: binary
model: [Linear(..., 1), Softmax(dim=1)]
```

## Fix
```yaml
model: [Linear(..., 1)]
loss: BCEWithLogitsLoss
```

## Source
AutoTrainer; NeuraLint. A table of tasks, last layers and losses. One-hot columns as several targets with binary
cross-entropy (`task: multilabel`) are right in practice and left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.heads import CLASSES, DEFAULT, LABELS, TASKS, last_layer, name_of
from modelwright.diagnostic import Diagnostic

CODE = "H503"
PHASE = "description"
SEVERITY = "error"
NEEDS = ("description", "task")

SOFTMAX = frozenset(("Softmax", "LogSoftmax", "Softmin"))


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a last layer, and one for a loss, that belong to another kind of classes."""
    assert facts.description is not None and facts.task is not None
    spec, task = facts.description.spec, facts.task
    last = last_layer(spec)
    loss = name_of(spec.loss)
    single = task == "binary" and loss not in CLASSES
    if last is not None and last[1].name in SOFTMAX and (single or task == "multilabel"):
        consequence = "of one output is always 1" if single else "makes the labels compete"
        yield _finding(facts, last[0], str(last[1]), f"`{last[1].name}` {consequence}", "leave the last layer out")
    if task == "multilabel" and loss in CLASSES:
        told = f"`{loss}` takes a softmax over labels that may hold together"
        yield _finding(facts, "loss", spec.loss, told, f"loss: {DEFAULT[task]}")
    if task == "multiclass" and loss in LABELS:
        told = f"`{loss}` judges each class alone, but the classes exclude each other"
        yield _finding(facts, "loss", spec.loss, told, "loss: CrossEntropyLoss")


def _finding(facts: Facts, key: str, received: str, message: str, fix: str) -> Diagnostic:
    assert facts.task is not None
    return Diagnostic(
        code=CODE,
        severity="error",
        message=message,
        where=facts.place(key),
        expected=f"for {TASKS[facts.task]} (`{facts.task}`): raw outputs and `{DEFAULT[facts.task]}`",
        received=received,
        help=fix,
    )
