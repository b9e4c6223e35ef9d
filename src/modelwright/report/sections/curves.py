"""How the training went: loss and score by epoch with what happened marked, and the learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelwright.evaluate.own import more_is_better
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Record
from modelwright.report.words import COLOURS, metric_name, percent, thinned, value_of

FEWEST = 3  # epochs below which a curve shows nothing
WIDE_RANGE = 20.0  # factor between losses from which a logarithmic axis shows more


def applies(evidence: Evidence) -> bool:
    """Every run trains."""
    return True


def blocks(evidence: Evidence) -> list[Block]:
    """Return the curves; for a cohort one line a model."""
    if evidence.members:
        return _cohort(evidence)
    history = evidence.history
    if len(history) < FEWEST:
        why = f"a curve needs {FEWEST} epochs, and there are {len(history)}"
        return [Missing(id="curves", title="Loss and score by epoch", why=why)]
    score = f"validation_{evidence.plan.metric}"
    figures: list[Block] = [_loss(evidence, history)]
    if score in history[-1]:
        figures.append(_score(evidence, history, score))
    return [*figures, _rate(evidence, history)]


def column(history: Sequence[Record], name: str) -> list[Any]:
    """Return one value of each record."""
    return [record.get(name) for record in history]


def line(x: Sequence[Any], y: Sequence[Any], name: str, colour: str, **more: Any) -> dict[str, Any]:
    """Return a trace: lines, with markers while there are few points."""
    mode = "lines+markers" if len(x) <= 30 else "lines"
    style: dict[str, Any] = {
        "mode": mode,
        "line": {"color": colour, "width": 2},
        "marker": {"size": 5, "color": colour},
    }
    return {"type": "scatter", "x": list(x), "y": list(y), "name": name, **style, **more}


def _marks(evidence: Evidence) -> dict[str, Any]:
    """Return layout with a line at the epoch whose weights are kept, and where training stopped early."""
    best = evidence.best
    if best is None:
        return {}
    epoch, last = best["epoch"], len(evidence.history)
    shapes = [_upright(epoch, "--green")]
    notes = [_label(epoch, f"epoch {epoch:,} is kept", "--green", late=epoch > last / 2)]
    if last < evidence.plan.train.epochs and not evidence.running and last != epoch:
        shapes.append(_upright(last, "--muted"))
        notes.append({**_label(last, "stopped early", "--muted", late=True), "y": 0.9})
    return {"shapes": shapes, "annotations": notes}


def _upright(x: float, colour: str) -> dict[str, Any]:
    style = {"color": colour, "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": style}


def _label(x: float, words: str, colour: str, late: bool) -> dict[str, Any]:
    place = {"xanchor": "right" if late else "left", "xshift": -4 if late else 4, "yanchor": "top"}
    return {"x": x, "y": 1, "yref": "paper", "text": words, "showarrow": False, "font": {"color": colour}, **place}


def _loss(evidence: Evidence, history: Sequence[Record]) -> Figure:
    epochs = column(history, "epoch")
    traces = [line(epochs, column(history, "loss"), "training", "--blue")]
    values = [value for value in column(history, "loss") if value]
    validated = "validation_loss" in history[-1]
    if validated:
        traces.append(line(epochs, column(history, "validation_loss"), "validation", "--orange"))
        values += [value for value in column(history, "validation_loss") if value]
    wide = bool(values) and min(values) > 0 and max(values) / min(values) > WIDE_RANGE
    layout = {
        "xaxis": {"title": {"text": "epoch"}},
        "yaxis": {"title": {"text": "loss"}, **({"type": "log"} if wide else {"rangemode": "tozero"})},
        **_marks(evidence),
    }
    how = (
        "Both lines should fall; where validation turns up while training falls on, the model learns its rows by heart."
    )
    names = ["epoch", "loss", *(["validation_loss"] if validated else []), "lr"]
    return Figure(
        id="loss",
        title=f"Loss by epoch: {evidence.plan.loss}",
        how=how
        if validated
        else "The line should fall and then level off; there are no validation rows to compare with.",
        plots=[Plot(traces=traces, layout=layout, height=320)],
        table=_table(history, names),
        note=_loss_note(evidence, wide),
        wide=f"validation_{evidence.plan.metric}" not in history[-1],
    )


def _loss_note(evidence: Evidence, wide: bool) -> str:
    dropout = any("Dropout" in layer for layer in evidence.plan.layers)
    notes = ["The training loss is the mean over an epoch while weights still move"]
    notes[0] += ", and with dropout on, so it may lie above that of validation." if dropout else "."
    if wide:
        notes.append("The axis is logarithmic: equal steps are equal factors.")
    if evidence.ended:
        notes.append(f"It ended because {evidence.ended}.")
    return " ".join(notes)


def _score(evidence: Evidence, history: Sequence[Record], name: str) -> Figure:
    metric, epochs = evidence.plan.metric, column(history, "epoch")
    traces = [line(epochs, column(history, name), "validation", "--orange")]
    best = evidence.best
    words = ""
    if best is not None and best.get(name) is not None:
        style: dict[str, Any] = {"size": 12, "color": "--green", "symbol": "star"}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [best["epoch"]],
                "y": [best[name]],
                "name": "kept",
                "marker": style,
            }
        )
        words = (
            f"The weights of epoch {best['epoch']:,} are kept: {value_of(metric, float(best[name]))} on the "
            "validation rows."
        )
    better = "up" if more_is_better(evidence.plan) else "down"
    rows = evidence.plan.split.rows[1]
    layout = {"xaxis": {"title": {"text": "epoch"}}, "yaxis": {"title": {"text": f"validation {metric_name(metric)}"}}}
    few = (
        f" With {rows:,} validation rows, steps of one row are {percent(1 / rows, 1)} apart."
        if metric == "accuracy" and rows < 500
        else ""
    )
    return Figure(
        id="score-by-epoch",
        title=f"{metric_name(metric)[:1].upper()}{metric_name(metric)[1:]} by epoch",
        how=f"The line should go {better}; the star is the epoch whose weights are kept.",
        plots=[Plot(traces=traces, layout={**layout, "showlegend": False}, height=320)],
        table=_table(history, ["epoch", name, "best"]),
        note=f"{words}{few}".strip(),
    )


def _rate(evidence: Evidence, history: Sequence[Record]) -> Figure:
    epochs, rates = column(history, "epoch"), column(history, "lr")
    scheduler = evidence.plan.scheduler
    how = "The size of the steps at the end of each epoch; large steps explore, small ones settle."
    if scheduler is None:
        how = "The size of the steps stays the same: no scheduler is set."
    layout = {
        "xaxis": {"title": {"text": "epoch"}},
        "yaxis": {"title": {"text": "learning rate"}, "rangemode": "tozero"},
    }
    return Figure(
        id="learning-rate",
        title=f"Learning rate: {scheduler or evidence.plan.optimizer}",
        how=how,
        plots=[Plot(traces=[line(epochs, rates, "learning rate", "--teal")], layout=layout, height=220)],
        table=_table(history, ["epoch", "lr"]),
        wide=True,
    )


def _table(history: Sequence[Record], names: Sequence[str]) -> Table:
    rows, note = thinned([[_cell(record.get(name)) for name in names] for record in history])
    return Table(columns=names, rows=rows, note=f"{note} All of them are in `metrics.jsonl`." if note else "")


def _cell(value: Any) -> Any:
    return ("yes" if value else "") if isinstance(value, bool) else value


def _cohort(evidence: Evidence) -> list[Block]:
    metric = f"validation_{evidence.plan.metric}"
    figures: list[Block] = []
    for name, title in (
        ("loss", "Training loss"),
        ("validation_loss", "Validation loss"),
        (metric, metric_name(evidence.plan.metric)),
    ):
        told = [one for one in evidence.members if len(one.history) >= FEWEST and name in one.history[-1]]
        if not told:
            continue
        traces = [
            {
                **line(column(one.history, "epoch"), column(one.history, name), one.name, COLOURS[at % len(COLOURS)]),
                "opacity": 0.75,
            }
            for at, one in enumerate(told)
        ]
        last = [[one.name, len(one.history), one.history[-1].get(name)] for one in told]
        figures.append(
            Figure(
                id=f"models-{name}",
                title=f"{title} of {len(told)} models",
                how="One line a model; lines that lie close together mean that chance (rows, start) matters little.",
                plots=[
                    Plot(
                        traces=traces,
                        layout={"xaxis": {"title": {"text": "epoch"}}, "yaxis": {"title": {"text": title.lower()}}},
                        height=340,
                    )
                ],
                table=Table(columns=["model", "epochs", f"{name} at the end"], rows=last),
            )
        )
    return figures or [
        Missing(id="curves", title="Loss and score by epoch", why=f"no model trained for {FEWEST} epochs")
    ]
