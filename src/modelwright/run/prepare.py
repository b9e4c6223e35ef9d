"""From a description to a plan that has been checked: read, split, infer, resolve, check. No torch is needed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modelwright.checks.facts import Facts
from modelwright.checks.run import Receipt
from modelwright.checks.run import run as run_checks
from modelwright.data.columns import Table
from modelwright.data.roles import labelled, require_weights, target_columns
from modelwright.data.sequences import as_sequences
from modelwright.data.split import Split, folds, split
from modelwright.data.split_series import split_series
from modelwright.data.table import from_frame, read
from modelwright.data.timeline import in_time_order
from modelwright.errors import DataError, ModelwrightError, SpecError
from modelwright.plan.contrast import Compared, compare, contrasted, is_contrastive, why_contrastive
from modelwright.plan.forecast import (
    forecast_inputs,
    forecast_outputs,
    is_forecast,
    plan_forecast,
    why_forecast,
)
from modelwright.plan.gan import gan_targets, plan_gan
from modelwright.plan.inputs import plan_inputs
from modelwright.plan.outputs import plan_outputs
from modelwright.plan.plan import Plan
from modelwright.plan.resolve import Parts, resolve
from modelwright.plan.task import infer_task
from modelwright.spec.located import located
from modelwright.spec.own import is_own
from modelwright.spec.schema import Spec, Task
from modelwright.spec.source import Description

FEWEST = 50
"""Validation rows from which one epoch is told from another: ±7 points of an accuracy of 0.9."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Rows that are read and understood: what is predicted, by which task, from which rows with a known target."""

    description: Description
    table: Table
    targets: tuple[str, ...]
    task: Task
    rows: np.ndarray
    why: dict[str, str]
    seconds: float
    compared: Compared | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A data set with one split, its plan and what the checks said."""

    dataset: Dataset
    split: Split
    plan: Plan
    facts: Facts
    receipt: Receipt


def read_dataset(description: Description, base: Path, frame: Any = None) -> Dataset:
    """Read the data of a description (or take `frame`), find target and task. Raises SpecError or DataError."""
    start = time.perf_counter()
    data, given = description.spec.data, description.spec.transform
    transform = given if isinstance(given, list) else []
    sides = _sides(description.spec)
    with located(description):
        table = read(data, base, transform, sides) if frame is None else from_frame(frame, data, transform, sides)
        table = _with_own_transforms(description, table)
        forecast = is_forecast(description.spec)
        table = table if forecast else as_sequences(table, data)
        description = _of_sequences(description, table)
        if description.spec.task == "gan":
            return _made(description, table, start)
        if is_contrastive(description.spec):
            return _compared(description, table, start)
        targets, why_target = target_columns(description.spec, table)
        if forecast:
            table, rows = in_time_order(table, data), np.empty(0, dtype=np.int64)
            task, why_task = "forecasting", why_forecast(description.spec)
        else:
            task, why_task = infer_task(description.spec, table, targets)
            rows = labelled(table, targets)
        require_weights(description.spec, table)
    why = {"data.target": why_target, "task": why_task}
    seconds = time.perf_counter() - start
    return Dataset(
        description=description, table=table, targets=targets, task=task, rows=rows, why=why, seconds=seconds
    )


def _with_own_transforms(description: Description, table: Table) -> Table:
    """Return the table with its pictures as transforms of the user's own make them; torch comes with these."""
    spec = description.spec
    if not any(is_own(text) for given in (spec.transform, spec.augment) if isinstance(given, list) for text in given):
        return table
    from modelwright.run.own_pictures import with_own_transforms

    return with_own_transforms(description, table)


def _sides(spec: Spec) -> list[str] | None:
    """Return the columns that are compared, where rows need no labels; None where they do."""
    if spec.task != "gan" and not is_contrastive(spec):
        return None
    sides = spec.contrastive.pairs or spec.contrastive.triplets or []
    return [name for side in sides for name in ([side] if isinstance(side, str) else side)]


def _made(description: Description, table: Table, start: float) -> Dataset:
    """Return the rows that a GAN learns to make, all of them; a target only serves its scores."""
    targets, why = gan_targets(description.spec, table)
    return Dataset(
        description=description,
        table=table,
        targets=targets,
        task="gan",
        rows=np.arange(len(table.frame)),
        why={"data.target": why, "task": "given"},
        seconds=time.perf_counter() - start,
    )


def _compared(description: Description, table: Table, start: float) -> Dataset:
    """Return the rows of a contrastive task; those without a target are compared like the others."""
    table, found, why = compare(description.spec, table)
    rows = np.arange(len(table.frame)) if found.positives != "labels" else labelled(table, found.targets)
    return Dataset(
        description=description,
        table=table,
        targets=found.targets,
        task="contrastive",
        rows=rows,
        why={"task": why_contrastive(description.spec), **why},
        seconds=time.perf_counter() - start,
        compared=found,
    )


def _of_sequences(description: Description, table: Table) -> Description:
    """Return the description of sequences: times order the steps of each, and rows only by `split.by: time`."""
    data, by = description.spec.data, description.spec.split.by
    if not table.media or data.time is None or data.series is None or by == "time":
        return description
    data = data.model_copy(update={"time": None})
    return replace(description, spec=description.spec.model_copy(update={"data": data}))


def splits(dataset: Dataset) -> list[Split]:
    """Return the split, or one for each fold."""
    spec, table = _enough(dataset), dataset.table
    labels = _labels(dataset)
    with located(dataset.description):
        if table.timeline is not None:
            return split_series(spec, table)
        if spec.split.folds is not None:
            return folds(spec, table, labels, dataset.rows)
        return [split(spec, table, labels, dataset.rows)]


