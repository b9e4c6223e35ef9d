"""The same first steps under SGD, momentum and Adam: why momentum helps, on the user's own problem."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from modelwright.model.lean_optimizer import lean_step
from modelwright.model.optimizers import make_optimizer
from modelwright.report.blocks import Block, Figure, Missing, Plot, Table
from modelwright.report.evidence import Evidence, Learner
from modelwright.report.plane import loss_of, oscillation, plane, sample, surface, turning
from modelwright.report.sections.surface import terrain
from modelwright.report.track import flat

TITLE = "The same first steps under SGD, momentum and Adam"
STEPS = 24
ROWS, FEWEST_ROWS = 256, 32  # of a batch
ACROSS = 11
DEAR = 2e10  # operations of all steps: one to two seconds
RACERS = (
    ("SGD", "--ink", "SGD(lr={})", (0.3, 0.1, 0.03)),
    ("SGD, momentum 0.9", "--orange", "SGD(lr={}, momentum=0.9)", (0.3, 0.1, 0.03)),
    ("Adam", "--blue", "Adam(lr={})", (0.03, 0.01, 0.003)),
)

COLUMNS = ("optimizer", "learning rate", "loss at first", f"after {STEPS} steps", "oscillation", "cosine of turns")


@dataclass(frozen=True, slots=True)
class Race:
    """The steps of one optimizer at its best rate: losses and weights from the start on."""

    name: str
    colour: str
    rate: float
    losses: list[float]
    path: list[Tensor]


def applies(evidence: Evidence) -> bool:
    """Single runs whose weights learn by gradients."""
    return not evidence.members


def blocks(evidence: Evidence) -> list[Block]:
    """Return the race, as losses by step and as ways through weight space."""
    learner = evidence.learner
    if learner is None:
        return [Missing(id="steps", title=TITLE, why=evidence.lacks("learner"))]
    each = 3 * evidence.flops * STEPS * sum(len(rates) for *_, rates in RACERS)
    whole = min(evidence.plan.train.batch_size, ROWS, learner.batches.rows)
    if DEAR / each < min(FEWEST_ROWS, whole) or evidence.weights > 2_000_000:
        return [Missing(id="steps", title=TITLE, why="the model is so large that these steps would take long")]
    sparse = any("sparse=True" in layer for layer in evidence.plan.layers)
    if sparse:
        return [Missing(id="steps", title=TITLE, why="Adam takes no sparse gradients")]
    probe = sample(learner, evidence, ACROSS * ACROSS)
    rows = min(whole, max(FEWEST_ROWS, int(evidence.budget(DEAR) / each)))
    with torch.random.fork_rng(devices=[]):
        races = [_best(learner, probe, evidence.plan.train.seed, rows, *racer) for racer in RACERS]
    shown = [race for race in races if race is not None]
    if not shown:
        return [Missing(id="steps", title=TITLE, why="no optimizer kept the loss finite")]
    return [_figure(learner, shown, probe)]


def _best(
    learner: Learner,
    probe: tuple[Tensor, ...],
    seed: int,
    rows: int,
    name: str,
    colour: str,
    call: str,
    rates: Sequence[float],
) -> Race | None:
    """Return the steps at the rate that ended lowest; None where every rate diverged."""
    races = [_run(learner, probe, seed, rows, name, colour, call.format(rate), rate) for rate in rates]
    ended = [race for race in races if math.isfinite(race.losses[-1])]
    return min(ended, key=lambda race: race.losses[-1], default=None)


def _run(
    learner: Learner, probe: tuple[Tensor, ...], seed: int, rows: int, name: str, colour: str, call: str, rate: float
) -> Race:
    torch.manual_seed(seed)
    model = learner.fresh()
    step = lean_step(make_optimizer(call, model))
    race = Race(name, colour, rate, [loss_of(learner, model, probe)], [flat(model)])
    batches = itertools.chain.from_iterable(learner.batches.epoch(epoch) for epoch in itertools.count())
    for batch in itertools.islice(batches, STEPS):
        model.train()
        for parameter in model.parameters():
            parameter.grad = None
        learner.objective(model, *(tensor[:rows] for tensor in batch)).backward()
        step()
        race.losses.append(loss_of(learner, model, probe))
        race.path.append(flat(model))
        if not math.isfinite(race.losses[-1]):
            break
    return race


def _figure(learner: Learner, races: Sequence[Race], probe: tuple[Tensor, ...]) -> Figure:
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": list(range(len(race.losses))),
            "y": race.losses,
            "name": f"{race.name} (lr {race.rate:g})",
            "line": {"color": race.colour, "width": 2.5},
        }
        for race in races
    ]
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": "step"}},
        "yaxis": {"title": {"text": "loss"}},
        "showlegend": False,
    }
    plots = [Plot(traces=traces, layout=layout, title="Loss after each step", height=360)]
    ways = _ways(learner, races, probe)
    rows = [
        [race.name, race.rate, race.losses[0], race.losses[-1], oscillation(race.path), turning(race.path)]
        for race in races
    ]
    return Figure(
        id="steps",
        title=TITLE,
        how="All begin at this run's first weights and see the same batches: lower is better, and a way with "
        "fewer zigzags wastes fewer steps.",
        plots=[*plots, *([ways] if ways else [])],
        table=Table(columns=COLUMNS, rows=rows),
        note=_note(races),
        wide=True,
        legend=[(f"{race.name} (lr {race.rate:g})", race.colour) for race in races],
    )


def _ways(learner: Learner, races: Sequence[Race], probe: tuple[Tensor, ...]) -> Plot | None:
    found = plane(races[0].path[0], [weights for race in races for weights in race.path])
    if found is None:
        return None
    traces: list[dict[str, Any]] = [{**terrain(*surface(learner, found, probe, ACROSS)), "showscale": False}]
    starts = itertools.accumulate((len(race.path) for race in races), initial=0)
    for race, start in reversed(list(zip(races, starts, strict=False))):  # those that are slow lie on top
        points = found.points[start : start + len(race.path)]
        style = {
            "line": {"color": race.colour, "width": 2.5},
            "marker": {"color": race.colour, "size": 6, "line": {"width": 1, "color": "--card"}},
        }
        way = {"type": "scatter", "mode": "lines+markers", "x": points[:, 0], "y": points[:, 1], "name": race.name}
        traces.append({**way, **style, "hovertemplate": f"{race.name}<extra></extra>"})
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": {"text": ""}}
    layout = {"xaxis": axis, "yaxis": axis, "showlegend": False}
    return Plot(traces=traces, layout=layout, title="Their ways over the loss (strong colour is low)", height=360)


def _note(races: Sequence[Race]) -> str:
    rates = ", ".join(f"{rate:g}" for rate in RACERS[0][3])
    adam = ", ".join(f"{rate:g}" for rate in RACERS[2][3])
    told = "; ".join(f"{race.name} {oscillation(race.path):.2f}" for race in races)
    lead = min(races, key=lambda race: race.losses[-1])
    return (
        f"Lowest after {STEPS} steps: {lead.name}. Oscillation (share of the way that led nowhere, step by "
        f"step): {told}. Momentum averages past "
        "gradients, so what points back and forth cancels and what points on adds up. Each optimizer is shown at "
        "the rate that ended lowest "
        f"(of {rates} for SGD, {adam} for Adam); {STEPS} steps say nothing about where a whole training ends."
    )
