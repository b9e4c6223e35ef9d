"""Code of the user's own in a run: it is loaded, tried with a few rows, and made again for training."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from modelwright.data.arrays import raw, targets
from modelwright.data.columns import Table
from modelwright.data.split import Split
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.evaluate.metrics import Lead
from modelwright.evaluate.own import better_way, own_metric
from modelwright.model import components
from modelwright.model.build import Own, seeded, tower
from modelwright.model.components import make_loss, make_optimizer, make_scheduler
from modelwright.model.inputs import fit_preprocess, front
from modelwright.model.own import adapted, make, named, taken_apart
from modelwright.model.own_parts import Criterion, Mean, own_loss, own_optimizer, own_schedule, row_losses, tried_loss
from modelwright.model.probe import Probe, probe, put_out, require_trainable
from modelwright.model.several import apart_by_name, forward_names, stem
from modelwright.plan.plan import InputPlan, Plan
from modelwright.spec.call import Call, parse
from modelwright.spec.choices import METRIC
from modelwright.spec.own import IN_PYTHON, Signature, is_own, place_of, signature, split_name
from modelwright.spec.source import Description
from modelwright.training.schedule import Schedule

ROWS = 4
FITTED = 1000  # rows that preprocessing is fitted on for a trial: it only has to give numbers of the right size


def own_model(plan: Plan, description: Description) -> Own | None:
    """Return what makes the module of the user's own, its output taken as the plan says; None for torch's layers."""
    return partial(_made, plan, description) if is_own(plan.layers[0]) else None


def criterion(plan: Plan, description: Description) -> Criterion:
    """Return the loss of a batch, torch's or the user's own."""
    if not is_own(plan.loss):
        return make_loss(plan.loss, plan.task, Place(key="loss"))
    loss = own_loss(parse(plan.loss), description.base, description.own)
    return Mean(loss) if plan.own.get("loss") == "rows" else loss


def criterion_of_rows(plan: Plan, description: Description) -> Criterion:
    """Return the loss of each row, torch's or the user's own."""
    if not is_own(plan.loss):
        return components.row_losses(plan.loss, plan.task, Place(key="loss"))
    return row_losses(own_loss(parse(plan.loss), description.base, description.own))


def optimizer(plan: Plan, description: Description, core: nn.Module) -> Optimizer:
    """Return the optimizer, torch's by name or the user's own."""
    if not is_own(plan.optimizer):
        return make_optimizer(plan.optimizer, core)
    return own_optimizer(parse(plan.optimizer), description.base, description.own, core)


def schedule(plan: Plan, description: Description, one: Optimizer, steps: int) -> Schedule | None:
    """Return the schedule of a run with so many steps an epoch, torch's by name or the user's own."""
    if plan.scheduler is None or plan.train.epochs == 0:
        return None
    if is_own(plan.scheduler):
        return Schedule(*own_schedule(parse(plan.scheduler), description.base, description.own, one))
    return Schedule(
        *make_scheduler(plan.scheduler, one, plan.train.epochs * steps, steps, description.place("scheduler"))
    )


def _made(plan: Plan, description: Description, at: int = 0) -> nn.Module:
    return adapted(make(parse(tower(plan, at).layers[0]), description.base, description.own, "model"), plan.own)


def tried(description: Description, table: Table, split: Split, plan: Plan) -> Plan:
    """Return the plan with what a trial of the user's own code showed; RunError with their file and line.

    The module is made as training makes it, and a few training rows go through it and through the loss.
    """
    with seeded(plan.train.seed):
        if is_own(plan.layers[0]):
            plan = _tried_networks(description, table, split, plan)
        if is_own(plan.loss):
            plan = _tried_loss(description, table, split, plan)
    plan = _tried_metric(description, table, split, plan)
    for key, text in (("optimizer", plan.optimizer), ("scheduler", plan.scheduler)):
        if text is not None and is_own(text):
            named(parse(text), description.base, description.own, key, description.place(key))
    return plan


def _tried_networks(description: Description, table: Table, split: Split, plan: Plan) -> Plan:
    """Try the module, and that of a second network, which is made of the same class."""
    tried = _tried_model(description, table, split, plan)
    second = None if plan.contrast is None else plan.contrast.second
    if second is not None and is_own(second.layers[0]):
        other = _tried_model(description, table, split, tower(plan, 1))
        if other.own != tried.own:
            raise RunError(_other_sides(description, plan, tried.own, other.own))
    return tried


def _tried_model(description: Description, table: Table, split: Split, plan: Plan) -> Plan:
    module, name, place, batch, own = _trial(description, table, split, plan)
    asks = "the target" if plan.contrast is None else "`contrastive.embedding`"
    found = probe(module, name, batch, _widths(plan), place, plan.outputs.targets, asks)
    return _adapted(plan, found, {**own, **_source(parse(plan.layers[0]), description.base)})


def _trial(
    description: Description, table: Table, split: Split, plan: Plan
) -> tuple[nn.Module, str, Place, tuple[Tensor, ...], dict[str, str]]:
    """Return the module, its name and place, a few rows as it takes them, and what the plan notes of that."""
    call, where = parse(plan.layers[0]), description.place("model")
    known = signature(call, description.base, description.own, "model", where)
    name = split_name(call.name)[1]
    made = make(call, description.base, description.own, "model", where)
    place = known.place if known.place.line else place_of(made)
    module = require_trainable(made, name, place)
    return module, name, place, *_batch(table, split, plan, module, _tensors(module, known), name)


def width_of(description: Description, table: Table, split: Split, plan: Plan) -> int | None:
    """Return how many numbers the module of the user's own puts out for a row; None where that cannot be told."""
    with seeded(plan.train.seed):
        module, name, place, batch, _ = _trial(description, table, split, plan)
        return put_out(module, name, batch, place)


