"""The dry run: a few real batches through the real model on the real loss, on copies, before training begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import nn

from modelwright.checks.program.check import broken_step
from modelwright.checks.program.program import Program
from modelwright.checks.program.rows import STEP_ROWS, Batch, Loader, Rows, first
from modelwright.checks.run import Receipt, run_program, with_findings
from modelwright.checks.run import run as run_checks
from modelwright.diagnostic import Place
from modelwright.model.contrast import Contrast
from modelwright.run.assemble import Assembly
from modelwright.run.remembered import remembered
from modelwright.spec.source import Description

BATCHES = 3  # that are looked at


def dry_run(assembly: Assembly) -> Receipt:
    """Return what the rules of the dry run find in a model that is ready to be trained.

    Weights, modes and random numbers are afterwards what they were, so that training is not changed by a bit. What was
    tried before, on the same rows, is remembered.
    """
    return remembered(assembly.plan, assembly.prepared.dataset.description, partial(_tried, assembly))


def _tried(assembly: Assembly) -> Receipt:
    prepared = assembly.prepared
    program = program_of(assembly)
    facts = replace(prepared.facts, plan=assembly.plan, program=program)
    if program.source.classes:  # rules that read lists of layers could not see into the user's own class
        receipt = run_program(facts, assembly.plan.ignore)
    else:
        receipt = run_checks("dry_run", facts, assembly.plan.ignore, Receipt())
    return with_findings(receipt, broken_step(program, receipt, assembly.plan.ignore))


def program_of(assembly: Assembly, rows: int = STEP_ROWS) -> Program:
    """Return the model of a run with its first batches, as the rules look at it: a batch of at most `rows` rows."""
    trainer = assembly.trainer
    core = trainer.model
    compares = isinstance(core, Contrast)  # whose batches hold the inputs of every view
    inputs = sum(core.takes) if compares else len(assembly.train.inputs)
    made = partial(_batch, inputs=inputs, target=not compares)
    batches = [made(batch) for batch in islice(trainer.batches.epoch(0), BATCHES)]

    def step(model: nn.Module, batch: Batch) -> torch.Tensor:
        return trainer.objective(model, *batch.whole)

    loader = Loader(rows=trainer.batches.rows, batch_size=trainer.batches.batch_size, drop_last=True, shuffled=True)
    batch = first(batches[0], rows)
    given = Rows(batch=batch, read=tuple(batches), complete=False, loader=loader)
    locate = _locate(assembly.prepared.dataset.description)
    return Program(model=trainer.model, rows=given, step=step, optimizer=trainer.optimizer, locate=locate)


def _batch(tensors: tuple[Any, ...], inputs: int, target: bool) -> Batch:
    """Return a batch of the trainer: its inputs, its target, perhaps weights of its rows."""
    return Batch(tensors[:inputs], {}, tensors[inputs] if target and len(tensors) > inputs else None, tensors)


def _locate(description: Description) -> Callable[[str], Place]:
    """Return what says where a layer stands in the description: in its list of layers, else at `model`."""

    def locate(layer: str) -> Place:
        numbers = [part for part in layer.split(".") if part.isdigit()]
        listed = not isinstance(description.spec.layers, str)
        return description.place(f"model[{numbers[0]}]" if listed and numbers else "model")

    return locate
