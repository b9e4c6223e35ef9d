"""Sizes of gradients and updates of each layer over time, where the run recorded them (`layers` in metrics.jsonl)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelwright.plan.plan import Plan
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Record
from modelwright.report.sections.curves import line
from modelwright.report.words import COLOURS, plain, thinned
from modelwright.spec.own import is_own
from modelwright.text import shortened

SIZES = ("gradient", "update", "weight")
MOST = 12  # layers with a line of their own
HEALTHY = 1e-3  # of the weights a step: https://karpathy.github.io/neuralnets, the rule of thumb for update / weight


def applies(evidence: Evidence) -> bool:
    """Single runs: a cohort's models have them in their own reports."""
    return not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return gradient and update sizes by layer and epoch."""
    told = [record for record in evidence.history if record.get("layers")]
    if len(told) < 2:
        why = "this run has no record of the layers by epoch" if not evidence.running else evidence.lacks("layers")
        return [Missing(id="layers", title="Gradients and updates of each layer", why=why)]
    names = list(told[-1]["layers"])
    shown = _spread(names)
    plots = [
        _plot(evidence.plan, told, shown, "gradient", "size of the gradient"),
        _plot(evidence.plan, told, shown, "update", "update ÷ weight", relative=True),
    ]
    left = f"{len(shown)} of {len(names)} layers have a line, evenly spread. " if len(shown) < len(names) else ""
    return [
        Figure(
            id="layers",
            title="Gradients and updates of each layer",
            how="Lines of one height are healthy; a layer whose gradient is thousands of times smaller than the "
            "others' hardly learns.",
            plots=plots,
            table=_table(evidence.plan, told, names),
            note=f"{left}The dotted line, a thousandth of the weights a step, is the usual rule of thumb for updates.",
            wide=True,
            legend=[(called(evidence.plan, name), COLOURS[at % len(COLOURS)]) for at, name in enumerate(shown)],
        )
    ]


def called(plan: Plan, name: str) -> str:
    """Return a layer of the record as the description has it, with its number; as it is called where it has none."""
    head, _, inner = name.removeprefix("layers.").partition(".")
    if not head.isdigit() or int(head) >= len(plan.layers) or is_own(plan.layers[0]):
        return name
    text = shortened(plan.layers[int(head)], 40)
    return f"{int(head) + 1}. {text}{f', {inner}' if inner else ''}"


def _spread(names: Sequence[str]) -> list[str]:
    return thinned(names, MOST)[0] if len(names) > MOST else list(names)


def _plot(
    plan: Plan, told: Sequence[Record], names: Sequence[str], key: str, title: str, relative: bool = False
) -> Plot:
    epochs = [record["epoch"] for record in told]
    traces: list[dict[str, Any]] = []
    for at, name in enumerate(names):
        values = [_value(record, name, key, relative) for record in told]
        traces.append(line(epochs, values, plain(called(plan, name)), COLOURS[at % len(COLOURS)]))
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": "epoch"}},
        "yaxis": {"title": {"text": title}, "type": "log"},
        "showlegend": False,
    }
    if relative:
        style = {"color": "--muted", "width": 1, "dash": "dot"}
        layout["shapes"] = [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": HEALTHY, "y1": HEALTHY, "line": style}
        ]
    return Plot(traces=traces, layout=layout, title=title[:1].upper() + title[1:], height=320)


def _value(record: Record, name: str, key: str, relative: bool) -> float | None:
    """Return one size; zeros have no place on a logarithmic axis."""
    sizes: Mapping[str, Any] = record["layers"].get(name, {})
    value, weight = sizes.get(key), sizes.get("weight")
    if not value or (relative and not weight):
        return None
    return value / weight if relative else value


def _table(plan: Plan, told: Sequence[Record], names: Sequence[str]) -> Table:
    rows = [
        [record["epoch"], called(plan, name), *(record["layers"].get(name, {}).get(key) for key in SIZES)]
        for record in told
        for name in names
    ]
    shown, note = thinned(rows)
    return Table(columns=["epoch", "layer", "gradient", "update", "weight"], rows=shown, note=note)
