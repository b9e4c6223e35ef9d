"""What a contrastive task compares, and the networks it needs: every value with its reason. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from modelwright.data.columns import Table
from modelwright.data.problems import near
from modelwright.data.roles import labelled, target_columns
from modelwright.data.sides import Sides, columns_only, matched, stacked, with_texts
from modelwright.data.split import Split
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError, SpecError
from modelwright.plan import contrast_defaults as choose
from modelwright.plan.contrast_refusals import contradictions, require_cached, wrong
from modelwright.plan.inputs import plan_inputs
from modelwright.plan.layers import resolve_layers
from modelwright.plan.outputs import plan_outputs
from modelwright.plan.plan import ContrastPlan, InputPlan, OutputPlan, TowerPlan
from modelwright.plan.task import infer_task
from modelwright.spec.call import parse
from modelwright.spec.own import is_own
from modelwright.spec.pictures import MIXES
from modelwright.spec.schema import Spec, Task
from modelwright.spec.source import Description

Positives = Literal["views", "labels", "pairs", "triplets"]
LABELLED = ("SupCon",)
"""Losses that need labels and nothing else."""
CLASSES = ("binary", "multiclass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is compared, known before the rows are split: see `ContrastPlan`. `probe` is the task of the target."""

    positives: Positives
    sides: Sides
    shared: bool
    targets: tuple[str, ...]
    probe: Task | None

    @property
    def one_network(self) -> bool:
        """Whether all sides go through one network, and are stacked for it."""
        return len(self.sides) == 3 or (bool(self.sides) and self.shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrasted:
    """What is known once rows are split: the inputs of each network, the width of an embedding, the probe's target."""

    found: Compared
    inputs: tuple[tuple[InputPlan, ...], ...]
    unused: dict[str, str]
    width: int
    probe: OutputPlan | None
    why: dict[str, str]

    @property
    def outputs(self) -> OutputPlan:
        """The outputs of the plan: the embeddings of all sides, beside one another."""
        kind = "numeric" if self.probe is None else self.probe.kind
        return OutputPlan(targets=self.found.targets, kind=kind, width=self.width * max(1, len(self.found.sides)))


def is_contrastive(spec: Spec) -> bool:
    """Return whether a description asks for the task, by its name or by what it compares."""
    return spec.task == "contrastive" or (spec.task == "auto" and bool(spec.contrastive.model_fields_set))


def why_contrastive(spec: Spec) -> str:
    """Return why the task is this one."""
    return "given" if spec.task == "contrastive" else "`contrastive` says what is compared"


def compare(spec: Spec, table: Table) -> tuple[Table, Compared, dict[str, str]]:
    """Return the table (folders of matching pictures become columns), what is compared, and reasons by dotted path.

    Raises SpecError (Y007) for keys that contradict each other, DataError (F006) for columns that are not there.
    """
    if problems := list(contradictions(spec)):
        raise SpecError(*problems)
    given = spec.contrastive.pairs or spec.contrastive.triplets or []
    sides = tuple((side,) if isinstance(side, str) else tuple(side) for side in given)
    table = matched(table, sides)
    _require_columns(sides, table)
    table = with_texts(table, sides)
    targets, why_target = _targets(spec, table)
    positives, why = _positives(spec, targets)
    probe = None
    if targets:
        probe = infer_task(spec.model_copy(update={"task": "auto"}), table, targets)[0]
    if positives == "labels" and probe not in CLASSES:
        raise SpecError(_no_labels(targets, probe))
    found = Compared(positives=positives, sides=sides, shared=spec.contrastive.shared, targets=targets, probe=probe)
    return table, found, {"data.target": why_target, "contrastive.positives": why}


def _require_columns(sides: Sides, table: Table) -> None:
    unknown = [name for side in sides for name in side if name not in table.names]
    if not unknown:
        return
    known = ", ".join(table.names[:20])
    raise DataError(
        *(
            Diagnostic(
                code="F006",
                severity="error",
                message=f"there is no column `{name}`",
                where=Place(key="contrastive"),
                known=known,
                help=f"did you mean `{close}`?" if (close := near(name, table.names)) else "name columns of the table",
            )
            for name in unknown
        )
    )


def _targets(spec: Spec, table: Table) -> tuple[tuple[str, ...], str]:
    """Return the target, which is optional here: the one given, or the classes that pictures have."""
    if spec.data.target != "auto":
        targets, why = target_columns(spec, table)
        taken = {name for side in (spec.contrastive.pairs or spec.contrastive.triplets or ()) for name in _names(side)}
        if shared := taken & set(targets):
            raise SpecError(
                wrong(
                    "data.target",
                    f"`{min(shared)}` is compared, and cannot be the target",
                    "leave `target` out, or name another",
                )
            )
        return targets, why
    pictures = any(column.kind == "image" for column in table.columns)
    others = [column for column in table.columns if column.kind != "image" and column.name not in spec.data.drop]
    if pictures and not spec.contrastive.pairs and len(others) == 1 and others[0].unique > 1:
        return (others[0].name,), "the classes of the pictures; `data.target` names another"
    return (), "none is given: rows are compared with each other"


def _names(side: str | list[str]) -> list[str]:
    return [side] if isinstance(side, str) else side


def _positives(spec: Spec, targets: tuple[str, ...]) -> tuple[Positives, str]:
    given = spec.contrastive
    if given.pairs or given.triplets:
        return "pairs" if given.pairs else "triplets", "given"
    if given.positives != "auto":
        return given.positives, "given"
    if spec.loss != "auto" and parse(spec.loss).name in LABELLED:
        return "labels", f"{parse(spec.loss).name} compares rows of equal labels"
    target = f"; `{targets[0]}` is only asked of the embeddings afterwards" if targets else ""
    return "views", f"default: two random views of a row belong together{target}"


def _no_labels(targets: tuple[str, ...], probe: Task | None) -> Diagnostic:
    told = f"`{', '.join(targets)}` is a target of the task {probe}" if targets else "there is no target"
    return Diagnostic(
        code="Y007",
        severity="error",
        message=f"`positives: labels` compares rows of equal labels, and {told}",
        where=Place(key="contrastive.positives" if not targets else "data.target"),
        expected="one target with classes",
        help="data: {target: COLUMN}",
    )


def contrasted(spec: Spec, table: Table, split: Split, found: Compared) -> Contrasted:
    """Return the inputs of the network, or of both, and what else is learned from the training rows alone."""
    inputs, unused, why = _inputs(spec, table, split, found)
    width, why["contrastive.embedding"] = choose.embedding(spec, inputs[0][0].encoding)
    try:
        probe = _probe(spec, table, split, found)
    except DataError as error:  # a class that no training row has: rows are compared all the same
        probe, why["contrastive.probe"] = None, f"no linear probe: {error.diagnostics[0].message}"
    return Contrasted(found=found, inputs=inputs, unused=unused, width=width, probe=probe, why=why)


def _inputs(
    spec: Spec, table: Table, split: Split, found: Compared
) -> tuple[tuple[tuple[InputPlan, ...], ...], dict[str, str], dict[str, str]]:
    if not found.sides:
        inputs, unused, why = plan_inputs(spec, table, split.train, found.targets)
        return (inputs,), unused, why
    if found.one_network:
        rows = np.concatenate([split.train + at * len(table.frame) for at in range(len(found.sides))])
        made = [(stacked(table, found.sides), rows)]
    else:
        made = [(columns_only(table, side), split.train) for side in found.sides]
    planned = [plan_inputs(spec, one, rows, ()) for one, rows in made]
    taken = {name for side in found.sides for name in side}
    unused = {name: "not one of the columns that are compared" for name in table.names if name not in taken}
    unused |= {name: why for _, left, _ in planned for name, why in left.items()}
    unused |= dict.fromkeys(found.targets, "target")
    return tuple(one for one, _, _ in planned), unused, {key: r for _, _, why in planned for key, r in why.items()}


def _probe(spec: Spec, table: Table, split: Split, found: Compared) -> OutputPlan | None:
    """Return the classes or numbers of the target, from the training rows that have one."""
    if found.probe is None:
        return None
    known = labelled(table, found.targets)
    rows = split.train[np.isin(split.train, known)]
    return plan_outputs(spec.model_copy(update={"task": found.probe}), table, rows, found.probe)


def plan_contrast(
    description: Description,
    parts: Contrasted,
    layers: tuple[str, ...],
    augment: tuple[str, ...],
    why: dict[str, str],
) -> tuple[ContrastPlan, tuple[str, ...]]:
    """Return what is compared and the random changes of pictures; reasons are added to `why`."""
    spec, found, inputs, width = description.spec, parts.found, parts.inputs, parts.width
    encoding = inputs[0][0].encoding
    augment = _augment(spec, found, inputs[0][0], augment, why)
    projection, why["contrastive.projection"] = choose.projection(spec, width)
    views, corrupt, why["contrastive.views"] = choose.views(spec, found.positives, encoding, bool(augment))
    second = None
    if len(inputs) == 2:
        recipe, of_second, why["contrastive.second"] = _second(description, inputs, width)
        second = TowerPlan(inputs=tuple(inputs[1]), recipe=recipe, layers=of_second)
    require_cached(description, (*layers, *(second.layers if second else ())))
    planned = ContrastPlan(
        positives=found.positives,
        sides=found.sides,
        second=second,
        embedding=width,
        projection=projection,
        views=views,
        corrupt=corrupt,
        probe=parts.probe,
        probe_task=found.probe if parts.probe else None,
    )
    return planned, augment


def _augment(
    spec: Spec, found: Compared, column: InputPlan, given: tuple[str, ...], why: dict[str, str]
) -> tuple[str, ...]:
    if column.encoding != "pixels":
        return ()
    if found.sides:
        if given:
            raise SpecError(wrong("augment", "without effect: the rows give what is compared", "leave `augment` out"))
        why["augment"] = "the rows give what is compared"
        return ()
    if mixes := [text for text in given if parse(text).name in MIXES]:
        message = f"`{mixes[0]}` mixes rows, which a contrastive task has to tell apart"
        raise SpecError(wrong("augment", message, "augment: [RandomResizedCrop(28)]"))
    if spec.augment != "auto":
        return given
    chosen, why["augment"] = choose.augment(column.shape)
    return chosen


def _second(
    description: Description, inputs: Sequence[Sequence[InputPlan]], width: int
) -> tuple[str | None, tuple[str, ...], str]:
    """Return recipe, layers and reason of the second network."""
    spec, like_first = description.spec, _form(inputs[0][0]) == _form(inputs[1][0])
    second = spec.contrastive.second
    if is_own(second):
        message = "a class of your own is that of `model`, which makes both networks where their columns are alike"
        raise SpecError(wrong("contrastive.second", message, "contrastive: {second: mlp}"))
    model = spec.model if second == "auto" and like_first else second
    chosen = spec.model_copy(update={"model": model})
    return resolve_layers(replace(description, spec=chosen), inputs[1], width)


def _form(column: InputPlan) -> str:
    return column.encoding if column.encoding in ("pixels", "tokens", "steps") else "columns"
