"""One run of a GAN from its plan to its scores, told as events like any other; `go` takes any run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from modelwright.checks.run import run as run_checks
from modelwright.diagnostic import Diagnostic
from modelwright.files import write_atomically
from modelwright.plan.plan import Plan
from modelwright.run import session
from modelwright.run.events import Event, Planned, Scored, Started, Trained, Tried
from modelwright.run.folder import CHECKPOINT, CHECKS, MODEL, PLAN, SCORE, Folder
from modelwright.run.gan import GanAssembly, assemble_gan, game_of, judged
from modelwright.run.gan_dry import dry_run_gan
from modelwright.run.gan_score import SHOWN
from modelwright.run.prepare import Prepared, raise_errors
from modelwright.run.request import Request
from modelwright.run.samples import SAMPLES, sample_name, write_rows
from modelwright.run.session import Clock, own_random_numbers, told_by, trained
from modelwright.ship.artifact import save_model
from modelwright.ship.gan import GenerativeModel, proof_latents
from modelwright.training.checkpoint import load_checkpoint, remove_leftovers
from modelwright.training.company import Company
from modelwright.training.execution import threads

GENERATED = "generated.json"
"""What the report shows beside the scores: distances of columns, shares of classes, what the features are."""


def go(prepared: Prepared, folder: Folder, request: Request, company: Company | None = None) -> Iterator[Event]:
    """Train, evaluate and save one run in its folder; see `session.go`."""
    if prepared.plan.gan is not None:
        return go_gan(prepared, folder, request)
    return session.go(prepared, folder, request, company)


def go_gan(prepared: Prepared, folder: Folder, request: Request) -> Iterator[Event]:
    """Train both networks, score what the averaged generator makes, and save it. Raises as `session.go` does."""
    clock = Clock()
    every = prepared.dataset.description.spec.train.checkpoint_seconds
    game = game_of(prepared)
    if request.dry_run:
        tried = dry_run_gan(game)
        prepared = replace(prepared, receipt=prepared.receipt + tried)
        yield Tried(tried)
        raise_errors(tried)
    assembly = judged(game)
    plan, trainer = assembly.plan, assembly.trainer
    write_atomically(folder.path / PLAN, plan.model_dump_json(indent=1))
    yield Planned(plan, sum(parameter.numel() for parameter in trainer.model.parameters()))
    with own_random_numbers(plan), threads(plan.execution.threads):
        (folder.path / SAMPLES).mkdir(exist_ok=True)
        for place in (folder.path, (folder.path / CHECKPOINT).parent, folder.path / SAMPLES):
            remove_leftovers(place)
        if (folder.path / CHECKPOINT).exists():
            trainer.load(*load_checkpoint(folder.path / CHECKPOINT))
        yield Started(folder.path, resumed_at=len(trainer.history))
        clock.lap("prepare")
        for event in told_by(trained(trainer, folder, request.stop, every, None), prepared, plan, folder, not_finite):
            if isinstance(event, dict):
                _show(assembly, folder.path, event["epoch"])
            yield event
        yield Trained(len(trainer.history), trainer.best_epoch, trainer.why_ended)
        clock.lap("train")
        scored = _finish(prepared, assembly, folder, clock)
        if request.report is not None:
            from modelwright.run.gan_report import report_gan

            report_gan(folder, plan, scored.result, {**request.report, **clock.seconds}, trainer.why_ended)
            clock.lap("report")
        yield scored


def _show(assembly: GanAssembly, folder: Path, epoch: int) -> None:
    """Write what the same random numbers became in this epoch."""
    rows = assembly.judge.made(assembly.trainer.average, SHOWN if assembly.model.front is not None else 500, "watch")
    write_rows(folder / sample_name(epoch, assembly.model.front is not None), rows)


def _finish(prepared: Prepared, assembly: GanAssembly, folder: Folder, clock: Clock) -> Scored:
    """Score the averaged generator on the test rows (used here and nowhere else), save model and score."""
    trainer, plan, model = assembly.trainer, assembly.plan, assembly.model
    trainer.restore_best()
    model.core.load_state_dict(trainer.average.state_dict())
    result, facts = assembly.judge.result(trainer.average)
    known = replace(prepared.facts, plan=plan, result=result, uses=session.uses(plan))
    receipt = run_checks("evaluation", known, plan.ignore, prepared.receipt)
    clock.lap("evaluate")
    model.requires_grad_(False)
    kept = GenerativeModel(plan, model.cpu().eval())
    save_model(folder.path / MODEL, kept, proof_latents(kept, plan.train.seed))
    folder.write_json(GENERATED, facts)
    folder.write_json(CHECKS, receipt.to_json())
    clock.lap("save")
    folder.write_json(SCORE, result.to_json())
    return Scored(path=folder.path, plan=plan, result=result, receipt=receipt, seconds=clock.seconds)


def not_finite(prepared: Prepared, plan: Plan, checkpoint: Path) -> Diagnostic:
    """Find the step, the network and the layer by training again from the last checkpoint with open eyes."""
    torch.manual_seed(plan.train.seed)
    return session.no_number(prepared, plan, assemble_gan(replace(prepared, plan=plan)).trainer, checkpoint)
