"""What a section writer is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from torch import nn

from modelwright.data.batches import Batches
from modelwright.data.split_settings import rule_of
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.model.blocks import Fronted
from modelwright.model.build import tower
from modelwright.model.contrast import Contrast
from modelwright.plan.plan import Plan
from modelwright.run.assemble import Assembly
from modelwright.run.gan import Game
from modelwright.run.request import Request
from modelwright.script.code import INDENT
from modelwright.spec.own import is_own
from modelwright.spec.schema import Spec
from modelwright.training.trainer import Trainer

Kind = Literal["table", "pixels", "tokens", "steps", "windows"]
"""What a row is: columns of a table, a picture, a text, a sequence, or a window of a series that is forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a script: source lines, and the imports they need."""

    lines: Sequence[str]
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The run that a script repeats. `run` is its folder, None for a description that was not trained yet.

    `output` is where the script will stand, None for standard output. `at` is the network of a contrastive run that is
    written: of two, each takes columns of its own. `nested`: it stands inside a function of another script.
    """

    assembly: Assembly | Game
    request: Request
    run: Path | None = None
    member: str = ""
    output: Path | None = None
    at: int = 0
    nested: bool = False

    @property
    def plan(self) -> Plan:
        """Every value of the run; of a second network its own, as it is executed."""
        plan = self.assembly.plan
        if not self.at:
            return plan
        plain = {"pool_first": False, "memory_format": "contiguous_format"}
        return tower(plan, self.at).model_copy(update={"execution": plan.execution.model_copy(update=plain)})

    def of_network(self, at: int) -> Source:
        """Return the same run, of which one network is written."""
        return replace(self, at=at)

    @property
    def core(self) -> nn.Module:
        """What is trained: of a contrastive run one of its networks."""
        core = self.assembly.model.core
        return core.networks[self.at] if isinstance(core, Contrast) else core

    @property
    def trainer(self) -> Trainer:
        """What trains; two networks that play are `playing`'s."""
        trainer = self.assembly.trainer
        assert isinstance(trainer, Trainer)
        return trainer

    @property
    def batches(self) -> Batches:
        """The training rows."""
        return self.assembly.trainer.batches

    @property
    def front(self) -> nn.Module | None:
        """What stands before the layers."""
        if self.plan.gan is not None:
            return self.assembly.model.front
        return self.core.front if isinstance(self.core, Fronted) else None

    @property
    def spec(self) -> Spec:
        """What the user wrote, as the data have it."""
        return self.assembly.prepared.dataset.description.spec

    @property
    def kind(self) -> Kind:
        """What a row is."""
        if self.plan.forecast is not None:
            return "windows"
        encoding = self.plan.inputs[0].encoding
        return encoding if encoding in ("pixels", "tokens", "steps") else "table"

    @property
    def ragged(self) -> bool:
        """Whether rows are sequences of unequal length, so that a mask comes with them."""
        return self.plan.inputs[0].ragged

    @property
    def own(self) -> bool:
        """Whether the model is a class of the user's own."""
        return is_own(self.plan.layers[0])

    @property
    def taken(self) -> tuple[str, ...]:
        """What the model takes, by the names it has in the script."""
        if self.kind == "steps":
            return ("x", "mask") if self.ragged else ("x",)
        return ("x", "codes") if self.embedded else ("x",)

    @property
    def compared_columns(self) -> list[str]:
        """The columns that a contrastive run compares, and the target where its classes part or pair the rows."""
        plan, contrast = self.plan, self.plan.contrast
        assert contrast is not None
        names = [name for side in contrast.sides for name in side] or [column.name for column in plan.inputs]
        return [*names, *(plan.outputs.targets if contrast.positives == "labels" or plan.split.stratify else ())]

    @property
    def inputs_of_rows(self) -> str:
        """What makes that of the numbers of some rows (of a table: of the rows themselves, `part`)."""
        match self.kind:
            case "table":
                return "*encode(part)" if self.embedded else "encode(part)"
            case "steps":
                return "*encode(rows)" if self.ragged else "encode(rows)"
            case "pixels":
                return f"torch.from_numpy(pictures[rows]){self.on_device}"
            case _:
                return "encode(rows)"

    @property
    def training_rows(self) -> str:
        """How many rows an epoch has."""
        return "len(train_starts)" if self.kind == "windows" else "len(train_rows)"

    def truth(self, rows: str) -> str:
        """Return what gives the target of some rows in the user's units."""
        return f"truth_of({rows.replace('rows', 'starts')})" if self.kind == "windows" else f"target_of(frame[{rows}])"

    @property
    def rule(self) -> str:
        """What keeps the parts apart: random, group or time, also where some parts came as files."""
        return rule_of(self.spec)[0]

    @property
    def on_device(self) -> str:
        """What brings a tensor to where the model is: nothing on the CPU."""
        return "" if self.plan.execution.device == "cpu" else ".to(DEVICE)"

    @property
    def weighted(self) -> bool:
        """Whether rows count differently in training."""
        return self.plan.data.weight is not None or self.plan.train.class_weight is not None

    @property
    def embedded(self) -> bool:
        """Whether category columns are embedded, so that the model takes codes beside the numbers."""
        return any(column.encoding == "embedding" for column in self.plan.inputs)


def indented(found: Iterable[str], depth: int = 1) -> list[str]:
    """Return lines further in; empty ones stay empty."""
    return [f"{INDENT * depth}{line}" if line else "" for line in found]


def impossible(source: Source, message: str, fix: str, key: str = "data.path", code: str = "R010") -> RunError:
    """Return the error for a run that no script can repeat."""
    where = Place(file=", ".join(source.plan.data.paths) or None, key=key)
    return RunError(Diagnostic(code=code, severity="error", message=message, where=where, help=fix))
