"""The gates of a GRU or LSTM over the steps of a few examples: when it keeps, when it overwrites."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Learner
from modelwright.report.examples import length, picks, step_names
from modelwright.report.inside import seen, taken
from modelwright.report.recurrence import gates
from modelwright.report.words import plain, thinned

TITLE = "What its memory keeps: the gates, step by step"
EXAMPLES = 3
STEPS = 400  # drawn
NAMED = 40  # steps whose tokens stand on the axis
COLOURS = {"update": "--blue", "reset": "--orange", "forget": "--blue", "input": "--orange", "output": "--green"}
MEANS = {
    nn.GRU: "Blue, the update gate: near 1 the state is kept, near 0 it is written anew. Orange, the reset gate: near "
    "0 what is written forgets the state before.",
    nn.LSTM: "Blue, the forget gate: near 1 the memory is kept, near 0 it is wiped. Orange, the input gate, lets new "
    "things in; green, the output gate, lets them be seen.",
}


def applies(evidence: Evidence) -> bool:
    """Models with a GRU or an LSTM."""
    listed = any(f"{name}(" in layer for layer in evidence.plan.layers for name in ("GRU", "LSTM"))
    own = evidence.learner is not None and _layer(evidence.learner) is not None
    return (listed or own) and evidence.answered and not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return the gates of a few examples."""
    learner, rows = evidence.learner, evidence.rows
    layer = None if learner is None else _layer(learner)
    if learner is None or rows is None or layer is None:
        return [Missing(id="gates", title=TITLE, why=evidence.lacks("learner"))]
    examples = [(_example(evidence, learner, layer, at), at, label) for at, label in picks(evidence, rows, EXAMPLES)]
    known = [(gate, at, label) for gate, at, label in examples if gate is not None]
    if not known:
        return [Missing(id="gates", title=TITLE, why="its layer takes no tensor of rows × steps × channels")]
    return [_figure(evidence, learner, layer, known)]


def _layer(learner: Learner) -> nn.RNNBase | None:
    """Return the last layer that has gates."""
    found = [module for module in learner.core.modules() if isinstance(module, nn.GRU | nn.LSTM)]
    return found[-1] if found else None


def _example(evidence: Evidence, learner: Learner, layer: nn.RNNBase, at: int) -> dict[str, np.ndarray] | None:
    """Return each gate `[T, H]` for one row; None where the layer is given something else than a batch of steps."""
    told = seen(learner, [at], {"layer": layer}).get("layer")
    x = None if told is None else told[0][0]
    if not isinstance(x, Tensor) or x.dim() != 3 or not layer.batch_first:
        return None
    own = length(evidence, learner, at)
    found, _ = gates(layer, x[:, :own] if x.shape[1] >= own else x)
    return {name: values[0].cpu().numpy() for name, values in found.items()}


def _figure(
    evidence: Evidence, learner: Learner, layer: nn.RNNBase, known: list[tuple[dict[str, np.ndarray], int, str]]
) -> Figure:
    kind = nn.GRU if isinstance(layer, nn.GRU) else nn.LSTM
    plots = [_plot(evidence, learner, found, at, label) for found, at, label in known]
    names = list(known[0][0])
    rows: list[list[Any]] = []
    for found, at, label in known:
        steps = step_names(evidence, learner, at, len(found[names[0]]))
        rows += [
            [label.replace("`", ""), step, *(float(found[name][place].mean()) for name in names)]
            for place, step in enumerate(steps)
        ]
    shown, note = thinned(rows, 300)
    stacked = f" Of {layer.num_layers} layers the last is shown." if layer.num_layers > 1 else ""
    both = " It reads both ways; its first layer is shown, read forwards." if layer.bidirectional else stacked
    return Figure(
        id="gates",
        title=TITLE,
        how=MEANS[kind],
        plots=plots,
        table=Table(columns=["row", "step", *(f"{name} gate" for name in names)], rows=shown, note=note),
        note=f"Lines are means over the {layer.hidden_size} units of `{kind.__name__}`, bands hold the middle 80 % of "
        f"them.{both}",
        wide=True,
        legend=[(f"{name} gate", COLOURS[name]) for name in reversed(names)],
    )


def _plot(evidence: Evidence, learner: Learner, found: dict[str, np.ndarray], at: int, label: str) -> Plot:
    steps = min(STEPS, len(next(iter(found.values()))))
    names = step_names(evidence, learner, at, len(next(iter(found.values()))))[:steps]
    x = list(range(1, steps + 1))
    traces: list[dict[str, Any]] = []
    for name, values in found.items():
        low, high = np.quantile(values[:steps], [0.1, 0.9], axis=1)
        quiet = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip", "type": "scatter"}
        traces.append({**quiet, "x": x, "y": _short(low)})
        traces.append({**quiet, "x": x, "y": _short(high), "fill": "tonexty", "fillcolor": f"{COLOURS[name]}-soft"})
    for name, values in found.items():
        style = {"color": COLOURS[name], "width": 2.2}
        text = [plain(each) for each in names]
        hover = f"%{{text}}: {name} gate %{{y:.2f}}<extra></extra>"
        line = {"type": "scatter", "mode": "lines", "x": x, "y": _short(values[:steps].mean(1)), "line": style}
        traces.append({**line, "text": text, "hovertemplate": hover, "showlegend": False})
    layout: dict[str, Any] = {"yaxis": {"range": [0, 1], "title": {"text": "gate"}}, "xaxis": _axis(names, x)}
    if not evidence.of_texts:
        _with_input(traces, layout, learner, at, steps)
    return Plot(traces=traces, layout=layout, title=label, height=320)


def _axis(names: list[str], x: list[int]) -> dict[str, Any]:
    if all(name.lstrip("-").isdigit() for name in names):
        return {"title": {"text": "step"}}
    every = max(1, -(-len(x) // NAMED))
    ticks = {"tickmode": "array", "tickvals": x[::every], "ticktext": [plain(name) for name in names[::every]]}
    return {**ticks, "tickangle": -60, "tickfont": {"size": 10}}


def _with_input(traces: list[dict[str, Any]], layout: dict[str, Any], learner: Learner, at: int, steps: int) -> None:
    """Draw the first channel of what goes in, below the gates, where it has a step for each of theirs."""
    values = taken(learner, [at])[0][0].float().cpu()
    if values.dim() != 2 or len(values) < steps:
        return
    layout["yaxis"]["domain"], layout["yaxis2"] = [0.36, 1.0], {"domain": [0.0, 0.24], "title": {"text": "input"}}
    layout["xaxis"]["anchor"] = "y2"
    style = {"color": "--ink", "width": 1.6}
    line = {"type": "scatter", "mode": "lines", "x": list(range(1, steps + 1)), "y": _short(values[:steps, 0].numpy())}
    traces.append({**line, "yaxis": "y2", "line": style, "showlegend": False, "hoverinfo": "skip"})


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
