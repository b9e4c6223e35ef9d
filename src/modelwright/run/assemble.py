"""From a checked plan to a trainer: fitted preprocessing, tensors on the device, model, optimizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn

from modelwright.data.arrays import raw, targets
from modelwright.data.batches import Batches, Recent, Rows, Streamed, row_bytes
from modelwright.data.spill import SHARE, free_bytes
from modelwright.evaluate.metrics import compute, metric_of
from modelwright.model.answers import answers
from modelwright.model.attention import SelfAttention
from modelwright.model.build import RowModel, build
from modelwright.model.inputs import AsItIs, fit_preprocess
from modelwright.plan.plan import Plan
from modelwright.run import own
from modelwright.run.contrast import (
    Compared,
    batches_of,
    compared_rows,
    fit_networks,
    objective_of,
    validation_of,
    views_of,
)
from modelwright.run.forecasting import Resident, fit_forecast, in_units, resident
from modelwright.run.pictures import arrange_pictures, changes_of, choose_for_pictures, resident_pictures
from modelwright.run.prepare import Prepared
from modelwright.spec.own import is_own
from modelwright.spec.schema import TrainSpec
from modelwright.spec.source import Description
from modelwright.training.augment.views import Views
from modelwright.training.execution import attention, choose, with_precision
from modelwright.training.objective import supervised, weighted
from modelwright.training.spare import spare_cores
from modelwright.training.trainer import Trainer, Validation

PREPROCESS_ROWS = 16_384  # at once, so that no second copy of a large table is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of one part as the model takes them: inputs of the core, the target as it was read, row weights.

    `wanted` is the target as the loss takes it, where it is a view; training windows have their `target` there alone,
    which would be `horizon` times the series.
    """

    inputs: tuple[Rows, ...]
    target: np.ndarray
    weight: np.ndarray | None
    wanted: Rows | None = None
    starts: np.ndarray | None = None  # the row of the series where each window begins
    compared: Compared | None = None  # what a contrastive task compares of these rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """All that a run needs: the plan with its execution, the model, and the trainer that holds the training rows."""

    plan: Plan
    model: RowModel
    trainer: Trainer
    train: Part
    prepared: Prepared
    resident: Resident | None = None
    views: Views | None = None

    def part(self, rows: np.ndarray) -> Part:
        """Return some rows of the table as the model takes them."""
        if self.resident is not None:
            return _windows(self.resident, rows)
        if self.plan.contrast is not None:
            return _compared(self.prepared, self.plan, self.model.preprocess, rows, self.trainer.device)
        return _part(self.prepared, self.model.preprocess, rows, self.trainer.device)


def assemble(prepared: Prepared) -> Assembly:
    """Fit, build and place everything on the device."""
    split, table = prepared.split, prepared.dataset.table
    if prepared.plan.forecast is not None:
        return _assemble_forecast(prepared)
    if prepared.plan.contrast is not None:
        return _assemble_contrast(prepared)
    preprocess = fit_preprocess(prepared.plan, table.examples, split.train)
    made = own.own_model(prepared.plan, prepared.dataset.description)
    model = build(prepared.plan, preprocess, prepared.plan.train.seed, made)
    plan = _with_execution(prepared.plan, model, prepared.dataset.description.spec.train)
    device = torch.device(plan.execution.device)
    model.to(device)
    arrange_pictures(model, plan)
    training = _part(prepared, model.preprocess, split.train, device)
    validation = _part(prepared, model.preprocess, split.validation, device) if len(split.validation) else None
    trainer = _trainer(plan, prepared.dataset.description, model, training, validation)
    return Assembly(plan=plan, model=model, trainer=trainer, train=training, prepared=prepared)


