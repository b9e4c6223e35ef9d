"""What a section writer is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelwright.data.split_settings import rule_of
from modelwright.plan.plan import Plan
from modelwright.run.assemble import Assembly
from modelwright.run.request import Request
from modelwright.spec.schema import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a script: source lines, and the imports they need."""

    lines: Sequence[str]
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The run that a script repeats. `run` is its folder, None for a description that was not trained yet.

    `output` is where the script will stand, None for standard output.
    """

    assembly: Assembly
    request: Request
    run: Path | None = None
    member: str = ""
    output: Path | None = None

    @property
    def plan(self) -> Plan:
        """Every value of the run."""
        return self.assembly.plan

    @property
    def spec(self) -> Spec:
        """What the user wrote."""
        return self.request.description.spec

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
