"""The score of a contrastive run: how near partners are, and what a linear model makes of the embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.arrays import targets
from modelwright.data.batches import gathered
from modelwright.data.split import Split
from modelwright.evaluate.baselines import Fitted, fit_baselines
from modelwright.evaluate.intervals import paired_difference
from modelwright.evaluate.metrics import compute
from modelwright.evaluate.result import Baseline, Result, Score
from modelwright.evaluate.retrieval import measures
from modelwright.evaluate.score import evaluate
from modelwright.evaluate.words import Words
from modelwright.model.build import build, towers
from modelwright.model.inputs import front
from modelwright.plan.plan import Plan
from modelwright.run.assemble import Assembly
from modelwright.run.contrast import Compared, contrast_of, embedded, looked, measured, some
from modelwright.run.own import own_model
from modelwright.spec.schema import Task
from modelwright.training.infer import outputs

MOST_SCORED = 5_000
"""Rows that are compared with each other: their similarities grow with the square of the rows."""
MOST_PROBED = 20_000
"""Training rows that the linear models are fitted on, that of the embeddings and that of the inputs alike."""
PROBES: dict[Task, str] = {"binary": "accuracy", "multiclass": "accuracy", "multilabel": "f1", "regression": "r2"}


def score_contrast(assembly: Assembly, split: Split) -> Result:
    """Return scores and baselines on the test rows; where there are none, on other rows, and the part says which."""
    plan, core = assembly.plan, assembly.model.core
    name, rows = next((name, rows) for name in ("test", "validation", "train") if len(rows := split.parts[name]) > 1)
    part = some(_part(assembly, rows), MOST_SCORED, plan.train.seed)
    inputs = looked(plan, part, assembly.views)
    found = measured(plan, outputs(core, inputs), part.labels)
    groups = _groups(assembly, part.rows)
    nothing = np.zeros(len(found))
    result = evaluate(plan.metric, plan.task, found, nothing, groups=groups, part=name, seed=plan.train.seed)
    if len(part.rows) < len(rows):
        score = replace(result.score, note=f"{len(part.rows):,} of {len(rows):,} rows, drawn at random, are compared")
        result = replace(result, score=score, scores={**result.scores, score.metric: score})
    baselines = list(_simple(assembly, part, inputs, found, groups))
    probe, beside = _probe(assembly, split, rows)
    scores = {**result.scores, **({} if probe is None else {probe.metric: probe})}
    return replace(result, scores=scores, baselines=(*baselines, *beside))


def untrained(assembly: Assembly) -> nn.Module:
    """Return the core with the weights that training began with."""
    plan, made = assembly.plan, own_model(assembly.plan, assembly.prepared.dataset.description)
    return build(plan, assembly.model.preprocess, plan.train.seed, made).core.to(assembly.trainer.device)


def _part(assembly: Assembly, rows: np.ndarray) -> Compared:
    found = assembly.part(rows).compared
    assert found is not None
    return found


def _groups(assembly: Assembly, rows: np.ndarray) -> np.ndarray | None:
    group = assembly.plan.data.group
    if group is None:
        return None
    return assembly.prepared.dataset.table.frame[group].gather(rows).rank("dense").to_numpy()


def _simple(
    assembly: Assembly, part: Compared, inputs: tuple[Tensor, ...], found: np.ndarray, groups: np.ndarray | None
) -> Iterator[Baseline]:
    """Compare with the inputs themselves under cosine similarity, and with the network before it has learned."""
    plan = assembly.plan
    others = [("untrained network", measured(plan, outputs(untrained(assembly), inputs), part.labels))]
    flat = plain(plan, inputs)
    if flat is not None:
        z = embedded(plan, flat) if contrast_of(plan).second is None else torch.stack(flat.chunk(2, dim=1))
        others.append((f"{_word(plan)} themselves", measures(z.numpy(), part.labels)))
    nothing = np.zeros(len(found))
    for name, other in others:
        value = compute(plan.metric, plan.task, other, nothing)
        difference = paired_difference(plan.metric, plan.task, nothing, found, other, None, groups, plan.train.seed)
        yield Baseline(name, plan.metric, value, low=difference.low, high=difference.high)


def _word(plan: Plan) -> str:
    return {"pixels": "pixels", "steps": "sequences"}.get(plan.inputs[0].encoding, "scaled columns")


def plain(plan: Plan, inputs: Sequence[Tensor]) -> Tensor | None:
    """Return rows as plain numbers `[N, W]`, those of two networks beside one another; None where they have none alike.

    Embedded categories and words of texts are no numbers.
    """
    found: list[Tensor] = []
    for one in towers(plan):
        if one.inputs[0].encoding == "tokens":
            return None
        before = front(one.inputs) if one.inputs[0].encoding == "pixels" else None
        rows = inputs[len(found)]
        with torch.no_grad():
            pieces = [(each if before is None else before(each)).flatten(1).cpu() for each in rows.split(MOST_SCORED)]
        found.append(torch.cat(pieces).float().nan_to_num())
    if len({each.shape[1] for each in found}) > 1:
        return None
    return torch.cat(found, dim=1)


def _probe(assembly: Assembly, split: Split, rows: np.ndarray) -> tuple[Score | None, list[Baseline]]:
    """Fit a linear model on frozen embeddings of the training rows; return its score on `rows`, beside baselines."""
    contrast, seed = contrast_of(assembly.plan), assembly.plan.train.seed
    if contrast.probe is None or contrast.probe_task is None:
        return None, []
    task = contrast.probe_task
    metric = PROBES[task]
    known = [_known(assembly, part) for part in (split.train, rows)]
    if len(known[0]) > MOST_PROBED:
        known[0] = np.sort(np.random.default_rng(seed).choice(known[0], MOST_PROBED, replace=False))
    if not all(len(each) for each in known):
        return None, []
    truth = [_truth(assembly, each) for each in known]
    parts = [_part(assembly, each) for each in known]
    groups = _groups(assembly, known[1])
    classes = len(contrast.probe.classes) or None

    def fitted(x: Sequence[Tensor | Words]) -> tuple[Fitted, ...]:
        return fit_baselines(task, x[0], truth[0], x[1], truth[1], metric, classes=classes, fewest=MOST_PROBED)

    def probed(core: nn.Module) -> Fitted:
        return fitted(_scaled([_embeddings(assembly, core, each) for each in parts]))[-1]

    best = probed(assembly.model.core)
    scored = evaluate(metric, task, best.outputs, truth[1], groups=groups, seed=seed).score
    beside = [
        ("untrained network", fitted(_scaled([_embeddings(assembly, untrained(assembly), p) for p in parts]))[-1])
    ]
    numbers = [_inputs(assembly.plan, each) for each in parts]
    flat = [each for each in numbers if each is not None]
    simple = fitted(flat) if len(flat) == 2 else ()
    beside += [
        (f"{one.baseline.name} on the inputs" if at else one.baseline.name, one) for at, one in enumerate(simple)
    ]
    name = f"probe_{metric}"
    baselines: list[Baseline] = []
    for label, one in beside:
        difference = paired_difference(metric, task, truth[1], best.outputs, one.outputs, None, groups, seed)
        baselines.append(Baseline(label, name, one.baseline.value, one.baseline.note, difference.low, difference.high))
    return replace(scored, metric=name), baselines


def _known(assembly: Assembly, rows: np.ndarray) -> np.ndarray:
    """Return the rows that have a target."""
    frame, probe = assembly.prepared.dataset.table.frame, contrast_of(assembly.plan).probe
    assert probe is not None
    chosen = frame.select(list(probe.targets))[rows]
    missing = np.zeros(len(rows), dtype=bool)
    for column in chosen:
        missing |= column.is_null().to_numpy()
        if column.dtype.is_float():
            missing |= column.is_nan().fill_null(value=False).to_numpy()
    return rows[~missing]


def _truth(assembly: Assembly, rows: np.ndarray) -> np.ndarray:
    contrast = contrast_of(assembly.plan)
    assert contrast.probe is not None and contrast.probe_task is not None
    frame = assembly.prepared.dataset.table.frame.select(list(contrast.probe.targets))[rows]
    return targets(frame, contrast.probe, contrast.probe_task)


def _embeddings(assembly: Assembly, core: nn.Module, part: Compared) -> Tensor:
    """Return the embeddings of rows as they are, those of all sides beside one another."""
    if contrast_of(assembly.plan).second is not None:
        return outputs(core, part.inputs).cpu()
    return torch.cat([outputs(core, side).cpu() for side in part.sides], dim=1)


def _scaled(parts: Sequence[Tensor]) -> list[Tensor]:
    """Return embeddings with mean 0 and variance 1 on the first part, as a linear model wants its inputs."""
    mean, deviation = parts[0].mean(0), parts[0].std(0).clamp(min=1e-6)
    return [(each - mean) / deviation for each in parts]


def _inputs(plan: Plan, part: Compared) -> Tensor | Words | None:
    """Return what a linear model sees of the rows themselves; None where networks take different things."""
    if contrast_of(plan).second is None and plan.inputs[0].tokens is not None and len(part.sides) == 1:
        return Words(gathered(part.sides[0][0]).cpu().numpy(), plan.inputs[0].tokens.size)
    if contrast_of(plan).second is not None:
        return None
    each = [plain(plan, tuple(gathered(one) for one in side)) for side in part.sides]
    known = [one for one in each if one is not None]
    return torch.cat(known, dim=1) if len(known) == len(each) else None
