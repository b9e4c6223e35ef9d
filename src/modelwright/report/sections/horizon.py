"""The error of a forecast at each step ahead, beside the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from modelwright.evaluate.metrics import compute, tabled
from modelwright.plan.plan import Plan
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Forecasts
from modelwright.report.sections.curves import line
from modelwright.report.words import metric_name, plain, unit_of

TITLE = "How far ahead it can see"
COLOURS = ("--orange", "--green", "--purple")


def applies(evidence: Evidence) -> bool:
    """Forecasts of more than one step."""
    return evidence.plan.forecast is not None and evidence.plan.forecast.horizon > 1


def blocks(evidence: Evidence) -> list[Block]:
    """Return the leading metric by step, of the model and of each baseline."""
    found = evidence.forecasts
    if found is None:
        return [Missing(id="horizon", title=TITLE, why=evidence.lacks("rows"))]
    return [_figure(evidence, found)]


def by_step(plan: Plan, given: np.ndarray, truth: np.ndarray) -> list[float]:
    """Return the leading metric of forecasts `[N, H, K]` (in the user's units) at each step ahead."""
    if plan.forecast is not None and plan.forecast.units == "scaled":
        mean, scale = np.array(plan.outputs.mean), np.array(plan.outputs.scale)
        given, truth = (given - mean) / scale, (truth - mean) / scale
    return [
        compute(tabled(plan.metric, plan.task), plan.task, given[:, at], truth[:, at]) for at in range(truth.shape[1])
    ]


def over_models(plan: Plan, found: Forecasts, made: Sequence[np.ndarray]) -> list[float]:
    """Return the same for each forecast of `made`, fold by fold, and take the mean: as the score of a cohort does."""
    folds = found.folds or [(plan, slice(None))]
    return np.mean([by_step(one, given[at], found.truth[at]) for given in made for one, at in folds], 0).tolist()


def _figure(evidence: Evidence, found: Forecasts) -> Figure:
    plan = evidence.plan
    own = over_models(plan, found, [found.answers] if found.seeds is None else list(found.seeds))
    others = {name: over_models(plan, found, [given]) for name, given in found.baselines.items()}
    steps = list(range(1, len(own) + 1))
    traces: list[dict[str, Any]] = [
        {
            **line(steps, values, name, COLOURS[at % len(COLOURS)]),
            "line": {"color": COLOURS[at % len(COLOURS)], "width": 1.6},
        }
        for at, (name, values) in enumerate(others.items())
    ]
    one = "mean of the models" if evidence.members else "this model"
    traces.append(line(steps, own, one, "--blue"))
    scaled = plan.forecast is not None and plan.forecast.units == "scaled"
    unit = "scaled" if scaled else plain(unit_of(plan, tabled(plan.metric, plan.task)), 60)
    name = metric_name(tabled(plan.metric, plan.task))
    layout = {
        "xaxis": {"title": {"text": "steps ahead"}},
        "yaxis": {"title": {"text": f"{name}{f' ({unit})' if unit else ''}"}, "rangemode": "tozero"},
    }
    sampled = len(found.starts) < found.windows
    left = f" From {len(found.starts):,} of {found.windows:,} windows, evenly spread." if sampled else ""
    return Figure(
        id="horizon",
        title=f"{TITLE}: {name} by step",
        how="Further ahead is harder, so lines rise; a model whose line meets that of a baseline knows no more than it "
        "from there on.",
        plots=[Plot(traces=traces, layout=layout, height=320)],
        table=Table(
            columns=["steps ahead", one, *others],
            rows=[[step, own[at], *(values[at] for values in others.values())] for at, step in enumerate(steps)],
        ),
        note=_note(own, others) + _models(evidence) + left,
        wide=True,
    )


def _note(own: list[float], others: dict[str, list[float]]) -> str:
    best = np.min(list(others.values()), axis=0)
    ahead = int((np.array(own) < best).sum())
    return f"It is better than every baseline at {ahead} of {len(own)} steps."


def _models(evidence: Evidence) -> str:
    return f" Means over {len(evidence.members)} models, each on its own windows." if evidence.members else ""
