"""The maps of attention: which steps each head looks at, on real sequences and texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.model.attention import MultiheadAttention, SelfAttention, turned
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Learner
from modelwright.report.examples import length, picks, step_names
from modelwright.report.inside import seen
from modelwright.report.sections.confusion import HEAT
from modelwright.report.words import plain

TITLE = "Where attention looks"
NAMES = ("SelfAttention(", "MultiheadAttention(", "TransformerEncoderLayer(")
EXAMPLES, LAYERS, HEADS = 2, 2, 4
STEPS = 24  # of a map's side
STRONGEST = 12  # pairs of a head in the table


def applies(evidence: Evidence) -> bool:
    """Models whose layers attend."""
    listed = any(name in layer for layer in evidence.plan.layers for name in NAMES)
    own = evidence.learner is not None and any(isinstance(each, _KINDS) for each in evidence.learner.core.modules())
    return (listed or own) and evidence.answered and not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return the maps of a few examples, a figure each."""
    learner, rows = evidence.learner, evidence.rows
    if learner is None or rows is None:
        return [Missing(id="attention", title=TITLE, why=evidence.lacks("learner"))]
    every = [module for module in learner.core.modules() if isinstance(module, _KINDS)]
    places = sorted({0, len(every) - 1})[:LAYERS]
    layers: dict[str, nn.Module] = {f"layer {place + 1}" if len(every) > 1 else "": every[place] for place in places}
    return [
        _figure(evidence, learner, layers, at, label, number)
        for number, (at, label) in enumerate(picks(evidence, rows, EXAMPLES))
    ]


def maps(layer: nn.Module, x: Tensor) -> np.ndarray:
    """Return the weights `[heads, T, T]` with which each step of one row `[1, T, C]` looks at each; rows sum to 1."""
    with torch.inference_mode():
        if isinstance(layer, SelfAttention):
            found = _own(layer, x)
        elif isinstance(layer, MultiheadAttention):
            found = _torchs(layer.attend, x, layer.is_causal)
        else:
            assert isinstance(layer, nn.TransformerEncoderLayer)
            found = _torchs(layer.self_attn, layer.norm1(x) if layer.norm_first else x, False)
    return found[0].float().cpu().numpy()


_KINDS = (SelfAttention, MultiheadAttention, nn.TransformerEncoderLayer)


def _own(layer: SelfAttention, x: Tensor) -> Tensor:
    steps, width = x.shape[1], layer.embed_dim // layer.num_heads
    q, k, _ = layer.in_proj(x).view(len(x), steps, 3, layer.num_heads, width).permute(2, 0, 3, 1, 4)
    if layer.rotary:
        q, k = turned(q), turned(k)
    scores = q @ k.transpose(2, 3) / width**0.5
    if layer.is_causal:
        scores = scores.masked_fill(_later(x), float("-inf"))
    return scores.softmax(-1)


def _torchs(layer: nn.MultiheadAttention, x: Tensor, causal: bool) -> Tensor:
    later = _later(x) if causal else None
    return layer(x, x, x, need_weights=True, average_attn_weights=False, attn_mask=later)[1]


def _later(x: Tensor) -> Tensor:
    return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)


def _figure(
    evidence: Evidence, learner: Learner, layers: dict[str, nn.Module], at: int, label: str, number: int
) -> Block:
    given = seen(learner, [at], layers)
    own = length(evidence, learner, at)
    plots: list[Plot] = []
    table: list[list[Any]] = []
    steps = drawn = 0
    for name, layer in layers.items():
        x = given[name][0][0]
        x = x[:, :own] if x.shape[1] > own else x  # padding is not looked at
        found, steps = maps(layer, x), x.shape[1]
        drawn = len(found)
        names = step_names(evidence, learner, at, steps)
        for head, weights in enumerate(found[:HEADS]):
            title = ", ".join(each for each in (name, f"head {head + 1}") if each)
            plots.append(_plot(weights, names, title))
            table += _strongest(weights, names, title)
    left = f" The first {STEPS} of {steps} steps are drawn." if steps > STEPS else ""
    heads = f" {HEADS} of {drawn} heads are drawn." if drawn > HEADS else ""
    return Figure(
        id="attention" if number == 0 else f"attention-{number + 1}",
        title=f"{TITLE}. {label}",
        how="A row is a step that looks, a column one that is looked at; the darker, the more of it is taken. A dark "
        "column is a step that all others look at; a dark diagonal looks at itself.",
        plots=plots,
        table=Table(
            columns=["head", "looks from", "at", "weight"], rows=table, note=f"The {STRONGEST} largest a head."
        ),
        note="The weights of a row sum to 1. What is taken is mixed again by the layers after it, so a map shows "
        f"where a head looks, not what decides.{left}{heads}",
        wide=True,
    )


def _plot(weights: np.ndarray, names: list[str], title: str) -> Plot:
    shown = weights[:STEPS, :STEPS]
    places, text = list(range(len(shown))), [plain(name) for name in names[:STEPS]]
    hover = [[f"{text[a]} looks at {text[b]}" for b in range(shown.shape[1])] for a in range(len(shown))]
    trace = {
        "type": "heatmap",
        "x": places,
        "y": places,
        "z": np.round(shown.astype(np.float64), 4),
        "zmin": 0,
        "zmax": max(float(shown.max()), 1e-6),
        "colorscale": HEAT,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "text": hover,
        "hovertemplate": "%{text}: %{z:.1%}<extra></extra>",
    }
    axis = {"tickmode": "array", "tickvals": places, "ticktext": text, "tickfont": {"size": 10}, "showgrid": False}
    layout = {
        "xaxis": {**axis, "title": {"text": "is looked at"}, "tickangle": -60},
        "yaxis": {**axis, "title": {"text": "looks"}, "autorange": "reversed"},
    }
    return Plot(traces=[trace], layout=layout, title=title, height=380)


def _strongest(weights: np.ndarray, names: list[str], title: str) -> list[list[Any]]:
    order = np.argsort(-weights, axis=None, kind="stable")[:STRONGEST]
    pairs = np.stack(np.unravel_index(order, weights.shape), 1)
    return [[title, f"{names[a]} ({a + 1})", f"{names[b]} ({b + 1})", float(weights[a, b])] for a, b in pairs]
