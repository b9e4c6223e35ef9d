"""Permutation importance: what the score loses when one column or channel is shuffled, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from modelwright.evaluate.intervals import Sample, draws
from modelwright.evaluate.metrics import METRICS, prepare, tabled
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Learner, Rows
from modelwright.report.inputs import Places, places
from modelwright.report.traces import bars
from modelwright.report.words import labels, metric_name

TITLE = "What each column is worth"
FEWEST_ROWS = 20
MOST_ROWS = 2_000
SHOWN = 25  # columns with a bar; all stand in the table
RESAMPLES = 200
MOST_NUMBERS = 4_000_000  # of the sequences that are shuffled
BUDGET = 2e10  # operations of all shuffled passes: one to two seconds on one core
MOST_SHUFFLES, FEWEST_SHUFFLES = 8, 2


@dataclass(frozen=True, slots=True)
class Worth:
    """What shuffling a column costs: the loss of score (positive: the column helps), with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float


def applies(evidence: Evidence) -> bool:
    """Models of several columns, or of several channels that go on side by side."""
    return not evidence.members and (evidence.of_columns or len(channels(evidence)) > 1)


def blocks(evidence: Evidence) -> list[Block]:
    """Return the bars, longest first."""
    learner, rows = evidence.learner, evidence.rows
    if learner is None or rows is None:
        return [Missing(id="importance", title=TITLE, why=evidence.lacks("learner"))]
    if len(rows.target) < FEWEST_ROWS:
        why = f"{len(rows.target)} {rows.part} rows are too few to shuffle; {FEWEST_ROWS} are needed"
        return [Missing(id="importance", title=TITLE, why=why)]
    worths, shuffles, used = importance(evidence, learner, rows)
    return [_figure(evidence, worths, shuffles, used)]


def importance(evidence: Evidence, learner: Learner, rows: Rows) -> tuple[list[Worth], int, int]:
    """Return the worth of each column, largest first; how often each was shuffled, and on how many rows."""
    if "importance" not in evidence.memo:
        evidence.memo["importance"] = _importance(evidence, learner, rows)
    return evidence.memo["importance"]