def _assemble_contrast(prepared: Prepared) -> Assembly:
    """The same for rows that are compared with each other."""
    split, description = prepared.split, prepared.dataset.description
    preprocess = fit_networks(prepared.plan, prepared)
    model = build(prepared.plan, preprocess, prepared.plan.train.seed, own.own_model(prepared.plan, description))
    plan = _with_execution(prepared.plan, model, description.spec.train)
    device = torch.device(plan.execution.device)
    model.to(device)
    arrange_pictures(model, plan)
    training = _compared(prepared, plan, preprocess, split.train, device)
    assert training.compared is not None
    views, validation = views_of(plan, training.compared, description.own), None
    if len(split.validation) > 1:
        judged = _compared(prepared, plan, preprocess, split.validation, device).compared
        validation = None if judged is None else validation_of(plan, model, judged, views)
    optimizer = own.optimizer(plan, description, model.core)
    batches = batches_of(plan, training.compared, views)
    trainer = Trainer(
        model=model.core,
        objective=objective_of(plan),
        optimizer=optimizer,
        schedule=own.schedule(plan, description, optimizer, len(batches)),
        batches=batches,
        validation=validation,
        epochs=plan.train.epochs,
        patience=plan.train.patience,
        clip_grad_norm=plan.train.clip_grad_norm,
        accumulate=1,  # the objective computes a batch in parts, and still compares all of its rows
    )
    return Assembly(plan=plan, model=model, trainer=trainer, train=training, prepared=prepared, views=views)


def _compared(prepared: Prepared, plan: Plan, preprocess: nn.Module, rows: np.ndarray, device: torch.device) -> Part:
    found = compared_rows(plan, prepared, preprocess, rows, device)
    return Part(inputs=found.inputs, target=np.zeros(len(rows)), weight=None, compared=found)


def _assemble_forecast(prepared: Prepared) -> Assembly:
    """The same for windows of series, which are placed on the device once for all parts."""
    split, table = prepared.split, prepared.dataset.table
    plan, preprocess = fit_forecast(prepared.plan, table, split.train)
    made = own.own_model(plan, prepared.dataset.description)
    model = build(plan, preprocess, plan.train.seed, made)
    plan = _with_execution(plan, model, prepared.dataset.description.spec.train)
    device = torch.device(plan.execution.device)
    model.to(device)
    every = resident(plan, table, preprocess, device)
    every.begin(model.layers, split.train)
    training = _windows(every, split.train, truth=False)
    validation = _windows(every, split.validation) if len(split.validation) else None
    trainer = _trainer(plan, prepared.dataset.description, model, training, validation)
    return Assembly(plan=plan, model=model, trainer=trainer, train=training, prepared=prepared, resident=every)


def _windows(every: Resident, rows: np.ndarray, truth: bool = True) -> Part:
    """Return the windows whose targets lie in some rows."""
    runs = every.runs(rows)
    return Part(
        inputs=(every.inputs(runs),),
        target=every.truth(runs) if truth else np.empty(0),
        weight=None,
        wanted=every.wanted(runs),
        starts=every.starts(runs),
    )


def _with_execution(plan: Plan, model: RowModel, spec: TrainSpec) -> Plan:
    """Return the plan with device, threads and precision; a resumed run keeps those it had."""
    if "execution.device" in plan.why:
        return plan
    weights = sum(parameter.numel() for parameter in model.core.parameters())
    if plan.inputs[0].encoding == "pixels" and not is_own(plan.layers[0]):
        execution, why = choose_for_pictures(plan, model, spec)
    else:
        execution, why = choose(spec, 6 * weights * plan.train.batch_size)
    if any(isinstance(layer, SelfAttention) for layer in model.layers.modules()):
        execution, more = attention(execution)
        why |= more
    reasons = {**plan.why, **{f"execution.{name}": reason for name, reason in why.items()}}
    return plan.model_copy(update={"execution": execution, "why": reasons})


def _part(prepared: Prepared, preprocess: nn.Module, rows: np.ndarray, device: torch.device) -> Part:
    frame, plan = prepared.dataset.table.frame, prepared.plan
    inputs = _inputs(prepared, preprocess, rows, device)
    chosen = frame.select(list(plan.outputs.targets))[rows]
    return Part(inputs=inputs, target=targets(chosen, plan.outputs, plan.task), weight=_weights(frame, plan, rows))