def _tried_loss(description: Description, table: Table, split: Split, plan: Plan) -> Plan:
    """Try the loss with outputs as the model gives them, and the targets of a few rows."""
    loss = own_loss(parse(plan.loss), description.base, description.own)
    frame = table.frame.select(list(plan.outputs.targets))[split.train[:ROWS]]
    target = torch.from_numpy(targets(frame, plan.outputs, plan.task))
    output = torch.randn(len(target), plan.outputs.width)
    weighted = plan.train.class_weight is not None or plan.data.weight is not None
    by_row = tried_loss(loss, output, target, weighted)
    return plan.model_copy(update={"own": {**plan.own, "loss": "rows"}}) if by_row else plan


def _tried_metric(description: Description, table: Table, split: Split, plan: Plan) -> Plan:
    """Try a metric of the user's own, and find out which way is better."""
    given = description.spec.evaluate.metric
    if not is_own(given):
        return plan
    frame = table.frame.select(list(plan.outputs.targets))[split.train[:FITTED]]
    target = targets(frame, plan.outputs, plan.task)
    weighted = plan.data.weight is not None
    more, why = better_way(_metric_function(description), plan.metric, plan.task, target, weighted)
    own = {**plan.own, "metric": given, "better": "more" if more else "less"}
    return plan.model_copy(update={"own": own, "why": {**plan.why, "metric": why}})


def _metric_function(description: Description) -> Callable[..., Any]:
    call = parse(description.spec.evaluate.metric)
    found = named(call, description.base, description.own, METRIC.key, description.place(METRIC.key))
    return partial(found, **call.kwargs) if call.kwargs else found


def leading(plan: Plan, description: Description) -> Lead:
    """Return the metric that leads, by its name in the table or the user's own."""
    if "metric" not in plan.own:
        return plan.metric
    return own_metric(plan.metric, _metric_function(description), plan.task, plan.own["better"] == "more")


def _tensors(module: nn.Module, known: Signature) -> int:
    return known.tensors or signature_of(module) or 1


def signature_of(module: nn.Module) -> int | None:
    """Return how many tensors the `forward` of a module takes at least."""
    from modelwright.spec.own import of_object

    return of_object(module).tensors