def _importance(evidence: Evidence, learner: Learner, rows: Rows) -> tuple[list[Worth], int, int]:
    """Shuffle and score.

    Breiman 2001; the model-agnostic form of Fisher, Rudin & Dominici 2019. All inputs that come from a column are
    shuffled together, of a channel all its steps. The interval is the percentile bootstrap over the rows (over
    stretches of time, where windows overlap), of the mean over the shuffles.
    """
    plan, random = evidence.plan, np.random.default_rng(evidence.plan.train.seed)
    metric = tabled(plan.metric, plan.task)
    where = places(plan.inputs) if evidence.of_columns else channels(evidence)
    most = MOST_ROWS if evidence.of_columns else max(FEWEST_ROWS, min(MOST_ROWS, MOST_NUMBERS // plan.width))
    chosen = np.linspace(0, len(rows.target) - 1, min(most, len(rows.target))).astype(np.int64)
    inputs = tuple(each.index_select(0, torch.from_numpy(chosen).to(each.device)) for each in learner.inputs)
    target = rows.target[chosen]
    weight = None if rows.weight is None else rows.weight[chosen]
    wanted = evidence.budget(BUDGET) / (evidence.flops * len(chosen) * len(where))
    shuffles = int(np.clip(wanted, FEWEST_SHUFFLES, MOST_SHUFFLES))
    weights = np.concatenate(list(draws(_sample(evidence, chosen, weight), RESAMPLES, random)))
    weights = np.concatenate([(np.ones(len(chosen)) if weight is None else weight)[None], weights])

    def scored(tensors: tuple[Tensor, ...]) -> np.ndarray:
        made = prepare(metric, plan.task, learner.answer(tensors), target)
        return made.of(made.collapse(weights))

    whole = scored(inputs)
    sign = 1.0 if METRICS[metric].higher_is_better else -1.0
    worths: list[Worth] = []
    for name, place in where.items():
        losses = np.mean([sign * (whole - scored(_shuffled(inputs, place, random))) for _ in range(shuffles)], axis=0)
        known = losses[1:][np.isfinite(losses[1:])]
        low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
        worths.append(Worth(name, float(losses[0]), float(low), float(high)))
    return sorted(worths, key=lambda each: -each.value), shuffles, len(chosen)


def channels(evidence: Evidence) -> dict[str, int]:
    """Return the channel of each name: those of sequences, or the columns of a window."""
    plan = evidence.plan
    if plan.inputs[0].encoding != "steps":
        return {}
    if plan.forecast is not None:
        return {column.name: at for at, column in enumerate(plan.inputs)}
    return {f"channel {at + 1}": at for at in range(plan.shape[1])}


def _sample(evidence: Evidence, chosen: np.ndarray, weight: np.ndarray | None) -> Sample:
    """Return what the bootstrap draws: rows; of windows that overlap, all that begin in one stretch of time."""
    plan, found = evidence.plan, evidence.forecasts
    groups = None if plan.forecast is None or found is None else found.starts[chosen] // plan.forecast.horizon
    return Sample.of(len(chosen), weight, groups)


def _shuffled(inputs: tuple[Tensor, ...], place: Places | int, random: np.random.Generator) -> tuple[Tensor, ...]:
    order = torch.from_numpy(random.permutation(len(inputs[0]))).to(inputs[0].device)
    made = list(inputs)
    if isinstance(place, int):
        made[0] = inputs[0].clone()
        made[0][:, :, place] = inputs[0][order][:, :, place]
        return tuple(made)
    for at, columns in enumerate((place.x, place.codes)):
        if columns:
            tensor = inputs[at].clone()
            index = list(columns)
            tensor[:, index] = tensor[order][:, index]
            made[at] = tensor
    return tuple(made)


def _figure(evidence: Evidence, worths: list[Worth], shuffles: int, used: int) -> Figure:
    metric = metric_name(tabled(evidence.plan.metric, evidence.plan.task))
    thing = "column" if evidence.of_columns or evidence.plan.forecast is not None else "channel"
    shown = worths[:SHOWN][::-1]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [each.value for each in shown],
        "y": labels([each.name for each in shown]),
        "marker": {"color": ["--blue" if each.low > 0 else "--muted" for each in shown]},
        "error_x": bars(*zip(*((each.value, each.low, each.high) for each in shown), strict=True), colour="--ink"),
        "hovertemplate": "%{y}: %{x:.4g}<extra></extra>",
    }
    word = "lost" if METRICS[tabled(evidence.plan.metric, evidence.plan.task)].higher_is_better else "more"
    layout = {
        "xaxis": {"title": {"text": f"{metric} {word} when the {thing} is shuffled"}},
        "yaxis": {"type": "category", "tickmode": "linear"},
        "bargap": 0.35,
    }
    useless = sum(not each.low > 0 for each in worths)
    told = (
        f"{useless} of {len(worths)} {thing}s are not told apart from nothing." if useless else f"Every {thing} counts."
    )
    left = f" The {SHOWN} largest of {len(worths)} {thing}s are drawn." if len(worths) > SHOWN else ""
    return Figure(
        id="importance",
        title=TITLE.replace("column", thing),
        how=f"The longer a bar, the more {metric} hangs on that {thing}; grey bars are not told apart from nothing.",
        plots=[Plot(traces=[trace], layout=layout, height=max(200, 90 + 26 * len(shown)))],
        table=Table(
            columns=[thing, f"{metric} {word}", "low", "high"],
            rows=[[each.name, each.value, each.low, each.high] for each in worths],
        ),
        note=f"Each {thing} was shuffled {shuffles} times among {used:,} scored rows; intervals (95 %) are the "
        "bootstrap over those rows. "
        f"{told} Those that say the same share "
        "their worth: shuffling one of them "
        f"costs little while the other is there.{left}",
        wide=True,
    )
