"""The answer for one row depends on the other rows of the batch.

## What it does
In evaluation mode, replaces one row of the batch (the first, then the last) and looks whether the answers for the
other rows change; and puts the rows in the opposite order, with which the answers must turn. Layers that normalise by
the batch on purpose are left alone. Also finds a softmax over the rows, and attention whose weights are normalised
along another axis than the one they are summed over.

## Why it matters
A `view` or `reshape` that crosses the batch axis, or `softmax(dim=0)`, lets rows see each other. In training it helps
to cheat; alone, in use, the same row gets another answer.

## Example
`x.view(-1, 2, 64)` on a tensor of (2, N, 64): no error, other rows. Right is `x.permute(1, 0, 2)`.

## Fix
Keep the batch axis in front and name the others: `x.flatten(1)`, `x.transpose(0, 1)`, `softmax(dim=-1)`.

## Source
Karpathy's recipe; TheDeepChecker (dependence of operations). Exact up to the precision of float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import called, found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.trace import Op

CODE = "S308"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("forward",)

ORDERED = frozenset(["view", "reshape", "flatten", "view_as", "reshape_as"])


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where rows of a batch influence each other, with the function that most likely does it."""
    program = facts.forward
    assert program is not None
    rows = program.batch.size
    attention = next((op for op in program.trace.named("softmax") if _wrong_axis(op)), None)
    if attention is not None:
        axis = attention.argument("dim", 1)
        yield found(
            facts,
            CODE,
            "error",
            f"{called(attention)} adds up to 1 over axis {axis}, and the weights are then summed over another axis",
            op=attention,
            expected="a softmax over the axis that the matrix product sums over, usually dim=-1",
            received=f"dim={axis} of {attention.output.shape}",
            help="softmax(scores, dim=-1)",
        )
    if rows >= 4 and facts.evaluated.placed and not facts.evaluated.mixing:
        yield _placed(facts, rows)
    if rows < 4 or not facts.evaluated.mixing:
        return
    op = _culprit(list(program.trace.ops), rows)
    softmax = op is not None and op.name in ("softmax", "log_softmax")
    if op is attention and op is not None:
        return
    how = "normalises over the rows of the batch" if softmax else "is where rows come together"
    yield found(
        facts,
        CODE,
        "error",
        "the answer for a row depends on the other rows of its batch" + (f": {called(op)} {how}" if op else ""),
        op=op,
        expected="the same answer for a row, whatever else is in the batch",
        received=(f"{op.inputs[0].shape} → {op.output.shape}" if op and op.inputs else "answers that change")
        + (f", dim={op.argument('dim', 1)}" if softmax and op else ""),
        help="softmax(outputs, dim=-1)" if softmax else "keep the batch axis in front: x.flatten(1), x.transpose(0, 1)",
    )


def _placed(facts: Facts, rows: int) -> Diagnostic:
    from modelwright.checks.program.graph import descends_from

    assert facts.forward is not None
    added = (
        op
        for op in facts.forward.trace.named("add", "radd", "iadd", "mul", "cat")
        if any(v.shape[:1] == (rows,) and not descends_from(v, ("input",)) for v in op.inputs)
    )
    return found(
        facts,
        CODE,
        "error",
        "the answer for a row depends on where in its batch it stands",
        op=next(added, None),
        expected="the same answer for a row, wherever it stands",
        received="other answers when the rows are put in the opposite order",
        help="positions are those of the steps: x + self.pe[:, : x.size(1)], with pe of shape (1, steps, width)",
    )


def _culprit(ops: list[Op], rows: int) -> Op | None:
    """Return the first function that looks like it crosses the batch axis; None where none does."""
    for op in ops:
        if op.stage != "model" or not op.inputs:
            continue
        into, out = op.inputs[0].shape, op.output.shape
        if op.name in ("softmax", "log_softmax") and into and into[0] == rows and _axis(op, len(into)) == 0:
            return op
        if op.name in ORDERED and rows in (into[:1] + out[:1]) and into[:1] != out[:1] and rows in into:
            return op
        if op.name in ("gru", "lstm", "rnn_tanh", "rnn_relu", "multi_head_attention_forward") and into[:1] == (rows,):
            return op
        if op.name in ("mean", "sum", "max", "cumsum", "std", "var") and into[:1] == (rows,) and out[:1] != (rows,):
            return op
    return None


def _axis(op: Op, rank: int) -> int:
    axis = op.argument("dim", 1)
    if axis is None:  # F.softmax without dim: torch takes the first axis of one and of three
        return 0 if rank in (0, 1, 3) else 1
    return axis % rank if isinstance(axis, int) else 1


def _wrong_axis(op: Op) -> bool:
    """Say whether a softmax is multiplied as a matrix of weights along another axis than its own."""
    from modelwright.checks.program.graph import DROPOUTS

    shape = op.output.shape
    if len(shape) < 2:
        return False
    value = op.output
    while len(value.consumers) == 1 and value.consumers[0].name in DROPOUTS:
        value = value.consumers[0].output
    for user in value.consumers:
        if user.name in ("matmul", "bmm") and len(user.inputs) == 2 and user.inputs[0] is value:
            return _axis(op, len(shape)) != len(shape) - 1
    return False
