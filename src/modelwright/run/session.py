"""One run from its plan to its score, told as events; resume goes the same way from the last checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import torch

from modelwright.checks.run import Receipt, left_out
from modelwright.checks.run import run as run_checks
from modelwright.data.columns import Examples
from modelwright.data.machine import give_back
from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.files import AGAIN, write_atomically
from modelwright.plan.plan import Plan
from modelwright.run.assemble import Assembly, assemble
from modelwright.run.contrast_score import score_contrast
from modelwright.run.dry import dry_run, program_of
from modelwright.run.events import Event, Planned, Scored, Started, Trained, Tried
from modelwright.run.folder import CHECKPOINT, CHECKS, MODEL, PLAN, SCORE, Folder
from modelwright.run.prepare import Prepared, raise_errors
from modelwright.run.refusals import refused_step
from modelwright.run.request import Interrupted, Request, Stop
from modelwright.run.score import Judged, judged, judged_beside, score_run
from modelwright.run.watch import Watch
from modelwright.ship.artifact import save_model
from modelwright.ship.contrast import every_input
from modelwright.ship.forecast import proof_windows
from modelwright.ship.model import Model
from modelwright.training.checkpoint import load_checkpoint, remove_leftovers, save_checkpoint
from modelwright.training.company import Company
from modelwright.training.execution import threads
from modelwright.training.gan_trainer import GanTrainer
from modelwright.training.limit import share_of_limit
from modelwright.training.progress import Progress
from modelwright.training.trainer import NotFinite, Trainer, random_states, set_random_states

PROOF_ROWS = 5
SETTLED_ROWS = 256  # of a training batch, on which the trained model is looked at
MOST_STEPS = 1 << 30  # between two looks: short epochs end before, and would let the number grow for ever
LOOK_SECONDS = 0.1  # between two looks at the loss, for progress, interruption and checkpoints


def go(prepared: Prepared, folder: Folder, request: Request, company: Company | None = None) -> Iterator[Event]:
    """Train, evaluate and save one run in its folder, from its checkpoint if there is one; yield what happens.

    Unless `request` says otherwise, a dry run comes first, whose errors are raised like those of the checks before it,
    and a report last. In `company` it waits for the others now and then: take all of them further in turns. Raises
    RunError for a loss that is not finite and for files that cannot be written; Interrupted when the user stops it.
    """
    clock = Clock()
    every = prepared.dataset.description.spec.train.checkpoint_seconds
    assembly = assemble(prepared)
    tried = dry_run(assembly) if request.dry_run else _untried(request)
    prepared = replace(prepared, receipt=prepared.receipt + tried)
    if request.dry_run:
        yield Tried(tried)
    raise_errors(tried)
    assembly = _in_company(assembly, company)
    watch = None if request.report is None else Watch(assembly.trainer, clock.elapsed)
    plan, trainer = assembly.plan, assembly.trainer
    write_atomically(folder.path / PLAN, plan.model_dump_json(indent=1))
    yield Planned(plan, sum(parameter.numel() for parameter in assembly.model.core.parameters()))
    with own_random_numbers(plan), threads(plan.execution.threads):
        resumed = _go_on(trainer, folder)
        if watch is not None:
            watch.begin(folder.path, resumed)
        if company is not None and plan.execution.together:
            company.join(trainer)
        yield Started(folder.path, resumed_at=len(trainer.history))
        on = judged_beside(assembly, prepared.split)
        begun = len(trainer.history), time.perf_counter()
        yield from told_by(trained(trainer, folder, request.stop, every, watch), prepared, plan, folder)
        yield _trained(trainer, *begun)
        clock.lap("train")
        trainer.restore_best()
        scored = _finish(prepared, assembly, on, folder, clock)
        del on
        if watch is not None:
            watch.report(assembly, folder, scored.result, {**(request.report or {}), **clock.seconds})
            clock.lap("report")
        yield scored


def _in_company(assembly: Assembly, company: Company | None) -> Assembly:
    """Return what a run needs, with the plan it has in company; one that has begun keeps its own."""
    if company is None or "execution.device" in assembly.prepared.plan.why:
        return assembly
    return replace(assembly, plan=company.invite(assembly.plan, assembly.trainer))


def _go_on(trainer: Trainer, folder: Folder) -> bool:
    """Take away what a killed process has left, and load the last checkpoint; return whether there is one."""
    checkpoint = folder.path / CHECKPOINT
    remove_leftovers(folder.path)
    remove_leftovers(checkpoint.parent)
    if checkpoint.exists():
        trainer.load(*load_checkpoint(checkpoint))
    return checkpoint.exists()


def _untried(request: Request) -> Receipt:
    """Return the receipt where no dry run is made: nothing where the first member of a cohort made it for all."""
    return Receipt() if request.dry_run is None else left_out()


Where = Callable[[Prepared, Plan, Path], Diagnostic]
"""Finds out where a loss stopped being finite."""


def _trained(trainer: Trainer, epochs: int, since: float) -> Trained:
    steps = 0 if trainer.companion is not None else (len(trainer.history) - epochs) * len(trainer.batches)
    limit = share_of_limit(trainer, time.perf_counter() - since, steps)
    return Trained(len(trainer.history), trainer.best_epoch, trainer.why_ended, limit)


def told_by(
    events: Iterator[Event], prepared: Prepared, plan: Plan, folder: Folder, where: Where | None = None
) -> Iterator[Event]:
    """Pass on what training tells; what ends it becomes a RunError that says where and what to do."""
    try:
        yield from events
    except NotFinite:
        raise RunError((where or not_finite)(prepared, plan, folder.path / CHECKPOINT)) from None
    except (RuntimeError, ValueError, IndexError) as error:  # what torch raises for a batch it cannot work with
        raise RunError(refused_step(prepared, plan, error)) from error
    except RunError as error:
        raise RunError(*(_resumed(found, folder) for found in error.diagnostics)) from error


def _resumed(found: Diagnostic, folder: Folder) -> Diagnostic:
    """Say that a run whose files could not be written goes on with `resume`, not by training again."""
    if not found.help.endswith(AGAIN):
        return found
    return replace(found, help=f"{found.help.removesuffix(AGAIN)}, then: modelwright resume {folder.path}")


class Clock:
    """Seconds of the parts of a run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds since the last lap."""
        return time.perf_counter() - self._last

    def lap(self, name: str) -> None:
        """Count the time since the last lap under `name`."""
        now = time.perf_counter()
        self.seconds[name], self._last = now - self._last, now


@contextmanager
def own_random_numbers(plan: Plan) -> Generator[None]:
    """Draw dropout from the plan's seed, and give the caller's random numbers back afterwards."""
    device = torch.device(plan.execution.device)
    before = random_states(device)
    torch.manual_seed(plan.train.seed)
    try:
        yield
    finally:
        set_random_states(device, before)


def trained(
    trainer: Trainer | GanTrainer, folder: Folder, stop: Stop, checkpoint_seconds: float, watch: Watch | None
) -> Iterator[Progress | dict[str, Any]]:
    """Run the trainer; save now and then, and when the user stops it."""
    give_back()
    saved = looked = time.monotonic()
    for event in trainer.run():
        now = time.monotonic()
        _pace(trainer, now - looked)
        if watch is not None:
            watch.look(event, now - looked)
        if stop.asked or now - saved >= checkpoint_seconds:
            _save(trainer, folder, watch)
            saved = time.monotonic()
        yield event
        looked = time.monotonic()
        if stop.asked and trainer.whole:
            _save(trainer, folder, watch)
            raise Interrupted
    folder.write_metrics(trainer.history)


def _save(trainer: Trainer | GanTrainer, folder: Folder, watch: Watch | None) -> None:
    """Write all that a resumed run needs; the trainer has just yielded, so its state is whole."""
    folder.write_metrics(trainer.history)
    if watch is not None:
        watch.track.save(folder.path)
    save_checkpoint(folder.path / CHECKPOINT, *trainer.state())


def _pace(trainer: Trainer | GanTrainer, seconds: float) -> None:
    """Look as often as `LOOK_SECONDS` says, whatever a step costs."""
    factor = min(4.0, max(0.25, LOOK_SECONDS / max(seconds, 1e-6)))
    trainer.position.every = min(MOST_STEPS, max(1, int(trainer.position.every * factor)))


def _finish(prepared: Prepared, assembly: Assembly, on: Judged | None, folder: Folder, clock: Clock) -> Scored:
    """Score on the test rows (used here and nowhere else), check the evaluation, save model and score."""
    plan = assembly.plan
    if plan.contrast is not None:
        result = score_contrast(assembly, prepared.split)
    else:
        result = score_run(assembly, on or judged(assembly, prepared.split))
    facts = replace(prepared.facts, plan=plan, result=result, uses=uses(plan), history=assembly.trainer.history)
    facts = replace(facts, trained=program_of(assembly, SETTLED_ROWS))
    receipt = run_checks("training", facts, plan.ignore, prepared.receipt)
    receipt = run_checks("evaluation", facts, plan.ignore, receipt)
    clock.lap("evaluate")
    assembly.model.requires_grad_(False)
    model = Model(plan, assembly.model.cpu().eval())
    save_model(folder.path / MODEL, model, proof_rows(prepared))
    folder.write_json(CHECKS, receipt.to_json())
    clock.lap("save")
    folder.write_json(SCORE, result.to_json())
    return Scored(path=folder.path, plan=plan, result=result, receipt=receipt, seconds=clock.seconds)


def uses(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return what each part of the rows was used for in a run of this plan."""
    validation = ("choice of the epoch", "early stopping") if plan.train.patience else ("choice of the epoch",)
    scheduled = ("learning rate",) if (plan.scheduler or "").startswith("ReduceLROnPlateau") else ()
    return {"train": ("training",), "validation": (*validation, *scheduled), "test": ("score",)}


