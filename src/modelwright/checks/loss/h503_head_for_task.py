"""The last layer does not fit the task: a softmax over one output or over labels that may hold together.

## What it does
Looks at the last layer of a model given as a list, and at the loss: softmax with one output, or with labels that may
hold together; cross-entropy for either of them; binary cross-entropy for classes that exclude each other.

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
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.heads import CLASSES, DEFAULT, LABELS, TASKS, last_layer, name_of
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.graph import LossCall
    from modelwright.checks.program.trace import Op

CODE = "H503"
PHASE = "description"
SEVERITY = "error"
NEEDS = ("description", "task")
PROGRAM_NEEDS = ("forward",)

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


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a softmax over one output, and for cross-entropy of labels that hold together."""
    program = facts.forward
    assert program is not None
    for op in program.trace.named("softmax", "log_softmax"):
        axis, out = op.argument("dim", 1), op.output.shape
        if isinstance(axis, int) and len(out) == 2 and axis % 2 == 1 and out[1] == 1:
            told, received = f"`{op.name}` over one output is always {1 if op.name == 'softmax' else 0}", f"shape {out}"
            yield _program_finding(facts, op, told, received, "return the raw output and use nn.BCEWithLogitsLoss()")
            return
    for call in program.losses[:1]:
        if (softmax := _competing(call)) is not None:
            told, received = "a softmax makes labels compete that may hold together", "rows with several ones, or none"
            fix = "return the raw outputs and use nn.BCEWithLogitsLoss()"
            yield _program_finding(facts, softmax, told, received, fix)
            return
        if call.name != "cross_entropy" or call.input is None or call.target is None:
            continue
        target = call.target.tensor.detach()
        if call.input.tensor.dim() == 2 and call.input.shape[1] == 1 and target.dim() == 1:
            told = "cross-entropy over one output is always 0: there is nothing to choose from"
            fix = "two outputs, or nn.BCEWithLogitsLoss() with a float target"
            yield _program_finding(facts, call.op, told, f"outputs of shape {call.input.shape}", fix)
        elif target.is_floating_point() and target.dim() == 2 and target.shape == call.input.tensor.shape:
            sums, whole = target.sum(dim=1), bool(((target == 0) | (target == 1)).all())
            if whole and bool((sums != 1).any()):
                told = "cross-entropy takes a softmax over labels that hold together"
                received = f"rows with {int(sums.min())} to {int(sums.max())} labels"
                yield _program_finding(facts, call.op, told, received, "nn.BCEWithLogitsLoss()")


def _competing(call: LossCall) -> Op | None:
    """Return the softmax before a loss that judges each label alone, where the target's rows do not add up to 1."""
    from modelwright.checks.program.graph import made_by

    made = made_by(call.input)
    if made is None or made.name != "softmax" or call.target is None or call.target.tensor.dim() != 2:
        return None
    target = call.target.tensor.detach().float()
    labels = call.name == "binary_cross_entropy" and bool(((target == 0) | (target == 1)).all())
    return made if labels and target.shape[1] > 1 and bool((target.sum(1) != 1).any()) else None


def _program_finding(facts: Facts, op: Op, message: str, received: str, fix: str) -> Diagnostic:
    expected = "a softmax over two classes or more that exclude each other"
    return found(facts, CODE, "error", message, op=op, expected=expected, received=received, help=fix)
