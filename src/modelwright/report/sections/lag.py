"""How far back a model of steps looks: the gradient of its output by how long ago a step was."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Learner
from modelwright.report.inside import taken
from modelwright.report.sections.curves import line
from modelwright.report.words import percent, thinned

TITLE = "How far back it looks"
ROWS = 128
BUDGET = 3e10  # operations of all passes: one to two seconds on one core
COLOURS = ("--blue", "--orange", "--green")
MOST = 0.9


def applies(evidence: Evidence) -> bool:
    """Sequences and windows; texts where the order of the words can matter: in recurrent models."""
    recurrent = any(f"{name}(" in layer for layer in evidence.plan.layers for name in ("GRU", "LSTM", "RNN"))
    in_order = evidence.of_steps and (recurrent or not evidence.of_texts)
    return in_order and evidence.answered and not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return the share of the gradient by lag."""
    learner = evidence.learner
    if learner is None:
        return [Missing(id="lag", title=TITLE, why=evidence.lacks("learner"))]
    lines = outputs_of(evidence)
    each = 3 * evidence.flops * len(lines)
    rows = int(min(ROWS, len(learner.inputs[0]), max(1.0, evidence.budget(BUDGET) / each)))
    if BUDGET / each < 1:
        return [Missing(id="lag", title=TITLE, why="the model is so large that its gradients would take long")]
    chosen = np.linspace(0, len(learner.inputs[0]) - 1, rows).astype(np.int64)
    found = {name: by_lag(learner, chosen, which) for name, which in lines.items()}
    if not any(np.isfinite(values).all() and values.any() for values in found.values()):
        return [Missing(id="lag", title=TITLE, why="the output does not move with any step")]
    return [_figure(evidence, found, rows)]


def outputs_of(evidence: Evidence) -> dict[str, slice | None]:
    """Return which outputs are looked at, by the words for them; None: that of the answer of each row."""
    plan = evidence.plan
    if plan.forecast is None:
        return {"the answer": None if plan.outputs.width > 1 else slice(0, 1)}
    wide, horizon = len(plan.outputs.targets), plan.forecast.horizon
    steps = sorted({1, (horizon + 1) // 2, horizon})
    names = {1: "the next step"}
    return {names.get(step, f"{step} steps ahead"): slice((step - 1) * wide, step * wide) for step in steps}


def by_lag(learner: Learner, rows: np.ndarray, which: slice | None) -> np.ndarray:
    """Return the mean size of the gradient of outputs with respect to the step `lag` steps before the last, `[T]`.

    The size of a step's gradient is its norm over the channels (or the numbers of a token's vector).
    """
    core = learner.core
    held: list[Tensor] = []

    def hold(_module: nn.Module, _given: tuple[Any, ...], output: Tensor) -> Tensor:
        held.append(output.detach().requires_grad_())
        return held[-1]

    first, *rest = taken(learner, rows)
    there = rest[0] if rest else first != 0 if first.dim() == 2 else torch.ones(first.shape[:2], dtype=torch.bool)
    first = first.clone()
    table = next((module for module in core.modules() if isinstance(module, nn.Embedding)), None)
    hook = None if first.is_floating_point() or table is None else table.register_forward_hook(hold)
    core.eval()
    try:
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            if first.is_floating_point():
                held.append(first.requires_grad_())
            raw = core(first, *rest).float()
            value = raw.max(1).values if which is None else raw[:, which].sum(1)
            (grad,) = torch.autograd.grad(value.sum(), held[0], allow_unused=False)
    finally:
        if hook is not None:
            hook.remove()
    sizes = grad.detach().float().norm(dim=2).cpu().numpy()
    lengths = there.sum(1).cpu().numpy().clip(1)
    total = np.zeros(int(lengths.max()))
    for row, steps in zip(sizes, lengths, strict=True):
        total[:steps] += row[: int(steps)][::-1]
    return total / len(rows)


def reach(values: np.ndarray) -> int:
    """Return how many of the last steps hold nine tenths of the gradient.

    >>> reach(np.array([8.0, 1.0, 1.0]))
    2
    """
    return int(np.searchsorted(np.cumsum(values) / values.sum(), MOST - 1e-12)) + 1


def _figure(evidence: Evidence, found: dict[str, np.ndarray], rows: int) -> Figure:
    kept = {name: values / values.sum() for name, values in found.items() if values.sum() > 0}
    steps = len(next(iter(kept.values())))
    lags = list(range(steps)) if evidence.plan.forecast is None else list(range(1, steps + 1))
    traces = [
        line(lags, _short(values), name, colour) for (name, values), colour in zip(kept.items(), COLOURS, strict=False)
    ]
    title = "steps before the last one" if evidence.plan.forecast is None else "steps before the first one forecast"
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": title}, "autorange": "reversed"},
        "yaxis": {"title": {"text": "share of the gradient"}, "rangemode": "tozero"},
        "showlegend": len(traces) > 1,
    }
    told = "; ".join(f"for {name} in the last {reach(values):,}" for name, values in kept.items())
    table, left = thinned([[lag, *(float(v[at]) for v in kept.values())] for at, lag in enumerate(lags)])
    season = evidence.plan.forecast.period if evidence.plan.forecast is not None else 1
    seasonal = f" The season has {season} steps: look for peaks at its multiples." if 1 < season < steps else ""
    return Figure(
        id="lag",
        title=TITLE,
        how="The higher the line, the more the output moves with what stood at that step: the present is at the right, "
        "and where the line lies on the ground, the model has forgotten.",
        plots=[Plot(traces=traces, layout=layout, height=320)],
        table=Table(columns=[title, *kept], rows=table, note=left),
        note=f"{percent(MOST)} of the gradient lie, of {steps:,} steps, {told}. Means over {rows:,} scored "
        f"rows.{seasonal}",
        wide=True,
    )


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
