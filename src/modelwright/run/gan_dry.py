"""The dry run of a GAN: each network with a batch, its own step and its own optimizer, on copies, before any step."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import torch
from torch import Tensor, nn

from modelwright.checks.facts import Facts
from modelwright.checks.program.check import broken_step
from modelwright.checks.program.game import bounded, shared, squashed
from modelwright.checks.program.program import Program
from modelwright.checks.program.rows import STEP_ROWS, Batch, Loader, Rows
from modelwright.checks.rule import code_of
from modelwright.checks.rules import BY_PHASE
from modelwright.checks.run import Receipt, run_named
from modelwright.diagnostic import Place, by_severity
from modelwright.model.gan import Columns
from modelwright.model.noise import normal, uniform
from modelwright.plan.plan import Plan
from modelwright.run.gan import Game
from modelwright.spec.schema import Networks
from modelwright.spec.source import Description

BOTH = (
    "shape.s311_unregistered",
    "architecture.m405_equal_units",
    "architecture.m406_order_of_normalisation",
    "architecture.m408_batch_of_one",
    "architecture.m409_no_gradient",
    "architecture.m412_frozen_normalisation",
    "optimizer.o601_parameters",
    "optimizer.o603_evaluation_mode",
)
INPUT = "dynamics.t713_input_ignored"
OF_GENERATOR = ("shape.s308_rows_mix", *BOTH)
"""A discriminator may look at its whole batch: the spread of made rows is a sign of a generator that has collapsed."""
ENDS = ("H502", "H509", "H510")
"""Rules that are asked of a game in a way of its own."""
WITHOUT = "needs one network with a target, not two"


def dry_run_gan(game: Game) -> Receipt:
    """Return what the rules find in two networks that are ready to play; weights and random numbers stay."""
    made, judged, real = _players(game)
    alone = _before_drawing(game, made)
    ignore, plan, seen = game.plan.ignore, game.plan, Receipt()
    for facts, rules in ((made, OF_GENERATOR), (alone, (INPUT,)), (judged, (*BOTH, INPUT))):
        receipt = run_named(rules, facts, ignore)
        assert facts.program is not None
        broken = broken_step(facts.program, receipt, ignore)
        seen += replace(receipt, diagnostics=tuple(by_severity((*receipt.diagnostics, *broken))))
    ends = [*squashed(judged, plan.loss), *bounded(alone, _numbers(game, real))]
    ends += shared(made, game.trainer.generator, game.trainer.discriminator)
    seen += Receipt(
        diagnostics=tuple(one for one in ends if one.code not in ignore),
        ran=ENDS,
        ignored={code: sum(one.code == code for one in ends) for code in ignore if code in ENDS},
    )
    waiting = [code for code in map(code_of, BY_PHASE["dry_run"]) if code not in seen.ran]
    return seen + Receipt(not_run=dict.fromkeys(waiting, WITHOUT))


def _players(game: Game) -> tuple[Facts, Facts, Tensor]:
    """Return the generator and the discriminator as programs, and the real rows of the first batch."""
    plan, trainer = game.plan, game.trainer
    gan, batches = plan.gan, trainer.batches
    assert gan is not None
    (batch,) = next(islice(batches.epoch(0), 1))
    real = trainer.real(batch[:STEP_ROWS]).detach()
    z = normal("step", len(real), trainer.width, plan.train.seed).to(real.device)
    mix = uniform("mix", len(real), plan.train.seed, 0, 0).to(real.device)
    other = copy.deepcopy(trainer.discriminator).requires_grad_(False)
    with torch.no_grad():
        fake = copy.deepcopy(trainer.generator)(z)

    def makes(model: nn.Module, given: Batch) -> Tensor:
        return trainer.loss.generator(other(model(*given.inputs)))

    def judges(model: nn.Module, given: Batch) -> Tensor:
        (rows,) = given.inputs
        return trainer.loss.discriminator(model, rows, fake[: len(rows)], mix[: len(rows)])

    loader = Loader(rows=batches.rows, batch_size=batches.batch_size, drop_last=True, shuffled=True)
    description = game.prepared.dataset.description

    def facts(player: str, network: nn.Module, given: Tensor, step: Callable[[nn.Module, Batch], Tensor]) -> Facts:
        held = Batch((given,), {}, None, (given,))
        program = Program(
            model=network,
            rows=Rows(batch=held, read=(held,), complete=False, loader=loader),
            step=step,
            optimizer=trainer.optimizers[player],
            locate=_locate(description, player),
        )
        return Facts(description=description, program=program)

    made = facts("generator", trainer.generator, z, makes)
    return made, facts("discriminator", trainer.discriminator, real, judges), real


def _before_drawing(game: Game, made: Facts) -> Facts:
    """Return the generator's layers alone: categories are drawn of what they give, by random numbers of their own."""
    program = made.program
    assert program is not None and program.rows is not None
    z = program.rows.batch.inputs[0][:, : _latent(game.plan)]
    given = Batch((z,), {}, None, (z,))
    rows = Rows(batch=given, read=(given,), complete=False)
    return replace(made, program=Program(model=game.trainer.generator.layers, rows=rows, locate=program.locate))


def _numbers(game: Game, real: Tensor) -> Tensor:
    """Return what of real rows the generator gives as it is: pixels, or the columns of numbers."""
    head = game.trainer.generator.head
    return real[:, : head.numbers] if isinstance(head, Columns) else real


def _latent(plan: Plan) -> int:
    assert plan.gan is not None
    return plan.gan.latent


def _locate(description: Description, player: str) -> Callable[[str], Place]:
    """Return what says where a layer stands in the description: in its network's list, else at the network."""
    model = description.spec.model
    listed = isinstance(model, Networks) and isinstance(getattr(model, player), list)

    def locate(layer: str) -> Place:
        numbers = [part for part in layer.split(".") if part.isdigit()]
        return description.place(f"model.{player}[{numbers[0]}]" if listed and numbers else f"model.{player}")

    return locate
