"""From a checked plan to the training of a GAN: two networks, their optimizers, and what judges the rows they make."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.data.arrays import raw
from modelwright.data.batches import Batches, Rows
from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.model.build import GanModel, Own, build, build_discriminator
from modelwright.model.gan import Discriminator
from modelwright.model.gan_losses import make_gan_loss
from modelwright.model.inputs import AsItIs, fit_preprocess
from modelwright.model.noise import normal
from modelwright.model.optimizers import make_optimizer
from modelwright.model.own import make
from modelwright.model.own_parts import own_optimizer
from modelwright.plan.plan import Plan
from modelwright.run.gan_score import Judge, judge_of
from modelwright.run.own import schedule
from modelwright.run.pictures import resident_pictures
from modelwright.run.prepare import Prepared
from modelwright.spec.call import parse
from modelwright.spec.own import is_own, place_of
from modelwright.spec.source import Description
from modelwright.spec.told import told
from modelwright.training.execution import choose
from modelwright.training.gan_trainer import GanTrainer

STEP = 10
"""Operations of a step for each weight and row: both networks forward and back, and once more for the generator."""
TRIED = 4  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """Two networks that are ready to play."""

    plan: Plan
    model: GanModel
    trainer: GanTrainer
    prepared: Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class GanAssembly(Game):
    """All that a run of a GAN needs; `judge` scores the rows that are made."""

    judge: Judge


def assemble_gan(prepared: Prepared) -> GanAssembly:
    """Fit, build and place everything on the device, and train the classifier of the scores, if there is one."""
    return judged(game_of(prepared))


def game_of(prepared: Prepared) -> Game:
    """Fit, build and place both networks, without what scores them. Raises RunError where their shapes do not fit."""
    plan, description = prepared.plan, prepared.dataset.description
    preprocess = fit_preprocess(plan, prepared.dataset.table.examples, prepared.split.train)
    model = build(plan, preprocess, plan.train.seed, _own(plan, description, "generator"))
    assert isinstance(model, GanModel)
    discriminator = build_discriminator(plan, plan.train.seed, _own(plan, description, "discriminator"))
    _try(plan, description, model, discriminator)
    plan = _with_execution(plan, model, discriminator, description)
    device = torch.device(plan.execution.device)
    model.to(device)
    discriminator.to(device)
    rows = encoded(prepared, preprocess, prepared.split.train, device)
    trainer = _trainer(plan, description, model, discriminator, rows)
    return Game(plan=plan, model=model, trainer=trainer, prepared=prepared)


def judged(game: Game) -> GanAssembly:
    """Add what scores the rows, which trains a classifier where there are classes."""
    judge = judge_of(replace(game.prepared, plan=game.plan), game.model)
    if game.plan.split.rows[1] > 1:
        game.trainer.judge = judge.by_epoch
    return GanAssembly(plan=game.plan, model=game.model, trainer=game.trainer, prepared=game.prepared, judge=judge)


def encoded(prepared: Prepared, preprocess: nn.Module, rows: np.ndarray, device: torch.device) -> Rows:
    """Return rows as batches hold them: pictures as bytes, columns as the numbers that the discriminator sees."""
    examples, plan = prepared.dataset.table.examples, prepared.plan
    if isinstance(preprocess, AsItIs) and plan.inputs[0].encoding == "pixels" and device.type == "cpu":
        return resident_pictures(examples, plan.inputs[0].name, rows)
    with torch.no_grad():
        return preprocess(*(torch.from_numpy(array).to(device) for array in raw(examples, plan.inputs, rows)))[0]


def _trainer(
    plan: Plan,
    description: Description,
    model: GanModel,
    discriminator: Discriminator,
    rows: Rows,
) -> GanTrainer:
    gan = plan.gan
    assert gan is not None
    average = copy.deepcopy(model.generator).eval()
    average.requires_grad_(False)
    batches = Batches((rows,), plan.train.batch_size, plan.train.seed)
    optimizers = {
        "generator": _optimizer(plan.optimizer, description, "generator", model.core),
        "discriminator": _optimizer(gan.optimizer, description, "discriminator", discriminator),
    }
    schedules = {name: schedule(plan, description, one, len(batches)) for name, one in optimizers.items()}
    return GanTrainer(
        generator=model.generator,
        discriminator=discriminator,
        average=average,
        optimizers=optimizers,
        schedules={name: one for name, one in schedules.items() if one is not None},
        halved=plan.execution.precision == "bfloat16",
        loss=make_gan_loss(plan.loss),
        batches=batches,
        real=_same if model.front is None else model.front,
        lead=f"validation_{plan.metric}",
        width=gan.latent + gan.noise,
        seed=plan.train.seed,
        epochs=plan.train.epochs,
        patience=plan.train.patience,
        discriminator_steps=gan.discriminator_steps,
        ema=gan.ema,
        clip_grad_norm=plan.train.clip_grad_norm,
    )


def _same(rows: Tensor) -> Tensor:
    return rows


def _own(plan: Plan, description: Description, player: str) -> Own | None:
    """Return what makes a network of the user's own; None for torch's layers."""
    call = parse(_layers(plan, player)[0])
    return partial(make, call, description.base, description.own, f"model.{player}") if is_own(call.name) else None


def _layers(plan: Plan, player: str) -> tuple[str, ...]:
    assert plan.gan is not None
    return plan.layers if player == "generator" else plan.gan.discriminator


def _optimizer(text: str, description: Description, player: str, network: nn.Module) -> torch.optim.Optimizer:
    if is_own(text):
        return own_optimizer(parse(text), description.base, description.own, network, f"optimizer.{player}")
    return make_optimizer(text, network, description.place(f"optimizer.{player}"))


def _with_execution(plan: Plan, model: nn.Module, discriminator: nn.Module, description: Description) -> Plan:
    """Return the plan with device and threads, and the hash of the user's own files."""
    if "execution.device" in plan.why:
        return plan
    weights = sum(p.numel() for network in (model, discriminator) for p in network.parameters())
    pixels = 4 if plan.inputs[0].encoding == "pixels" else 1  # a kernel works at many places
    execution, why = choose(description.spec.train, STEP * pixels * weights * plan.train.batch_size)
    reasons = {**plan.why, **{f"execution.{name}": reason for name, reason in why.items()}}
    return plan.model_copy(update={"execution": execution, "why": reasons})


