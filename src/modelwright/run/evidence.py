"""The evidence for a report: gathered from a run that is in memory, or from the models of a cohort."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from modelwright.data.batches import Rows as Inputs
from modelwright.data.columns import Examples
from modelwright.data.split import Split
from modelwright.evaluate.result import Result
from modelwright.model.answers import answers
from modelwright.model.build import build
from modelwright.model.trace import LayerTrace, trace
from modelwright.plan.plan import Plan
from modelwright.report.evidence import Evidence, Learner, Member, Rows
from modelwright.report.track import Track
from modelwright.run.assemble import Assembly
from modelwright.run.contrast_report import embedded_rows
from modelwright.run.folder import CHECKS, ENVIRONMENT, METRICS, SPLIT, Folder
from modelwright.run.forecast_evidence import chosen_windows, cohort_forecasts, forecast_evidence, gathered
from modelwright.run.forecasting import in_units
from modelwright.run.own import own_model
from modelwright.run.prepare import Dataset
from modelwright.ship.artifact import load
from modelwright.spec.own import is_own
from modelwright.spec.source import Description
from modelwright.training.infer import outputs
from modelwright.training.trainer import Trainer

OWN_COHORT = "models of your own class are not loaded for a cohort's report; each model has its own report"
MATRIX = 512  # numbers a side of the matrix product that says what the machine can do
OF_A_COHORT = "each model of the cohort has its own: `modelwright report {}` on the folder of one draws it"


def files(folder: Folder) -> dict[str, Any]:
    """Return what the folder of a run says by itself, as fields of `Evidence`."""
    from_file = {"checks": CHECKS, "split": SPLIT, "environment": ENVIRONMENT}
    kept = {name: folder.read_json(file) for name, file in from_file.items() if (folder.path / file).exists()}
    return {"run": str(folder.path), "history": history(folder), **kept}


def history(folder: Folder) -> list[dict[str, Any]]:
    """Return the records of the epochs; empty where none has ended."""
    import json

    path = folder.path / METRICS
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def of_run(
    assembly: Assembly,
    folder: Folder,
    result: Result,
    track: Track | None,
    seconds: Mapping[str, float],
    absent: Mapping[str, str],
) -> Evidence:
    """Return the evidence of a run whose model stands in `assembly` with its best weights."""
    plan, split = assembly.plan, assembly.prepared.split
    part = assembly.part(split.parts[result.part])
    rows = forecasts = compared = None
    if plan.forecast is not None:
        chosen = chosen_windows(assembly, part)
        learner = _learner(assembly, gathered(part, chosen))
        rows, forecasts = forecast_evidence(assembly, part, result.part, chosen, learner.inputs)
    else:
        learner = _learner(assembly, part.inputs)
        if plan.contrast is not None:
            compared = embedded_rows(assembly, result)
        else:
            rows = _rows(plan, assembly.prepared.dataset, split, result, learner.answer(learner.inputs))
    return Evidence(
        **files(folder),
        plan=plan,
        result=result,
        layers=layers_of(plan, assembly.prepared.dataset.description),
        rows=rows,
        forecasts=forecasts,
        learner=learner,
        embedded=compared,
        track=track,
        seconds=seconds,
        ended=assembly.trainer.why_ended,
        absent=absent,
    )


def layers_of(plan: Plan, description: Description | None) -> Sequence[LayerTrace]:
    """Return the trace of a plan's model; none for the user's own class where its code is not at hand."""
    if not is_own(plan.layers[0]):
        return trace(plan, device="cpu")
    return () if description is None else trace(plan, own_model(plan, description))


def _learner(assembly: Assembly, inputs: tuple[Inputs, ...]) -> Learner:
    plan, trainer = assembly.plan, assembly.trainer
    model = assembly.model.to(trainer.device)
    preprocess, made = model.preprocess, own_model(plan, assembly.prepared.dataset.description)

    def fresh() -> nn.Module:
        """The core as it was before the first step, its weights ready to learn."""
        return build(plan, preprocess, plan.train.seed, made).core.to(trainer.device)

    core = fresh()
    core.load_state_dict(model.core.state_dict())

    def answer(inputs: tuple[Inputs, ...]) -> np.ndarray:
        return in_units(plan, answers(plan, outputs(core, inputs)).cpu().numpy())

    return Learner(
        core=core,
        preprocess=preprocess,
        answer=answer,
        inputs=inputs,
        objective=trainer.objective,
        batches=trainer.batches,
        fresh=fresh,
    )


def _rows(plan: Plan, dataset: Dataset, split: Split, result: Result, given: np.ndarray) -> Rows:
    from modelwright.data.arrays import targets

    numbers = split.parts[result.part]
    frame = dataset.table.frame[numbers]
    weight = None if plan.data.weight is None else frame[plan.data.weight].cast(float).to_numpy()
    truth = targets(frame.select(list(plan.outputs.targets)), plan.outputs, plan.task)
    return Rows(
        part=result.part,
        frame=frame,
        numbers=numbers,
        target=truth,
        answers=given,
        weight=weight,
        media=dataset.table.media,
        files=[dataset.table.files[at] for at in numbers] if dataset.table.files else (),
    )


def of_cohort(
    folder: Folder, members: Sequence[Folder], result: Result, dataset: Dataset | None, parts: Sequence[Split], why: str
) -> Evidence:
    """Return the evidence of a cohort: its models' curves, and the rows of all folds with their answers together.

    Where several models answered the same rows (seeds), those of the first are shown. Without a data set there are no
    rows, and `why` says so.
    """
    first = members[0]
    own: dict[str, Any] = {**files(first), "run": str(folder.path), "history": ()}
    plan = first.plan()
    if is_own(plan.layers[0]):
        dataset, why = None, OWN_COHORT
    if plan.contrast is not None or plan.gan is not None:
        dataset, why = None, why or OF_A_COHORT.format(f"{folder.path}/members/…")
    rows = forecasts = None
    if dataset is not None and plan.forecast is not None:
        rows, forecasts = cohort_forecasts(members, dataset, parts, result.part)
    elif dataset is not None:
        rows = _pooled(members, result, dataset, parts)
    told = [
        Member(name=one.path.name, history=history(one), score=one.read_json("score.json")["score"]) for one in members
    ]
    return Evidence(
        **own,
        plan=plan,
        result=result,
        layers=layers_of(plan, None if dataset is None else dataset.description),
        rows=rows,
        forecasts=forecasts,
        members=told,
        absent={"rows": why, "embedded": why, "learner": OF_A_COHORT.format(f"{folder.path}/members/…")},
    )


def _pooled(members: Sequence[Folder], result: Result, dataset: Dataset, parts: Sequence[Split]) -> Rows:
    found: dict[int | None, Rows] = {}
    for one in members:
        plan = one.plan()
        if plan.split.fold in found:
            continue
        split = next((part for part in parts if part.plan.fold == plan.split.fold), parts[0])
        examples = dataset.table.examples
        given = load(one.path).answers_to(Examples(examples.frame[split.parts[result.part]], examples.media))
        found[plan.split.fold] = _rows(plan, dataset, split, result, given)
    pooled = list(found.values())
    if len(pooled) == 1:
        return pooled[0]
    numbers = np.concatenate([rows.numbers for rows in pooled])
    weights = [rows.weight for rows in pooled if rows.weight is not None]
    return Rows(
        part=result.part,
        frame=dataset.table.frame[numbers],
        numbers=numbers,
        target=np.concatenate([rows.target for rows in pooled]),
        answers=np.concatenate([rows.answers for rows in pooled]),
        weight=np.concatenate(weights) if weights else None,
        media=dataset.table.media,
        files=[name for rows in pooled for name in rows.files],
    )


def spent(
    seconds: Mapping[str, float], trainer: Trainer, epochs: int, inside: float, encode: float
) -> dict[str, float]:
    """Return the seconds of a run's parts: training taken apart into steps, validation and the rest.

    `inside` are the seconds within steps and validation, of `epochs` epochs. One pass of validation is timed now.
    """
    validate = epochs * _validation_seconds(trainer)
    steps = max(inside - validate, 0.0)
    other = max(seconds.get("train", 0.0) - encode - inside, 0.0)
    parts = {"encode": encode, "steps": steps, "validate": min(validate, inside), "other": other}
    return {**seconds, **parts, "step_count": float(epochs * len(trainer.batches)), "peak": _peak()}


def _validation_seconds(trainer: Trainer) -> float:
    validation = trainer.validation
    if validation is None:
        return 0.0
    start = time.perf_counter()
    raw = outputs(validation.asked or trainer.model, validation.inputs)
    validation.criterion(raw, validation.target).item()
    validation.score(raw)
    return time.perf_counter() - start


def _peak() -> float:
    """Return the operations a second that a product of two matrices reaches on the processor; best of three."""
    a = torch.ones(MATRIX, MATRIX)
    best = float("inf")
    for _ in range(4):
        start = time.perf_counter()
        torch.mm(a, a)
        best = min(best, time.perf_counter() - start)
    return 2 * MATRIX**3 / best
