"""The plan: each value with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.plan.plan import Plan
from modelwright.spec.source import Description
from modelwright.text import Line, count, facts, heading, shortened

GIVEN = "given"
NAMES = 28
SHOWN = 12


def plan_lines(plan: Plan, parameters: int, description: Description | None = None) -> list[Line]:
    """Show the plan: each value with its reason; what is given, with where it is."""
    rows = [(key, value, _where(why, path, description)) for key, value, why, path in plan_rows(plan)]
    return [heading("plan", f"{count(parameters, 'weight')} to learn"), *facts(rows)]


def unused_lines(plan: Plan) -> list[Line]:
    """Say which columns are no inputs, and why."""
    unused = [(shortened(name, NAMES), "", why) for name, why in plan.unused.items() if why != "target"]
    if not unused:
        return []
    more = [("", "", f"and {len(unused) - SHOWN} more: `modelwright show` lists them")] if len(unused) > SHOWN else []
    return [heading("not inputs", count(len(unused), "column")), *facts([*unused[:SHOWN], *more])]


def _where(why: str, path: str, description: Description | None) -> str:
    """Say where a value is given: on the command line, or in which line of the description."""
    if why != GIVEN or description is None:
        return why
    place = description.place(path)
    if place.file is not None and place.line is not None:
        return f"given in {place.file}, line {place.line}"
    return "given on the command line" if place.source is not None else why


def plan_rows(plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, value, reason and dotted path of what the plan decided, in the order a reader asks for it."""
    why, train = plan.why, plan.train

    def row(name: str, value: object, path: str, key: str = "") -> tuple[str, str, str, str]:
        return name, str(value), why.get(key or path, ""), path

    rows = " + ".join(f"{number:,}" for number in plan.split.rows)
    yield row("target", ", ".join(plan.outputs.targets) or "none", "data.target")
    yield row("task", plan.task, "task")
    yield "rows", rows, "training + validation + test rows", ""
    yield row("split", _split(plan), "split.by")
    yield "inputs", f"{count(len(plan.inputs), 'column')} → {count(plan.width, 'number')}", _encodings(plan), ""
    yield from _forecast_rows(plan)
    for name, value, path in _prepared(plan):
        key = {"missing": "impute", "tokens": f"inputs.{plan.inputs[0].name}"}.get(name, "")
        yield row(name, value, path, key)
    if plan.gan is not None:
        yield from _gan_rows(plan)
    yield row("generator" if plan.gan else "model", plan.recipe or count(len(plan.layers), "layer"), "model")
    yield from _contrast_rows(plan)
    yield row("loss", plan.loss, "loss")
    yield row("optimizer", plan.optimizer, "optimizer")
    yield row("scheduler", plan.scheduler or "none", "scheduler")
    yield row("epochs", train.epochs, "train.epochs")
    yield row("batch_size", f"{train.batch_size:,}", "train.batch_size")
    yield row("patience", train.patience or "none", "train.patience")
    if train.clip_grad_norm is not None:
        yield "clip", f"norm ≤ {train.clip_grad_norm:g}", GIVEN, "train.clip_grad_norm"
    if train.class_weight is not None:
        weights = ", ".join(f"{weight:.3g}" for weight in train.class_weight)
        yield row("class_weight", shortened(weights), "train.class_weight")
    yield row("metric", plan.metric, "evaluate.metric", "metric")
    if "execution.device" in why:  # chosen when training starts
        for name, value, key in _execution(plan):
            yield row(name, value, f"train.{name}", f"execution.{key}")


