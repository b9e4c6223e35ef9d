"""Spec + table + split → Plan: every value filled in, each with its reason. No torch is needed for this."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from modelwright.data.columns import Table
from modelwright.data.split import Split
from modelwright.plan import contrast_defaults, defaults, picture_defaults
from modelwright.plan.contrast import Contrasted, plan_contrast
from modelwright.plan.layers import resolve_layers
from modelwright.plan.losses import default_loss, output_width
from modelwright.plan.pictures import settled
from modelwright.plan.plan import DataPlan, ExecutionPlan, ForecastPlan, InputPlan, OutputPlan, Plan, TrainPlan
from modelwright.plan.weights import class_weights
from modelwright.spec.call import parse
from modelwright.spec.schema import Spec, Task
from modelwright.spec.source import Description

PROVISIONAL = ExecutionPlan(device="cpu", threads=1, precision="float32")
"""Until training starts: what the machine has is not looked up before torch is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is known once the rows are read and split; `why` has the reasons so far by dotted path."""

    table: Table
    task: Task
    split: Split
    inputs: tuple[InputPlan, ...]
    unused: dict[str, str]
    outputs: OutputPlan
    why: dict[str, str]
    forecast: ForecastPlan | None = None
    contrast: Contrasted | None = None

    def width(self, outputs: OutputPlan) -> int:
        """Return the numbers that one network gives: those of the outputs, or one embedding."""
        return outputs.width if self.contrast is None else self.contrast.width

    @property
    def shares(self) -> list[float] | None:
        """Shares of the classes among the training rows; None where the task has no classes."""
        if self.task not in ("binary", "multiclass"):
            return None
        counts = self.table.frame[self.outputs.targets[0]].gather(self.split.train).value_counts()["count"]
        return (counts / counts.sum()).to_list()


def resolve(description: Description, parts: Parts) -> Plan:
    """Return the plan. Raises SpecError where layers, sizes or settings do not fit together."""
    spec = description.spec
    why = dict(parts.why)
    loss, why["loss"] = _loss(spec, parts)
    outputs = parts.outputs.model_copy(
        update={"width": output_width(parse(loss).name, parts.task, parts.outputs.width)}
    )
    recipe, layers, why["model"] = resolve_layers(description, parts.inputs, parts.width(outputs), parts.forecast)
    augment, contrast = settled(spec, parts.inputs[0], loss, parts.task, recipe, why), None
    if parts.contrast is not None:
        contrast, augment = plan_contrast(description, parts.contrast, layers, augment, why)
    optimizer, why["optimizer"] = _given(spec.rate) or defaults.optimizer(recipe)
    scheduler, why["scheduler"] = defaults.scheduler(spec, optimizer)
    metric, why["metric"] = defaults.metric(description, parts.task, parts.shares)
    return Plan(
        modelwright=version("modelwright"),
        task=parts.task,
        data=data_plan(spec, parts.table),
        inputs=parts.inputs,
        unused=parts.unused,
        outputs=outputs,
        forecast=parts.forecast,
        contrast=contrast,
        split=parts.split.plan,
        scale=_named(spec.scale, defaults.SCALE, "scale", why),
        impute=_named(spec.encode.missing, defaults.IMPUTE, "impute", why),
        recipe=recipe,
        layers=layers,
        loss=str(parse(loss)),
        optimizer=str(parse(optimizer)),
        scheduler=scheduler,
        train=_train(description, parts, scheduler, why),
        execution=PROVISIONAL,
        augment=augment,
        mirror=spec.evaluate.mirror,
        metric=metric,
        ignore=tuple(spec.ignore),
        why=why,
    )


def _loss(spec: Spec, parts: Parts) -> tuple[str, str]:
    if parts.contrast is not None:
        return contrast_defaults.loss(spec, parts.contrast.found.positives)
    return _given(spec.loss) or (default_loss(parts.task), defaults.WHY_LOSS[parts.task])


def _given(text: str) -> tuple[str, str] | None:
    return None if text == "auto" else (text, "given")


def _named(text: str, default: tuple[str, str], key: str, why: dict[str, str]) -> str:
    value, why[key] = _given(text) or default
    return value if value == "none" else str(parse(value))


def data_plan(spec: Spec, table: Table) -> DataPlan:
    """Return the files and how they were read."""
    return DataPlan(
        paths=table.reading.paths,
        format=table.reading.format,
        options=table.reading.options,
        rows=len(table.frame),
        fingerprint=table.reading.fingerprint,
        group=spec.data.group,
        time=spec.data.time,
        weight=spec.data.weight,
        series=spec.data.series,
    )


def _train(description: Description, parts: Parts, scheduler: str | None, why: dict[str, str]) -> TrainPlan:
    spec, rows = description.spec, parts.split.plan.rows
    chosen = picture_defaults if parts.inputs[0].encoding == "pixels" else defaults
    chosen = chosen if parts.contrast is None else contrast_defaults
    kind = "forecast" if parts.forecast else parts.inputs[0].encoding
    of_kind = (kind,) if chosen is defaults else ()
    batch_size, why["train.batch_size"] = chosen.batch_size(spec, rows[0], *of_kind)
    steps = -(-rows[0] // batch_size)
    epochs, why["train.epochs"] = chosen.epochs(spec, steps, kind)
    patience, why["train.patience"] = defaults.patience(spec, epochs, rows[1] > 0, scheduler)
    class_weight = None
    if parts.contrast is None:
        labels = parts.table.frame[parts.outputs.targets[0]].gather(parts.split.train)
        class_weight, why["train.class_weight"] = class_weights(description, parts.task, parts.outputs, labels)
    why["train.seed"] = "default" if spec.train.seed == 0 else "given"
    return TrainPlan(
        epochs=epochs,
        batch_size=batch_size,
        seed=spec.train.seed,
        patience=patience,
        clip_grad_norm=spec.train.clip_grad_norm,
        accumulate=spec.train.accumulate,
        class_weight=class_weight,
    )