def _batch(
    table: Table, split: Split, plan: Plan, module: nn.Module, tensors: int, name: str
) -> tuple[tuple[Tensor, ...], dict[str, str]]:
    """Return a few training rows as the module takes them, and what the plan notes of that."""
    preprocess = fit_preprocess(plan, table.examples, split.train[:FITTED])
    arrays = raw(table.examples, plan.inputs, split.train[:ROWS])
    with torch.no_grad():
        batch: tuple[Tensor, ...] = preprocess(*(torch.from_numpy(array) for array in arrays))
        before = front(plan.inputs)
        if tensors == 1 and before is not None:
            batch = (before(*batch),)
    if tensors == len(batch):
        return batch, {"tensors": str(tensors)} if tensors > 1 else {}
    apart = apart_by_name(plan.inputs, forward_names(module)[:tensors]) if len(batch) == 1 else {}
    if apart:
        return taken_apart(batch[0], apart.values()), {"apart": json.dumps(apart)}
    raise RunError(_other_inputs(name, forward_names(module)[:tensors], plan.inputs, len(batch)))


def _other_inputs(name: str, wanted: Sequence[str], inputs: Sequence[InputPlan], given: int) -> Diagnostic:
    """Return what is said where the columns cannot be shared out over what `forward` takes."""
    stems = list(dict.fromkeys(stem(column.name) for column in inputs))
    message = f"`forward` of `{name}` takes {len(wanted)} tensors, {', '.join(wanted)}, and the rows are {given}"
    return Diagnostic(
        code="Y009",
        severity="error",
        message=message,
        expected="numbers and codes of embedded columns, or columns called as the tensors are: `x` or `x_1`, `x_2`, …",
        received=", ".join(stems[:10]) + (", …" if len(stems) > 10 else ""),
        help="encode: {category: Embedding}" if len(wanted) == 2 else "",
    )


def _other_sides(description: Description, plan: Plan, one: dict[str, str], other: dict[str, str]) -> Diagnostic:
    """Return what is said where one class has to take, or answers, the columns of two sides in two ways."""
    first, second = (
        {key: each[key] for key in sorted(each) if each[key] != also.get(key)}
        for each, also in ((one, other), (other, one))
    )
    name = split_name(parse(plan.layers[0]).name)[1]
    return Diagnostic(
        code="Y009",
        severity="error",
        message=f"`{name}` takes the columns of the two sides in different ways, and one class stands for both",
        where=description.place("model"),
        expected="as many columns for each tensor of `forward` on both sides",
        received=f"first side {first or 'as they are'}, second side {second or 'as they are'}",
        help="let `forward` take one tensor `x`, with all columns of a side: def forward(self, x)",
    )


def _widths(plan: Plan) -> tuple[int, ...]:
    """Return the numbers of outputs that fit: two classes may have two outputs where no loss was asked for."""
    if plan.contrast is not None:
        return (plan.contrast.embedding,)
    free = plan.task == "binary" and plan.why["loss"] != "given"
    return (plan.outputs.width, 3 - plan.outputs.width) if free else (plan.outputs.width,)


def _adapted(plan: Plan, found: Probe, own: dict[str, str]) -> Plan:
    """Return the plan with the output as it is taken, and the loss that fits it."""
    noted = {**own, "output": found.output} if found.output else own
    changes: dict[str, Any] = {"own": noted}
    if plan.contrast is None and found.width != plan.outputs.width:
        loss = "CrossEntropyLoss" if found.width == 2 else "BCEWithLogitsLoss"
        changes["loss"] = loss
        changes["outputs"] = plan.outputs.model_copy(update={"width": found.width})
        changes["why"] = {**plan.why, "loss": f"your module has {found.width} outputs for two classes"}
    return plan.model_copy(update=changes)


def _source(call: Call, base: Path) -> dict[str, str]:
    home = split_name(call.name)[0]
    if home == IN_PYTHON:
        return {}
    return {"file": home, "sha256": hashlib.sha256((base / home).read_bytes()).hexdigest()}
