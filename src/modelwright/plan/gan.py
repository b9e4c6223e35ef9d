"""The plan of a GAN: two networks, their losses and rates, and the columns that are made."""

from __future__ import annotations

import hashlib
import math
from importlib.metadata import version
from typing import Any

from modelwright.data.columns import Table
from modelwright.data.roles import target_columns
from modelwright.data.split import Split
from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.plan import defaults, gan_defaults, recipes
from modelwright.plan.gan_columns import made_columns
from modelwright.plan.gan_refusals import METRIC, refusals, unscored
from modelwright.plan.own import resolve_own
from modelwright.plan.plan import GanPlan, InputPlan, OutputPlan, Plan, TrainPlan, input_shape
from modelwright.plan.resolve import PROVISIONAL, data_plan
from modelwright.plan.shape_rule import Shape
from modelwright.plan.sizes import fill_sizes
from modelwright.spec.call import Value, parse
from modelwright.spec.names import bind
from modelwright.spec.own import IN_PYTHON, is_own, split_name
from modelwright.spec.schema import Networks, Optimizers, Spec
from modelwright.spec.source import Description

LEAD = (METRIC, "how far the features of generated rows lie from those of rows never trained on")


def gan_targets(spec: Spec, table: Table) -> tuple[tuple[str, ...], str]:
    """Return the column whose classes the scores' classifier learns, if there is one, with the reason."""
    if spec.data.target == "auto" and not (table.media and len(table.names) > 1):
        return (), "none: a GAN makes whole rows; with `data.target` its scores use a classifier of that column"
    found, why = target_columns(spec, table)
    return found[:1], why if why == "given" else "the classes beside the pictures: the scores use a classifier of them"


def plan_gan(
    description: Description, table: Table, one: Split, targets: tuple[str, ...], reasons: dict[str, str]
) -> Plan:
    """Return the plan of a GAN. Raises SpecError where layers, sizes or settings do not fit together."""
    spec, why = description.spec, dict(reasons)
    if problems := [*refusals(description)]:
        raise SpecError(*problems)
    inputs, unused = made_columns(spec, table, one, why)
    pictures = inputs[0].encoding == "pixels"
    latent, why["gan.latent"] = _given(spec.gan.latent, gan_defaults.LATENT)
    recipe, layers = _network(description, "generator", inputs, latent, why)
    loss, why["loss"] = _given(spec.loss, gan_defaults.LOSSES[pictures])
    scale, why["scale"] = _given(spec.scale, ("none", "pictures") if pictures else gan_defaults.SCALE)
    impute, why["impute"] = _given(spec.encode.missing, defaults.IMPUTE)
    gan = _other(description, inputs, latent, targets, why)
    scheduler, why["scheduler"] = _scheduler(description, one)
    why |= {"metric": LEAD[1], "model": why["model.generator"]}
    return Plan(
        modelwright=version("modelwright"),
        task="gan",
        data=data_plan(spec, table),
        inputs=inputs,
        unused=unused,
        outputs=OutputPlan(targets=targets, kind=inputs[0].kind, width=math.prod(input_shape(inputs))),
        gan=gan,
        split=one.plan,
        scale=scale if scale == "none" else str(parse(scale)),
        impute=str(parse(impute)),
        recipe=recipe,
        layers=layers,
        loss=_loss(loss),
        optimizer=_optimizer(spec, "generator", pictures, why),
        scheduler=scheduler,
        train=_train(spec, one, pictures, why),
        execution=PROVISIONAL,
        metric=LEAD[0],
        ignore=tuple(spec.ignore),
        own=_own(description, (layers[0], gan.discriminator[0])),
        why=why,
    )


def _other(
    description: Description,
    inputs: tuple[InputPlan, ...],
    latent: int,
    targets: tuple[str, ...],
    why: dict[str, str],
) -> GanPlan:
    """Return what the generator plays against, and how."""
    spec, pictures = description.spec, inputs[0].encoding == "pixels"
    recipe, discriminator = _network(description, "discriminator", inputs, latent, why)
    steps, why["gan.discriminator_steps"] = _given(spec.gan.discriminator_steps, gan_defaults.STEPS[pictures])
    ema, why["gan.ema"] = _given(spec.gan.ema, gan_defaults.EMA)
    return GanPlan(
        latent=latent,
        noise=0 if pictures else noise_of(inputs),
        recipe=recipe,
        discriminator=discriminator,
        optimizer=_optimizer(spec, "discriminator", pictures, why),
        discriminator_steps=steps,
        ema=ema,
        target=targets[0] if targets else None,
    )


def _own(description: Description, texts: tuple[str, ...]) -> dict[str, str]:
    """Return the files that networks of the user's own stand in, and a hash of them, which a resumed run compares."""
    homes = sorted({split_name(parse(text).name)[0] for text in texts if is_own(text)} - {IN_PYTHON})
    content = b"".join((description.base / home).read_bytes() for home in homes)
    return {"file": ", ".join(homes), "sha256": hashlib.sha256(content).hexdigest()} if homes else {}


def noise_of(inputs: tuple[InputPlan, ...]) -> int:
    """Return how many random numbers draw the categories of a row: one a category, one a yes or no."""
    flags = sum(column.flag + (column.kind == "boolean") for column in inputs if column.encoding == "number")
    return flags + sum(len(column.categories) for column in inputs)