def _prepared(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and key of what is done to the inputs."""
    if plan.inputs[0].tokens is not None:
        yield "tokens", plan.inputs[0].tokens.tokenizer, "encode.text"
        return
    if plan.inputs[0].encoding != "pixels":
        yield "scale", plan.scale, "scale"
        if plan.inputs[0].encoding != "steps":
            yield "missing", plan.impute, "encode.missing"
        return
    yield "transform", ", ".join(plan.inputs[0].transform), "transform"
    yield "augment", ", ".join(plan.augment) or "none", "augment"
    if plan.mirror:
        yield "mirror", "yes", "evaluate.mirror"


def _execution(plan: Plan) -> Iterator[tuple[str, object, str]]:
    """Yield name, value and field of how steps run."""
    execution = plan.execution
    yield "device", execution.device, "device"
    if execution.device == "cpu":
        yield "threads", execution.threads, "threads"
    yield "precision", execution.precision, "precision"
    if execution.memory_format != "contiguous_format":
        yield "memory", execution.memory_format, "memory_format"
    if execution.pool_first:
        yield "pool first", "yes", "pool_first"
    if execution.attention:
        yield "attention", execution.attention, "attention"


def _gan_rows(plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """Yield what the generator plays against, and how."""
    gan, why = plan.gan, plan.why
    assert gan is not None
    judge, rate = gan.recipe or count(len(gan.discriminator), "layer"), "optimizer.discriminator"
    yield "discriminator", judge, why.get("model.discriminator", ""), "model.discriminator"
    yield "steps of it", str(gan.discriminator_steps), why.get("gan.discriminator_steps", ""), "gan.discriminator_steps"
    if gan.optimizer != plan.optimizer:
        yield "its optimizer", gan.optimizer, why.get("gan.optimizer", ""), rate
    yield "latent", f"{gan.latent:,} numbers", why.get("gan.latent", ""), "gan.latent"
    yield "average", f"holds on to {gan.ema:g}", why.get("gan.ema", ""), "gan.ema"


def _forecast_rows(plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """Yield how far a forecast looks back and ahead."""
    forecast, why = plan.forecast, plan.why
    if forecast is None:
        return
    yield "window", count(forecast.window, "step"), why.get("forecast.window", ""), "data.window"
    yield "horizon", count(forecast.horizon, "step"), why.get("forecast.horizon", ""), "data.horizon"
    yield "season", _season(forecast.period), why.get("forecast.period", ""), ""


def _contrast_rows(plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is compared, and the networks' output."""
    contrast, why = plan.contrast, plan.why
    if contrast is None:
        return
    if contrast.second is not None:
        model, columns = contrast.second.recipe or "", ", ".join(contrast.sides[1])
        yield "second", model or count(len(contrast.second.layers), "layer"), f"for {columns}", "contrastive.second"
    sides = " and ".join(" + ".join(side) for side in contrast.sides)
    compared = f"{contrast.positives}: {sides}" if sides else contrast.positives
    yield "compared", compared, why.get("contrastive.positives", ""), "contrastive.positives"
    yield "views", str(contrast.views), why.get("contrastive.views", ""), "contrastive.corrupt"
    width = count(contrast.embedding, "number")
    yield "embedding", width, why.get("contrastive.embedding", ""), "contrastive.embedding"
    head = ", ".join(contrast.projection) or "none"
    yield "projection", head, why.get("contrastive.projection", ""), "contrastive.projection"


def _split(plan: Plan) -> str:
    split = plan.split
    fold = f", fold {split.fold} of {split.folds}" if split.folds is not None and split.fold is not None else ""
    return split.by + (", stratified" if split.stratify else "") + fold


def _season(period: int) -> str:
    return count(period, "step") if period > 1 else "none"


def _encodings(plan: Plan) -> str:
    if plan.forecast is not None:
        targets = len(plan.outputs.targets)
        others = len(plan.inputs) - targets
        return f"{count(targets, 'target')}" + (f" and {count(others, 'covariate')}" if others else "") + ", each step"
    counts: dict[str, int] = {}
    for column in plan.inputs:
        counts[column.encoding] = counts.get(column.encoding, 0) + 1
    flags = sum(column.flag for column in plan.inputs)
    text = ", ".join(f"{number} {name.replace('_', '-')}" for name, number in counts.items())
    return text + (f", {count(flags, 'flag')} of missing values" if flags else "")