def _inputs(prepared: Prepared, preprocess: nn.Module, rows: np.ndarray, device: torch.device) -> tuple[Rows, ...]:
    """Return the rows as the core takes them, prepared in pieces; pictures that need nothing stay where they are, and
    rows that do not fit into memory are made when they are asked for."""
    examples, plan = prepared.dataset.table.examples, prepared.plan
    if isinstance(preprocess, AsItIs) and plan.inputs[0].encoding == "pixels" and device.type == "cpu":
        return (resident_pictures(examples, plan.inputs[0].name, rows),)

    def make(numbers: np.ndarray) -> tuple[Tensor, ...]:
        arrays = raw(examples, plan.inputs, numbers)
        with torch.no_grad():
            return preprocess(*(torch.from_numpy(array).to(device) for array in arrays))

    inputs: tuple[Tensor, ...] = ()
    for start in range(0, max(1, len(rows)), PREPROCESS_ROWS):
        piece = make(rows[start : start + PREPROCESS_ROWS])
        if not inputs and len(rows) and len(rows) * sum(map(row_bytes, piece)) > SHARE * free_bytes():
            recent = Recent(make)
            return tuple(Streamed(recent, at, rows, row_bytes(each), device) for at, each in enumerate(piece))
        inputs = inputs or tuple(
            torch.empty(len(rows), *each.shape[1:], dtype=each.dtype, device=device) for each in piece
        )
        for whole, each in zip(inputs, piece, strict=True):
            whole[start : start + len(each)] = each
    return inputs


def _weights(frame: pl.DataFrame, plan: Plan, rows: np.ndarray) -> np.ndarray | None:
    if plan.data.weight is None:
        return None
    return frame[plan.data.weight].gather(rows).cast(pl.Float64).to_numpy()


def target_tensor(plan: Plan, target: np.ndarray, device: torch.device) -> Tensor:
    """Return the target as the loss takes it: regression targets standardised, classes as they are."""
    if plan.task == "regression":
        mean, scale = np.array(plan.outputs.mean), np.array(plan.outputs.scale)
        target = ((target - mean) / scale).astype(np.float32)
    return torch.from_numpy(target).to(device)


def _row_weights(plan: Plan, part: Part) -> np.ndarray | None:
    """Return class weight times row weight for each row, with mean 1; None where neither is asked for."""
    weight = part.weight
    if plan.train.class_weight is not None:
        by_class = np.array(plan.train.class_weight)[part.target.reshape(-1).astype(np.int64)]
        weight = by_class if weight is None else by_class * weight
    return None if weight is None else (weight / weight.mean()).astype(np.float32)


def _trainer(plan: Plan, description: Description, model: RowModel, training: Part, validation: Part | None) -> Trainer:
    device = training.inputs[0].device
    criterion = own.criterion(plan, description)
    if isinstance(criterion, nn.Module):
        criterion = criterion.to(device)
    weight = _row_weights(plan, training)
    wanted = training.wanted if training.wanted is not None else target_tensor(plan, training.target, device)
    tensors: tuple[Rows, ...] = (*training.inputs, wanted)
    if weight is None:
        objective = supervised(criterion)
    else:
        tensors = (*tensors, torch.from_numpy(weight).to(device))
        objective = weighted(own.criterion_of_rows(plan, description))
    batches = Batches(tensors, plan.train.batch_size, plan.train.seed, changes_of(plan, description.own))
    optimizer = own.optimizer(plan, description, model.core)
    return Trainer(
        model=model.core,
        objective=with_precision(objective, plan.execution),
        optimizer=optimizer,
        schedule=own.schedule(plan, description, optimizer, len(batches)),
        batches=batches,
        validation=None if validation is None else _validation(plan, description, validation, criterion),
        epochs=plan.train.epochs,
        patience=plan.train.patience,
        clip_grad_norm=plan.train.clip_grad_norm,
        accumulate=plan.train.accumulate,
        spare=spare_cores(plan, sum(each.numel() for each in model.core.parameters()), description.spec.train.seeds),
    )


def _validation(
    plan: Plan, description: Description, part: Part, criterion: Callable[[Tensor, Tensor], Tensor]
) -> Validation:
    lead = own.leading(plan, description)
    target = in_units(plan, part.target)
    wanted = None if part.wanted is None else torch.cat(list(part.wanted.split(PREPROCESS_ROWS)))

    def score(raw: Tensor) -> float:
        found = in_units(plan, answers(plan, raw).cpu().numpy())
        return compute(lead, plan.task, found, target, part.weight)

    return Validation(
        inputs=part.inputs,
        target=target_tensor(plan, target, part.inputs[0].device) if wanted is None else wanted,
        criterion=criterion,
        score=score,
        metric=plan.metric,
        higher_is_better=metric_of(lead).higher_is_better,
    )