def proof_rows(prepared: Prepared) -> Examples:
    """Return a few raw input rows of the training part, spread over it."""
    rows = prepared.split.train
    chosen = rows[:: max(1, len(rows) // PROOF_ROWS)][:PROOF_ROWS]
    names = list(dict.fromkeys(column.name for column in every_input(prepared.plan)))
    examples = prepared.dataset.table.examples
    if prepared.plan.forecast is not None:
        return proof_windows(prepared.plan, prepared.dataset.table, chosen)
    frame = examples.frame.select(names)[chosen]
    media = {name: examples.media[name][frame[name].to_numpy()] for name in names if name in examples.media}
    return Examples(frame.with_columns(pl.Series(name, range(len(chosen))) for name in media), media)


def not_finite(prepared: Prepared, plan: Plan, checkpoint: Path | None = None) -> Diagnostic:
    """Find the step and the layer by training again from the last checkpoint (or the start) with open eyes."""
    torch.manual_seed(plan.train.seed)
    return no_number(prepared, plan, assemble(replace(prepared, plan=plan)).trainer, checkpoint)


def no_number(prepared: Prepared, plan: Plan, trainer: Trainer | GanTrainer, checkpoint: Path | None) -> Diagnostic:
    """Say where the loss of a trainer stops being finite; it trains from the last checkpoint, or from the start."""
    from modelwright.training.blame import blame

    if checkpoint is not None and checkpoint.exists():
        trainer.load(*load_checkpoint(checkpoint))
    return Diagnostic(
        code="R005",
        severity="error",
        message=f"the loss is no longer finite in {blame(trainer)}",
        where=prepared.dataset.description.place("optimizer"),
        received=plan.optimizer,
        known="training stopped there" + ("; the last good checkpoint is kept" if checkpoint is not None else ""),
        help="a smaller learning rate, or train.clip_grad_norm=1.0",
    )
