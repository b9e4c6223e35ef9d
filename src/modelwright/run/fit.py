"""Training in memory, for the scikit-learn estimators: no run folder, no test rows, no score; all rows are learned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from safetensors.torch import load, save

from modelwright.checks.facts import Facts
from modelwright.checks.run import Receipt
from modelwright.data.split import Split
from modelwright.errors import RunError
from modelwright.plan.inputs import plan_inputs
from modelwright.plan.outputs import plan_outputs
from modelwright.plan.plan import OutputPlan, Plan, SplitPlan
from modelwright.plan.resolve import Parts, resolve
from modelwright.run.assemble import Assembly, assemble
from modelwright.run.prepare import Dataset, Prepared, read_dataset, with_own_tried
from modelwright.run.session import not_finite, proof_rows
from modelwright.ship.artifact import from_bytes, to_bytes
from modelwright.ship.model import Model
from modelwright.spec.located import located
from modelwright.spec.source import Description
from modelwright.training.execution import threads
from modelwright.training.trainer import NotFinite, random_states, set_random_states


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A model that was trained in memory, its model file's content, and the state that training goes on from."""

    model: Model
    content: bytes
    tensors: dict[str, torch.Tensor]
    facts: dict[str, Any]

    @property
    def history(self) -> list[dict[str, Any]]:
        """One record an epoch."""
        return self.facts["history"]


def fit(
    description: Description,
    frame: pl.DataFrame,
    classes: tuple[str, ...],
    validation: np.ndarray,
    *,
    before: Fitted | None = None,
) -> Fitted:
    """Train on all rows of a frame but those numbered in `validation`, which choose the epoch.

    `classes` are all that there are, though rows may lack some (empty for numbers). With `before` it goes on from there
    for as many epochs more, with its plan and preprocessing. Raises SpecError, DataError and RunError.
    """
    prepared = _prepared(description, frame, classes, validation, None if before is None else before.model.plan)
    device = torch.device(prepared.plan.execution.device)
    states = random_states(device)
    try:
        torch.manual_seed(prepared.plan.train.seed)
        assembly = assemble(prepared)
        if before is not None:
            _go_on(assembly, before)
        with threads(assembly.plan.execution.threads):
            _train(prepared, assembly)
    finally:
        set_random_states(device, states)
    return _fitted(prepared, assembly)


def to_fit(description: Description, frame: pl.DataFrame) -> Prepared:
    """Return what `fit` assembles, for all rows of a frame and the classes that these have."""
    return _prepared(description, frame, (), np.zeros(0, dtype=np.int64), None)


def _prepared(
    description: Description, frame: pl.DataFrame, classes: tuple[str, ...], validation: np.ndarray, known: Plan | None
) -> Prepared:
    dataset = read_dataset(description, Path.cwd(), frame)
    one = _split(dataset, validation)
    with located(description):
        if known is not None:
            plan = _more_epochs(known, description)
        else:
            plan = with_own_tried(dataset, one, _plan(dataset, one, classes))
    return Prepared(dataset=dataset, split=one, plan=plan, facts=Facts(), receipt=Receipt())


def _split(dataset: Dataset, validation: np.ndarray) -> Split:
    train = np.setdiff1d(dataset.rows, validation)
    plan = SplitPlan(
        by="random",
        test_size=0,
        validation_size=len(validation),
        random_state=0,
        shuffle=True,
        stratify=False,
        rows=(len(train), len(validation), 0),
    )
    return Split(train=train, validation=validation, test=np.zeros(0, dtype=np.int64), plan=plan)


def _plan(dataset: Dataset, one: Split, classes: tuple[str, ...]) -> Plan:
    spec, table = dataset.description.spec, dataset.table
    inputs, unused, why = plan_inputs(spec, table, one.train)
    if classes:
        kind = table.column(dataset.targets[0]).kind
        width = 1 if dataset.task == "binary" else len(classes)
        outputs = OutputPlan(targets=dataset.targets, kind=kind, classes=classes, width=width)
    else:
        outputs = plan_outputs(spec, table, one.train, dataset.task)
    parts = Parts(
        table=table,
        task=dataset.task,
        split=one,
        inputs=inputs,
        unused=unused,
        outputs=outputs,
        why={**dataset.why, **why},
    )
    return resolve(dataset.description, parts)


def _more_epochs(plan: Plan, description: Description) -> Plan:
    """Return the plan of a model for the epochs that are asked for now; the end of a schedule is not run again."""
    asked = description.spec
    changes: dict[str, Any] = {"train": plan.train.model_copy(update={"epochs": asked.train.epochs})}
    if asked.scheduler == "none":
        changes["scheduler"] = None
    return plan.model_copy(update=changes)


def _go_on(assembly: Assembly, before: Fitted) -> None:
    """Take weights and preprocessing over, and train for as many epochs more; with the optimizer's state as well where
    the learning rate goes on as it was."""
    assembly.model.preprocess.load_state_dict(before.model.module.preprocess.state_dict())
    trainer = assembly.trainer
    if before.model.plan.scheduler != assembly.plan.scheduler:
        trainer.model.load_state_dict(before.model.module.core.state_dict())
        return
    trainer.load(before.tensors, before.facts)
    trainer.epochs += len(trainer.history)


def _train(prepared: Prepared, assembly: Assembly) -> None:
    trainer = assembly.trainer
    try:
        for _ in trainer.run(every=1 << 30):
            pass
    except NotFinite:
        raise RunError(not_finite(prepared, assembly.plan)) from None
    trainer.restore_best()


def _fitted(prepared: Prepared, assembly: Assembly) -> Fitted:
    tensors, facts = assembly.trainer.state()
    tensors = {name: tensor.detach().clone() for name, tensor in tensors.items() if not name.startswith("best/")}
    assembly.model.requires_grad_(False)
    model = Model(assembly.plan, assembly.model.cpu().eval())
    return Fitted(model=model, content=to_bytes(model, proof_rows(prepared)), tensors=tensors, facts=facts)


def to_state(fitted: Fitted) -> dict[str, Any]:
    """Return a model that was trained in memory as bytes and plain values: the model file, and what goes on from it."""
    kept = {name: tensor for name, tensor in fitted.tensors.items() if not name.startswith("model/")}
    return {"model": fitted.content, "state": save(kept), "facts": fitted.facts}


def from_state(state: dict[str, Any], own: Any = None) -> Fitted:
    """Return what `to_state` took apart; `own` is the user's class, where the model is one."""
    model = from_bytes(state["model"], own)
    weights = {f"model/{name}": tensor for name, tensor in model.module.core.state_dict().items()}
    return Fitted(
        model=model, content=state["model"], tensors={**load(state["state"]), **weights}, facts=state["facts"]
    )
