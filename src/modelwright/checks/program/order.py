"""Experiments on sequences: does a model see the future, and does it see in which order its steps stand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from modelwright.checks.program.probes import Learned, outputs_of, same
from modelwright.checks.program.program import Program
from modelwright.checks.program.rows import Batch
from modelwright.checks.program.safe import untouched
from modelwright.checks.program.trace import Op, Trace

ROWS, EXACTLY = 8, 0.99999  # rows, and their correlation at each step, from which two sequences are the same
PRODUCTS = frozenset(("matmul", "bmm", "einsum", "baddbmm"))
SMOOTH = 0.3  # correlation of neighbouring steps from which their order says something: of exchangeable ones it is 0


def future_seen(program: Program, model: nn.Module | None = None) -> int:
    """Return the length of the sequence where outputs before the last element change with it; 0 where they do not.

    Asked of a copy of the program's model, or of `model`, and only where the target is the input moved by one step: a
    model that is meant to predict the next element.
    """
    pair = _pair(program)
    if pair is None or not _moved(*pair):
        return 0
    changes = _changes(program, *pair, model)
    return pair[0].shape[1] if changes is not None and changes[:-1].any() else 0


def copied_answers(program: Program) -> bool:
    """Say whether the target of words is the input itself, and answer t changes with element t and with no later one.

    Silent where the loss moves them against each other, or where outputs know their own element only through a summary.
    """
    pair = _pair(program)
    if pair is None or pair[0].is_floating_point() or not torch.equal(*pair):
        return False
    traced = program.traced_batch.target
    asked = [call.target.tensor.detach().flatten() for call in program.losses if call.target is not None]
    if not isinstance(traced, Tensor) or not any(_equal(each, traced.flatten()) for each in asked):
        return False  # the loss moves them by itself
    changes = _changes(program, *pair, None)
    return changes is not None and bool(changes[-1]) and not bool(changes[:-1].any())


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool((one == other.to(one.device)).all())


def _pair(program: Program) -> tuple[Tensor, Tensor] | None:
    """Return input and target, where both are sequences of one length."""
    batch = program.batch
    if len(batch.inputs) != 1 or not isinstance(batch.inputs[0], Tensor) or not isinstance(batch.target, Tensor):
        return None
    x, y = batch.inputs[0], batch.target
    fits = x.dim() >= 2 and y.dim() >= 2 and x.shape[:2] == y.shape[:2] and x.shape[1] >= 3
    return (x, y) if fits and bool((x[:, -1] != x[:, 0]).any()) else None


def _moved(x: Tensor, y: Tensor) -> bool:
    """Say whether a target is the input moved by one step, each step perhaps scaled anew."""
    if x.shape == y.shape and torch.equal(x[:, 1:].to(y.dtype), y[:, :-1]):
        return True
    one, other = x.squeeze(-1) if x.shape[-1] == 1 else x, y.squeeze(-1) if y.shape[-1] == 1 else y
    if not x.is_floating_point() or one.dim() != 2 or one.shape != other.shape or len(one) < ROWS:
        return False
    a, b = one[:, 1:].double(), other[:, :-1].double()
    a, b = a - a.mean(dim=0), b - b.mean(dim=0)
    size = ((a * a).sum(dim=0) * (b * b).sum(dim=0)).sqrt()
    return bool((size > 0).all()) and bool(((a * b).sum(dim=0) / size > EXACTLY).all())


def _changes(program: Program, x: Tensor, y: Tensor, model: nn.Module | None) -> Tensor | None:
    """Return for each step whether its outputs change with the last element; None where outputs are no steps."""
    with untouched():
        asked = (program.copied() if model is None else model).eval()
        changed = x.clone()
        changed[:, -1] = x[:, 0].roll(1, 0)
        before, after = (_by_step(outputs_of(program, asked, _batch(each, y)), x) for each in (x, changed))
    if before is None or after is None:
        return None
    pairs = zip(before.unbind(1), after.unbind(1), strict=True)
    return torch.tensor([not same(one, other) for one, other in pairs])


def _by_step(outputs: list[Tensor], x: Tensor) -> Tensor | None:
    """Return outputs as [rows, steps, …]: as they are, with the steps last, or rows and steps in one axis."""
    rows, steps = x.shape[:2]
    if not outputs:
        return None
    output = outputs[0]
    if output.shape[:2] == (rows, steps):
        return output
    if output.dim() == 3 and output.shape[0] == rows and output.shape[2] == steps:
        return output.transpose(1, 2)
    return output.unflatten(0, (rows, steps)) if output.shape[0] == rows * steps else None


def attentions(trace: Trace) -> list[Op]:
    """Return the functions in which steps attend to each other: torch's own, a softmax of a product of activations."""
    named = trace.named("multi_head_attention_forward", "scaled_dot_product_attention", "softmax")
    return [op for op in named if op.stage == "model" and (op.name != "softmax" or of_products(op))]


def of_products(op: Op) -> bool:
    """Say whether a softmax is that of scores: of a matrix product of two activations, scaled and masked perhaps."""
    value, depth = op.inputs[0] if op.inputs else None, 0
    while value is not None and value.producer is not None and depth < 6:
        made, depth = value.producer, depth + 1
        if made.name in PRODUCTS:
            return len(made.inputs) == 2 and all(each.producer is not None for each in made.inputs)
        value = next((each for each in made.inputs if each.producer is not None), None)
    return False


def order_matters(batch: Batch) -> bool:
    """Say whether the steps of the input are words, or follow smoothly on one another: no set of equal things."""
    if len(batch.tensors) != 1 or batch.size < 2:
        return False
    x = batch.tensors[0]
    if not x.is_floating_point():
        return x.dim() == 2 and x.shape[1] >= 4
    if x.dim() != 3 or x.shape[1] < 4:
        return False
    centred = x - x.mean(dim=1, keepdim=True)
    power = float((centred * centred).mean())
    return power > 0 and float((centred[:, 1:] * centred[:, :-1]).mean()) > SMOOTH * power


def blind_to_order(program: Program, learned: Learned | None) -> bool:
    """Say whether steps in another order give the same answers (or the same, in that order), before and after training.

    Positions that start at zero have woken after a few steps.
    """
    batch, x = program.batch, program.batch.tensors[0]
    length = x.shape[1]
    order = torch.cat((torch.arange(1, length, 2), torch.arange(0, length, 2))).to(x.device)
    differ = False
    models = [program.copied(), *([learned.model] if learned is not None and learned.model is not None else [])]
    with untouched():
        for model in models:
            before = outputs_of(program, model.eval(), batch)
            after = outputs_of(program, model, _with(batch, x[:, order]))
            if not before or not after or before[0].shape != after[0].shape:
                return False
            first = before[0]
            moved = first[:, order] if first.dim() > 1 and first.shape[1] == length else first
            if not same(first, after[0]) and not same(moved, after[0]):
                return False
            differ = bool((first != first[:1]).any())
    return differ


def _batch(x: Tensor, y: Tensor) -> Batch:
    return Batch((x,), {}, y, (x, y))


def _with(batch: Batch, x: Tensor) -> Batch:
    """Return a batch of one input with that input replaced."""
    return Batch((x,), {}, batch.target) if batch.inputs else Batch((), dict.fromkeys(batch.named, x), batch.target)