def _enough(dataset: Dataset) -> Spec:
    """Return the description without a validation part that would be too small to choose an epoch by.

    Sequences are often few; where 10 % of them are under `FEWEST` rows, the epoch would be chosen by chance (measured:
    ItalyPowerDemand 0.85 instead of 0.96), and the last of the cycle is the better one.
    """
    spec, parts = dataset.description.spec, dataset.table.parts
    rows = len(dataset.rows) if parts is None else int((parts[dataset.rows] == 0).sum())
    sequences = any(column.kind == "series" for column in dataset.table.columns)
    if not sequences or "validation_size" in spec.split.model_fields_set or rows * 0.1 >= FEWEST:
        return spec
    settings = spec.split.model_copy(update={"validation_size": 0})
    return spec.model_copy(update={"split": settings})


def _labels(dataset: Dataset) -> pl.Series | None:
    """Return what parts are stratified by: the classes, where each row has exactly one."""
    found = dataset.compared
    if found is not None and found.probe in ("binary", "multiclass"):
        classes = dataset.table.frame[found.targets[0]]
        return None if classes.null_count() else classes
    return dataset.table.frame[dataset.targets[0]] if dataset.task in ("binary", "multiclass") else None


def prepare(dataset: Dataset, one: Split) -> Prepared:
    """Plan a run on one split and check it; what the checks find is in the receipt, not raised.

    Raises SpecError or DataError where no plan can be made, with what the checks of the description found as well.
    """
    ignore = dataset.description.spec.ignore
    facts = Facts(
        description=dataset.description,
        table=dataset.table,
        targets=dataset.targets if dataset.task != "gan" else (),  # of a GAN it only serves the scores
        task=dataset.task,
        split=one,
    )
    try:
        with located(dataset.description):
            plan = with_own_tried(dataset, one, _as_wide(dataset, one, _plan(dataset, one)))
    except ModelwrightError as error:
        found = run_checks("description", facts, ignore).diagnostics
        told = {(each.code, each.where.key) for each in error.diagnostics}
        more = (each for each in found if each.severity == "error" and (each.code, each.where.key) not in told)
        raise type(error)(*error.diagnostics, *more) from error
    facts = replace(facts, inputs=plan.inputs, plan=plan)
    before = run_checks("description", facts, ignore)
    receipt = run_checks("data", facts, ignore, before)
    facts = replace(facts)  # without what the rules have measured of all rows
    return Prepared(dataset=dataset, split=one, plan=plan, facts=facts, receipt=receipt)


def _plan(dataset: Dataset, one: Split) -> Plan:
    spec, table, forecast, contrast = dataset.description.spec, dataset.table, None, None
    if dataset.task == "gan":
        return plan_gan(dataset.description, table, one, dataset.targets, {**dataset.why, **one.why})
    if dataset.compared is not None:
        contrast = contrasted(spec, table, one, dataset.compared)
        inputs, unused, why = contrast.inputs[0], contrast.unused, contrast.why
        outputs = contrast.outputs
    elif table.timeline is None:
        inputs, unused, why = plan_inputs(spec, table, one.train)
        outputs = plan_outputs(spec, table, one.train, dataset.task)
    else:
        forecast, reasons = plan_forecast(spec, table, one, dataset.targets)
        inputs, unused, why = forecast_inputs(spec, table, one, dataset.targets, forecast)
        outputs, why = forecast_outputs(dataset.targets, forecast), {**reasons, **why}
    parts = Parts(
        table=table,
        task=dataset.task,
        split=one,
        inputs=inputs,
        unused=unused,
        outputs=outputs,
        forecast=forecast,
        contrast=contrast,
        why={**dataset.why, **one.why, **why},
    )
    return resolve(dataset.description, parts)


def _as_wide(dataset: Dataset, one: Split, plan: Plan) -> Plan:
    """Return the plan with embeddings as wide as what a module of the user's own puts out, unless a width is given."""
    description = dataset.description
    asked = description.spec.contrastive
    if plan.contrast is None or asked.embedding != "auto" or not is_own(plan.layers[0]):
        return plan
    from modelwright.run.own import width_of

    width = width_of(description, dataset.table, one, plan)
    if width is None or width == plan.contrast.embedding:
        return plan
    changes = {"contrastive": asked.model_copy(update={"embedding": width})}
    description = replace(description, spec=description.spec.model_copy(update=changes))
    wide = _plan(replace(dataset, description=description), one)
    return wide.model_copy(update={"why": {**wide.why, "contrastive.embedding": "what your own module puts out"}})


def with_own_tried(dataset: Dataset, one: Split, plan: Plan) -> Plan:
    """Try the user's own code, which is loaded here and nowhere before; torch comes with it."""
    metric = dataset.description.spec.evaluate.metric
    own = any(is_own(text) for text in (*plan.layers, plan.loss, plan.optimizer, plan.scheduler or "", metric))
    if plan.gan is not None or not own:  # networks of a GAN are tried together, once both are made
        return plan
    from modelwright.run.own import tried

    return tried(dataset.description, dataset.table, one, plan)


def raise_errors(receipt: Receipt) -> None:
    """Raise the receipt's errors, if it has any."""
    errors = [found for found in receipt.diagnostics if found.severity == "error"]
    if errors:
        raise (SpecError if all(found.where.line for found in errors) else DataError)(*errors)
