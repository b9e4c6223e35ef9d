"""A model as it stands, looked at in evaluation mode: its units, its answers, and whether they hang on the batch."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from modelwright.checks.program.graph import LINEAR, SHAPES
from modelwright.checks.program.probes import outputs_of
from modelwright.checks.program.program import Program
from modelwright.checks.program.safe import untouched
from modelwright.checks.program.trace import RAISED, Op, Recorder, Trace

RELUS = frozenset(("relu", "relu6", "threshold"))
ENDS = {"sigmoid": (0.0, 1.0), "hardsigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0)}
EDGE = 0.025  # of the range of a sigmoid or tanh: nearer to an end than that, its slope is below a tenth
PASSING = frozenset((*SHAPES, "dropout", "batch_norm", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d"))


def settled(program: Program) -> Trace | None:
    """Return what was recorded of the model in evaluation mode; None where it does not answer."""
    trace = Trace()
    with untouched():
        recorder, model = Recorder(trace), program.copied().eval()
        handles = recorder.watch(model)
        try:
            with torch.no_grad(), recorder:
                program.forward(model, program.batch)
        except RAISED:
            return None
        finally:
            for handle in handles:
                handle.remove()
    return trace


def dead(trace: Trace) -> Iterator[tuple[Op, float]]:
    """Yield each ReLU with the share of its units that give 0 for every row and place."""
    for op in trace.named(*RELUS):
        values = op.output.tensor.detach()
        if op.stage == "model" and values.dim() > 1 and values.shape[0] > 1:
            yield op, float((_by_unit(values) == 0).all(dim=0).float().mean())


def saturated(trace: Trace) -> Iterator[tuple[Op, float]]:
    """Yield each sigmoid and tanh between layers with the share of its units that are nearly always at an end."""
    for op in trace.named(*ENDS):
        values = op.output.tensor.detach()
        if op.stage != "model" or values.dim() < 2 or not _weighed(op):
            continue
        low, high = ENDS[op.name]
        at_end = ((values - low) < EDGE * (high - low)) | ((high - values) < EDGE * (high - low))
        yield op, float((_by_unit(at_end).float().mean(dim=0) > 0.85).float().mean())


def apart(program: Program, rows: int = 16) -> float:
    """Return how far answers given for two rows at a time lie from those given together, relative to their spread."""
    with untouched():
        model, batch = program.copied().eval(), program.batch
        several = min(rows, batch.size // 2 * 2)
        together = outputs_of(program, model, batch)
        pairs = torch.arange(several, device=program.device).split(2)
        alone = [outputs_of(program, model, batch.take(pair)) for pair in pairs]
    if not together or several < 4 or not all(alone) or together[0].shape[0] != batch.size:
        return 0.0
    single = torch.cat([each[0] for each in alone])
    return _distance(single, together[0][:several]) if single.shape == together[0][:several].shape else 0.0


def moods(program: Program) -> float:
    """Return the similarity (cosine) of the answers in training mode, dropout left out, and in evaluation mode."""
    with untouched():
        model = program.copied()
        before = outputs_of(program, model.eval(), program.batch)
        for layer in model.train().modules():
            layer.training = layer.training and "Dropout" not in type(layer).__name__
        after = outputs_of(program, model, program.batch)
    if not before or not after or before[0].shape != after[0].shape:
        return 1.0
    one, other = before[0].flatten().double(), after[0].flatten().double()
    return float(nn.functional.cosine_similarity(one, other, dim=0))


def _distance(one: Tensor, other: Tensor) -> float:
    scale = float((other - other.mean(dim=0)).abs().mean()) + 1e-3 * float(other.abs().mean()) + 1e-12
    return float((one - other).abs().max()) / scale


def _by_unit(values: Tensor) -> Tensor:
    """Return values as [rows and places, units]: channels are units in maps, the last axis in sequences."""
    return values.movedim(1, -1).flatten(0, -2) if values.dim() > 3 else values.flatten(0, -2)


def _weighed(op: Op) -> bool:
    """Say whether a function's values go on into a layer with weights."""
    todo, seen = list(op.output.consumers), 0
    while todo and seen < 20:
        one, seen = todo.pop(), seen + 1
        if one.name in LINEAR:
            return True
        if one.name in PASSING and one.outputs:
            todo.extend(one.output.consumers)
    return False