def _given(value: Any, default: tuple[Any, str]) -> tuple[Any, str]:
    return default if value == "auto" else (value, "given")


def _loss(text: str) -> str:
    """Return the loss with the weight of its penalty, which a reader of the plan should see."""
    call = parse(text)
    if call.name != "Wasserstein":
        return str(call)
    return f"Wasserstein(gradient_penalty={bind('loss', call).get('gradient_penalty', 10.0)})"


def _network(
    description: Description, player: str, inputs: tuple[InputPlan, ...], latent: int, why: dict[str, str]
) -> tuple[str | None, tuple[str, ...]]:
    """Return the recipe of a network as written (None for layers) and its layers with every size filled in."""
    key, shape = f"model.{player}", input_shape(inputs)
    makes, pictures = player == "generator", inputs[0].encoding == "pixels"
    given = getattr(description.spec.model, player) if isinstance(description.spec.model, Networks) else "auto"
    before, outputs = ((latent,), math.prod(shape)) if makes else (shape, 1)
    place = description.place(key)
    if isinstance(given, list):
        why[key], recipe, calls = "given", None, [parse(text) for text in given]
    else:
        recipe, why[key] = _given(given, gan_defaults.recipe(player, pictures, shape))
        if is_own(recipe):
            text, why[key] = resolve_own(description, recipe, before, outputs, (), key)
            return None, (text,)
        call, encoding = parse(recipe), "pixels" if pictures else "number"
        sizes = _picture_sizes(dict(bind("recipe", call)), shape) if call.name == "dcgan" else {}
        if sizes and not pictures:
            raise SpecError(_only_pictures(recipe, player).at(place))
        encoding = "latent" if makes and pictures else encoding
        calls = recipes.expand(call, place, encoding, {**recipes.NO_FORECAST, **sizes})
    listed = isinstance(given, list)
    filled = fill_sizes(
        calls,
        before,
        outputs,
        lambda at: description.place(f"{key}[{at}]") if listed else place,
        shape if makes and pictures else (),
    )
    return recipe, tuple(str(call) for call in filled)


def _only_pictures(recipe: str, player: str) -> Diagnostic:
    return Diagnostic(
        code="Y007",
        severity="error",
        message=f"`{recipe}` makes pictures, the data are a table",
        received=recipe,
        help=f"model: {{{player}: {gan_defaults.TABLES[player]}}}",
    )


def _picture_sizes(given: dict[str, Value], shape: Shape) -> dict[str, Value]:
    """Return what `dcgan` has to know of the pictures: where the generator begins, and the kernels that double it.

    A side of n pixels comes from one of n/2 by kernel 4, or from one of (n + 1)/2 by kernel 3 where n is odd.
    """
    widths = given.get("widths", (64, 128))
    widths = tuple(widths if isinstance(widths, tuple) else (widths,))[::-1]
    sides, kernels = (shape[1:], []) if len(shape) == 3 else ((1, 1), [])
    for _ in widths:
        kernels.append(tuple(3 if side % 2 else 4 for side in sides))
        sides = tuple(-(-side // 2) for side in sides)
    kernels.reverse()
    return {
        "first": math.prod((widths[0], *sides)) if isinstance(widths[0], int) else 0,
        "start": (widths[0], *sides),
        "inner": widths[1:],
        "kernels": tuple(kernels[:-1]),
        "channels": shape[0],
        "last": kernels[-1],
    }


def _optimizer(spec: Spec, player: str, pictures: bool, why: dict[str, str]) -> str:
    given = getattr(spec.optimizer, player) if isinstance(spec.optimizer, Optimizers) else spec.rate
    text, reason = _given(given, gan_defaults.OPTIMIZERS[pictures])
    why["optimizer" if player == "generator" else "gan.optimizer"] = reason
    return str(parse(text))


def _scheduler(description: Description, one: Split) -> tuple[str | None, str]:
    """Return the schedule that both rates follow; SpecError where it looks at a score that nobody takes."""
    spec = description.spec
    if spec.scheduler == "auto":
        return gan_defaults.SCHEDULER
    found = defaults.scheduler(spec, spec.rate if spec.rate != "auto" else gan_defaults.OPTIMIZERS[False][0])
    if "ReduceLROnPlateau" in spec.scheduler and one.plan.rows[1] < 2:
        raise SpecError(unscored(spec.scheduler, description.place("scheduler")))
    return found


def _train(spec: Spec, one: Split, pictures: bool, why: dict[str, str]) -> TrainPlan:
    rows = one.plan.rows[0]
    batch_size, why["train.batch_size"] = gan_defaults.batch_size(spec, rows, pictures)
    epochs, why["train.epochs"] = gan_defaults.epochs(spec, -(-rows // batch_size), pictures)
    patience = spec.train.patience if isinstance(spec.train.patience, int) else None
    why["train.patience"] = "given" if patience else "losses of two players that learn from each other do not settle"
    why["train.seed"] = "default" if spec.train.seed == 0 else "given"
    return TrainPlan(
        epochs=epochs,
        batch_size=batch_size,
        seed=spec.train.seed,
        patience=patience if one.plan.rows[1] else None,
        clip_grad_norm=spec.train.clip_grad_norm,
        accumulate=1,
        class_weight=None,
    )
