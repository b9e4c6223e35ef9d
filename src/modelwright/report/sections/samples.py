"""What a GAN makes: samples over time beside real rows' classes and columns, both losses, and the scores."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelwright.evaluate.result import Result, format_score
from modelwright.report.blocks import Block, Figure, Listing, Missing, Plot, Table
from modelwright.report.evidence import Evidence
from modelwright.report.sections.curves import column, line
from modelwright.report.words import metric_name, plain, thinned

SHOWN = 4  # epochs whose samples are drawn
POINTS = 400  # of a table, an epoch
PIXELS = 60_000  # of one grid; beyond it fewer rows of pictures are drawn


def applies(evidence: Evidence) -> bool:
    """Of a GAN."""
    return evidence.plan.gan is not None


def blocks(evidence: Evidence) -> list[Block]:
    """Return samples, losses and scores."""
    one = evidence
    if evidence.members:  # the first one stands for all
        first = evidence.members[0]
        one = replace(evidence, run=f"{evidence.run}/members/{first.name}", history=first.history, members=())
    found: list[Block] = [_samples(one)]
    if len(one.history) > 1:
        found.append(_losses(one))
        if f"validation_{one.plan.metric}" in one.history[-1]:
            found.append(_score(one, f"validation_{one.plan.metric}"))
    if evidence.result is not None:
        found.append(_scores(evidence.result))
    return [*found, *_beside(one)]


def _samples(evidence: Evidence) -> Block:
    files = sorted((Path(evidence.run) / "samples").glob("epoch-*"))
    if not files:
        return Missing(id="samples", title="Samples by epoch", why="no epoch has ended")
    chosen = sorted({round(at * (len(files) - 1) / max(1, SHOWN - 1)) for at in range(SHOWN)})
    epochs = [(int(files[at].stem.rpartition("-")[2]), files[at]) for at in chosen]
    draw = _pictures if files[0].suffix == ".png" else _rows
    return Figure(
        id="samples",
        title="What became of the same random numbers",
        how="Each drawing is one epoch: the first is noise, the last should look like the data.",
        plots=[draw(file, f"epoch {epoch:,}") for epoch, file in epochs],
        table=Table(columns=["epoch", "file"], rows=[[epoch, f"samples/{file.name}"] for epoch, file in epochs]),
        note=f"Every epoch has its file in `{evidence.run}/samples`.",
        wide=True,
    )


def _pictures(file: Path, title: str) -> Plot:
    from PIL import Image

    with Image.open(file) as opened:
        grey = opened.convert("L")
        wide, tall = grey.size
        tall = min(tall, max(16, PIXELS // wide))
        values = list(grey.crop((0, 0, wide, tall)).tobytes())
    rows = [values[at : at + wide] for at in range(0, len(values), wide)]
    trace = {"type": "heatmap", "z": rows, "colorscale": "Greys", "showscale": False}
    hidden = {"visible": False, "constrain": "domain"}
    layout = {"xaxis": hidden, "yaxis": {**hidden, "autorange": "reversed", "scaleanchor": "x"}}
    return Plot(traces=[{**trace, "hoverinfo": "skip"}], layout=layout, title=title, height=320)


def _rows(file: Path, title: str) -> Plot:
    with file.open(encoding="utf-8", newline="") as opened:
        names, *rows = [*csv.reader(opened)][: POINTS + 1]
    numbers = [at for at in range(len(names)) if all(_number(row[at]) is not None for row in rows)]
    first, second = (*numbers, *(at for at in range(len(names)) if at not in numbers), 0)[:2]
    style = {"size": 4, "color": "--blue", "opacity": 0.6}
    points = {"x": [_cell(row[first]) for row in rows], "y": [_cell(row[second]) for row in rows]}
    layout = {"xaxis": {"title": {"text": plain(names[first])}}, "yaxis": {"title": {"text": plain(names[second])}}}
    traces = [{"type": "scatter", "mode": "markers", "marker": style, **points}]
    return Plot(traces=traces, layout={**layout, "showlegend": False}, title=title, height=320)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _cell(text: str) -> Any:
    value = _number(text)
    return plain(text) if value is None else value


def _losses(evidence: Evidence) -> Figure:
    history = evidence.history
    epochs = column(history, "epoch")
    names = ["epoch", "loss", "discriminator_loss"]
    rows, note = thinned([[record.get(name) for name in names] for record in history])
    return Figure(
        id="both-losses",
        title=f"Both losses by epoch: {evidence.plan.loss}",
        how="Neither has to fall: each network learns against the other. One that runs away has lost the other.",
        plots=[
            Plot(
                traces=[
                    line(epochs, column(history, "loss"), "generator", "--blue"),
                    line(epochs, column(history, "discriminator_loss"), "discriminator", "--orange"),
                ],
                layout={"xaxis": {"title": {"text": "epoch"}}, "yaxis": {"title": {"text": "loss"}}},
                height=320,
            )
        ],
        table=Table(columns=names, rows=rows, note=note),
    )


def _score(evidence: Evidence, name: str) -> Figure:
    history = evidence.history
    rows, note = thinned([[record.get("epoch"), record.get(name)] for record in history])
    best = evidence.best
    kept = "" if best is None else f"The generator of epoch {best['epoch']:,} is kept. "
    axes = {"xaxis": {"title": {"text": "epoch"}}, "yaxis": {"title": {"text": "distance"}, "type": "log"}}
    return Figure(
        id="score-by-epoch",
        title=f"{metric_name(evidence.plan.metric)} by epoch",
        how="Against the validation rows; it should fall. The axis is logarithmic: equal steps are equal factors.",
        plots=[
            Plot(traces=[line(column(history, "epoch"), column(history, name), "validation", "--orange")], layout=axes)
        ],
        table=Table(columns=["epoch", name], rows=rows),
        note=f"{kept}{note}",
    )


def _scores(result: Result) -> Listing:
    rows = [[metric_name(one.metric), format_score(one), one.note] for one in result.scores.values()]
    return Listing(
        id="made-rows",
        title="How like real rows the made ones are",
        how=f"Against {result.rows:,} {result.part} rows that neither network was trained on.",
        table=Table(columns=["score", "value (95 % interval)", "what it says"], rows=rows),
    )


def _beside(evidence: Evidence) -> list[Block]:
    """Return the distance of each column, and the shares of the classes, as the run has noted them."""
    file = Path(evidence.run) / "generated.json"
    facts: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    found: list[Block] = []
    for key, title, how in (
        ("columns", "Distance of each column", "0: the column's values are as often there as in real rows."),
        ("classes", "Classes of the made rows", "Shares as the classifier of the scores sees them."),
    ):
        if values := facts.get(key):
            found.append(_bars(key, title, how, list(values), list(values.values())))
    return found


def _bars(key: str, title: str, how: str, names: Sequence[str], values: Sequence[float]) -> Figure:
    trace = {"type": "bar", "x": [plain(name) for name in names], "y": list(values), "marker": {"color": "--blue"}}
    return Figure(
        id=f"made-{key}",
        title=title,
        how=how,
        plots=[Plot(traces=[trace], layout={"xaxis": {"type": "category"}, "yaxis": {"rangemode": "tozero"}})],
        table=Table(columns=[key, "value"], rows=[[name, value] for name, value in zip(names, values, strict=True)]),
    )
