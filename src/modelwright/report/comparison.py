"""Runs side by side as one page: scores with intervals, curves over each other, and what differs in the plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelwright.evaluate.result import Result, format_score
from modelwright.plan.plan import Plan
from modelwright.report.blocks import Block, Figure, Listing, Plot, Table, to_json
from modelwright.report.page import VERSION
from modelwright.report.sections.curves import column, line
from modelwright.report.traces import bars
from modelwright.report.words import COLOURS, labels, metric_name, unit_of
from modelwright.text import count

FEWEST = 2  # epochs below which there is no curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One run of a comparison: its folder as the user names it, plan, scores and records."""

    name: str
    plan: Plan
    result: Result
    history: Sequence[Mapping[str, Any]]


def comparison(sides: Sequence[Side], differences: Sequence[Sequence[str]], notes: Sequence[str]) -> dict[str, Any]:
    """Return the page of a comparison as JSON values, for `page.report_html`.

    `differences` is a table with its header first; `notes` say what keeps the scores from being compared.
    """
    by_metric: dict[str, list[Side]] = {}
    for side in sides:
        by_metric.setdefault(side.result.score.metric, []).append(side)
    scores: list[Block] = [_scores(metric, own) for metric, own in by_metric.items()]
    plans = Listing(
        id="differences",
        title="What differs",
        how="Each run with its score and every value of its plan that is not the same in all of them.",
        table=Table(columns=list(differences[0]), rows=[list(row) for row in differences[1:]]),
    )
    chapters = [
        _chapter("scores", "The scores", " ".join(note.strip() for note in notes if note.strip()), [*scores, plans]),
        _chapter("curves", "How they trained", "", _curves(sides)),
    ]
    return {
        "version": VERSION,
        "title": f"{count(len(sides), 'run')}: modelwright comparison",
        "kind": "modelwright · comparison",
        "heading": f"{count(len(sides), 'run')} side by side",
        "lead": ", ".join(f"`{side.name}`" for side in sides[:6])
        + (f" and {len(sides) - 6} more" if sides[6:] else ""),
        "footer": "Each run has its own report: `report.html` in its folder. This page loads nothing from the network.",
        "ended": "",
        "seconds": {},
        "live": False,
        "chapters": [chapter for chapter in chapters if chapter["sections"][0]["blocks"]],
    }


def _chapter(name: str, title: str, lead: str, blocks: Sequence[Block]) -> dict[str, Any]:
    sections = [{"id": name, "blocks": [to_json(block) for block in blocks]}]
    return {"id": name, "title": title, "lead": lead, "sections": sections}


def _scores(metric: str, sides: Sequence[Side]) -> Figure:
    """Return scores with intervals, and each run's best baseline as a hollow point."""
    names = labels([side.name for side in sides])[::-1]
    shown = list(sides)[::-1]
    values = [(side.result.score.value, side.result.score.low, side.result.score.high) for side in shown]
    known = [(at, each) for at, each in enumerate(values) if each[0] == each[0]]
    points: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": "the run",
        "marker": {"color": "--blue", "size": 12},
    }
    points |= {"x": [each[0] for _, each in known], "y": [names[at] for at, _ in known]}
    if known:
        points["error_x"] = bars(*zip(*(each for _, each in known), strict=True), colour="--blue")
    best = [(name, side.result.baseline) for name, side in zip(names, shown, strict=True)]
    hollow: dict[str, Any] = {"symbol": "circle-open", "color": "--muted", "size": 10, "line": {"width": 2}}
    baselines: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": "its best baseline",
        "x": [one.value for _, one in best if one is not None],
        "y": [name for name, one in best if one is not None],
        "marker": hollow,
    }
    unit = unit_of(shown[0].plan, metric)
    layout = {
        "xaxis": {"title": {"text": f"{metric_name(metric)}{', ' + unit if unit else ''}"}},
        "yaxis": {"type": "category", "tickmode": "linear"},
    }
    right = "right" if shown[0].result.score.higher_is_better else "left"
    return Figure(
        id=f"scores-{metric}",
        title=f"{metric_name(metric)[:1].upper()}{metric_name(metric)[1:]} of {count(len(sides), 'run')}",
        how=f"Further {right} is better; where bars overlap widely, the rows may not tell the runs apart.",
        plots=[Plot(traces=[points, baselines], layout=layout, height=110 + 34 * len(sides))],
        table=Table(columns=["run", metric], rows=[[side.name, format_score(side.result.score)] for side in sides]),
        wide=True,
    )


def _curves(sides: Sequence[Side]) -> list[Block]:
    figures: list[Block] = []
    keys = dict.fromkeys(["loss", "validation_loss", *(f"validation_{side.plan.metric}" for side in sides)])
    for key in keys:
        told = [side for side in sides if len(side.history) >= FEWEST and key in side.history[-1]]
        if not told:
            continue
        name = key.replace("validation_", "validation ").replace("_", " ")
        traces = [
            line(column(side.history, "epoch"), column(side.history, key), label, COLOURS[at % len(COLOURS)])
            for at, (side, label) in enumerate(zip(told, labels([side.name for side in told]), strict=True))
        ]
        layout = {"xaxis": {"title": {"text": "epoch"}}, "yaxis": {"title": {"text": name}}}
        figures.append(
            Figure(
                id=f"curves-{key}",
                title=f"{name[:1].upper()}{name[1:]} by epoch",
                how="One line a run: look at where each ends, and how soon it gets there.",
                plots=[Plot(traces=traces, layout=layout, height=340)],
                table=Table(
                    columns=["run", "epochs", f"{key} at the end"],
                    rows=[[side.name, len(side.history), side.history[-1][key]] for side in told],
                ),
            )
        )
    return figures
