"""Forecasts against what came, for chosen windows of the part that was scored, in the user's units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Forecasts
from modelwright.report.words import plain
from modelwright.text import count

TITLE = "Forecasts against what came"
TARGETS = 3
LEAST_PAST = 24  # steps before the forecast that are drawn, twice the horizon at least
WINDOWS = ("A typical window", "The best window", "The worst window")


def applies(evidence: Evidence) -> bool:
    """Forecasts."""
    return evidence.plan.task == "forecasting"


def blocks(evidence: Evidence) -> list[Block]:
    """Return the window of the middle error, the best and the worst one, for each of the first targets."""
    found = evidence.forecasts
    if found is None:
        return [Missing(id="forecasts", title=TITLE, why=evidence.lacks("rows"))]
    return [_figure(evidence, found, at) for at in range(min(TARGETS, found.truth.shape[2]))]


def picked(found: Forecasts, target: int) -> list[int]:
    """Return the windows of the middle, the least and the largest mean squared error of a target; each once."""
    errors = ((found.answers - found.truth)[:, :, target] ** 2).mean(1)
    order = np.argsort(errors, kind="stable")
    return list(dict.fromkeys(int(order[at]) for at in ((len(order) - 1) // 2, 0, len(order) - 1)))


def best_baseline(evidence: Evidence, found: Forecasts) -> str:
    """Return the baseline with the best score, of those that are drawn."""
    scored = [] if evidence.result is None else evidence.result.baselines
    known = {each.name: each.value for each in scored if each.name in found.baselines and np.isfinite(each.value)}
    higher = evidence.result is not None and evidence.result.score.higher_is_better
    ordered = sorted(known, key=lambda name: known[name], reverse=higher)
    return ordered[0] if ordered else next(iter(found.baselines))


def when(evidence: Evidence, found: Forecasts, row: int) -> Any:
    """Return the time of a row, or its number in the table."""
    if found.times is None:
        return row + 1
    value = found.times[row]
    return (
        value.isoformat(sep=" ") if hasattr(value, "hour") else value.isoformat() if hasattr(value, "year") else value
    )


def _figure(evidence: Evidence, found: Forecasts, target: int) -> Figure:
    name = evidence.plan.outputs.targets[target]
    baseline = best_baseline(evidence, found)
    windows = picked(found, target)
    plots = [_plot(evidence, found, at, target, baseline, WINDOWS[place]) for place, at in enumerate(windows)]
    table = [row for at in windows for row in _numbers(evidence, found, at, target, baseline)]
    spread = f" {len(found.starts):,} of {found.windows:,} windows were looked at, evenly spread."
    part = "" if evidence.rows is None else f"{evidence.rows.part} "
    seeds = 1 if found.seeds is None else len(found.seeds)
    models = f" The forecast is the mean of {seeds} models (seeds); the band holds what all of them say."
    return Figure(
        id="forecasts" if target == 0 else f"forecasts-{target + 1}",
        title=f"{TITLE}: `{name}`",
        how="Left of the upright line is what the model was given, right of it what it forecast (blue) and what came "
        "(dark); typical, best and worst are by the mean squared error of a window.",
        plots=plots,
        table=Table(columns=["begins", "step", "time", "truth", "forecast", baseline], rows=table),
        note=f"{count(found.windows, part + 'window')} of {count(found.truth.shape[1], 'step')} each; the dotted line "
        f"is the best baseline, {baseline}.{models if seeds > 1 else ''}"
        f"{spread if len(found.starts) < found.windows else ''}",
        wide=True,
        legend=[("what came", "--ink"), ("forecast", "--blue"), (baseline, "--orange")],
    )


def _plot(evidence: Evidence, found: Forecasts, at: int, target: int, baseline: str, title: str) -> Plot:
    horizon, row = found.truth.shape[1], int(found.starts[at])
    before = min(found.past.shape[1], max(LEAST_PAST, 2 * horizon))
    times = [when(evidence, found, each) for each in range(row - before, row + horizon)]
    past = found.past[at, -before:, target]
    joint = past[-1:]  # where the lines begin, so that they hang together
    ahead = times[before - 1 :]
    traces = [
        *_band(found, at, target, ahead, joint),
        _line(times[:before], past, "--muted", "before"),
        _line(ahead, np.concatenate([joint, found.truth[at, :, target]]), "--ink", "what came"),
        _line(ahead, np.concatenate([joint, found.baselines[baseline][at, :, target]]), "--orange", baseline, "dot"),
        _line(ahead, np.concatenate([joint, found.answers[at, :, target]]), "--blue", "forecast"),
    ]
    style = {"color": "--muted", "width": 1, "dash": "dot"}
    upright = {"type": "line", "x0": ahead[0], "x1": ahead[0], "y0": 0, "y1": 1, "yref": "paper", "line": style}
    of = f" of {plain(found.names[at])}" if found.names else ""
    layout = {
        "xaxis": {"nticks": 5},
        "yaxis": {"title": {"text": plain(evidence.plan.outputs.targets[target])}},
        "shapes": [upright],
        "showlegend": False,
    }
    return Plot(traces=traces, layout=layout, title=f"{title}{of}", height=300)


def _band(found: Forecasts, at: int, target: int, ahead: Sequence[Any], joint: np.ndarray) -> list[dict[str, Any]]:
    """Return what lies between the least and the largest forecast of a cohort's seeds."""
    if found.seeds is None:
        return []
    own = found.seeds[:, at, :, target]
    quiet = {"line": {"width": 0}, "hoverinfo": "skip"}
    low, high = (_line(ahead, np.concatenate([joint, each]), "--blue", "") for each in (own.min(0), own.max(0)))
    return [{**low, **quiet}, {**high, **quiet, "fill": "tonexty", "fillcolor": "--blue-soft"}]


def _line(x: Sequence[Any], y: np.ndarray, colour: str, name: str, dash: str = "solid") -> dict[str, Any]:
    wide = 2.4 if colour in ("--ink", "--blue") else 1.6
    values = [float(f"{value:.6g}") for value in y]
    style = {"color": colour, "width": wide, "dash": dash}
    return {"type": "scatter", "mode": "lines", "x": list(x), "y": values, "name": plain(name), "line": style}


def _numbers(evidence: Evidence, found: Forecasts, at: int, target: int, baseline: str) -> list[list[Any]]:
    row = int(found.starts[at])
    of = f" ({found.names[at]})" if found.names else ""
    begins = f"{when(evidence, found, row)}{of}"
    columns = (found.truth, found.answers, found.baselines[baseline])
    return [
        [begins, step + 1, str(when(evidence, found, row + step)), *(float(each[at, step, target]) for each in columns)]
        for step in range(found.truth.shape[1])
    ]
