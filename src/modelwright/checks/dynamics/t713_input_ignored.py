"""The model ignores its input, or one of its inputs.

## What it does
After a short training on a copy (so that layers that start at zero have woken), compares the outputs for rows that
differ: all equal, to the last digit that float32 has. And finds an input tensor that `forward` never uses.

## Why it matters
The model can only learn the mean, or the most frequent class. The score of that is often mistaken for a beginning.

## Example
`forward(self, x)` that computes from `torch.randn_like(x)`, or from a constant, or whose ReLU units are all dead.

## Fix
Follow the input through `forward`; look at dead units and at a scale that is far off.

## Source
Karpathy's recipe; TheDeepChecker. Exact up to the precision of float32.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "T713"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("forward",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for outputs that do not depend on the input, else for an input that is never used."""
    program = facts.forward
    assert program is not None
    unused = [
        (number, value)
        for number, value in enumerate(program.trace.value_of(t) for t in program.traced_batch.tensors)
        if not any(op.stage == "model" and _reads(op.name) for op in value.consumers)
    ]
    several = len(program.batch.tensors) > 1
    if unused and several and len(unused) < len(program.batch.tensors):
        yield _finding(
            facts, f"input {unused[0][0] + 1} of {len(program.batch.tensors)} is never used in `forward`", ""
        )
        return
    differ = any(bool((tensor != tensor[:1]).any()) for tensor in program.batch.tensors if tensor.dim())
    if not differ or program.batch.size < 2:
        return
    before = facts.evaluated
    if not before.outputs or not before.repeatable or not all(_constant(tensor) for tensor in before.outputs):
        return
    if facts.step is not None:
        after = facts.learned.outputs
        if not after or not all(_constant(tensor) for tensor in after):
            return
    row = before.outputs[0][0].flatten()[:4].tolist()
    shown = ", ".join(f"{value:.4g}" for value in row)
    yield _finding(facts, "the model answers the same for every row", f"{shown} for rows that differ")


def _reads(name: str) -> bool:
    return not name.endswith("_like") and name not in ("new_zeros", "new_ones", "new_full", "new_empty", "new_tensor")


def _constant(tensor: object) -> bool:
    from torch import Tensor

    assert isinstance(tensor, Tensor)
    if tensor.shape[0] < 2:
        return False
    scale = float(tensor.abs().max())
    return bool((tensor - tensor[:1]).abs().max() <= 1e-7 * max(scale, 1e-30))


def _finding(facts: Facts, message: str, received: str) -> Diagnostic:
    return found(
        facts,
        CODE,
        "error",
        message,
        expected="answers that depend on every input",
        received=received or "a tensor that no function of the model reads",
        help="follow the input through forward: constants, dead units, a scale that is far off",
    )