def _try(plan: Plan, description: Description, model: GanModel, discriminator: Discriminator) -> None:
    """Send a few random rows through networks of the user's own; RunError where shapes do not fit."""
    gan = plan.gan
    assert gan is not None
    if not any(is_own(_layers(plan, player)[0]) for player in ("generator", "discriminator")):
        return
    made, judged = copy.deepcopy(model.generator), copy.deepcopy(discriminator)
    z = normal("watch", TRIED, gan.latent + gan.noise, plan.train.seed)
    with torch.no_grad():
        rows = _tried(made.layers, z[:, : gan.latent], plan.outputs.width, description, "generator")
        shaped = made.head(rows.flatten(1), z[:, gan.latent :])
        _tried(judged.layers, shaped, 1, description, "discriminator")


def _tried(network: nn.Module, given: Tensor, width: int, description: Description, player: str) -> Tensor:
    with told(f"the {player} does not take its rows", place_of(network)):
        found = network(given)
    received = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
    if not isinstance(found, Tensor) or found.shape[:1] != (TRIED,) or found.numel() != TRIED * width:
        raise RunError(
            Diagnostic(
                code="Y009",
                severity="error",
                message=f"the {player} gives {received} for {TRIED} rows",
                where=description.place(f"model.{player}"),
                expected=f"{width:,} number{'s'[: width > 1]} a row",
                received=str(received),
                help="the size of its last layer",
            )
        )
    return found
