"""What the checks may look at: everything optional, so that each rule can say what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from modelwright.diagnostic import Place

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from modelwright.checks.measure import Labels
    from modelwright.checks.program.probes import Evaluated, Learned
    from modelwright.checks.program.program import Program
    from modelwright.checks.program.rows import Loader, Rows
    from modelwright.checks.program.trace import Trace
    from modelwright.checks.twins import Repeats
    from modelwright.data.columns import Table
    from modelwright.data.split import Split
    from modelwright.evaluate.result import Result
    from modelwright.plan.plan import InputPlan, Plan
    from modelwright.spec.schema import Task
    from modelwright.spec.source import Description

NEEDS: dict[str, str] = {
    "description": "a description",
    "table": "data",
    "targets": "a target column",
    "task": "a known task",
    "split": "the split",
    "inputs": "the inputs",
    "plan": "the plan",
    "result": "a score",
    "uses": "the record of what each part was used for",
    "time": "a time column (`data.time`)",
    "group": "a group column (`data.group`)",
    "labels": "one target with classes",
    "values": "one target that is a number",
    "program": "a model that can be copied",
    "rows": "rows to run the model on",
    "forward": "a model that answers its rows",
    "step": "a loss that can be computed",
    "optimizer": "an optimizer",
    "loader": "a DataLoader",
    "history": "the record of training",
    "trained": "the trained model",
    "independent": "rows that stand each for itself: those of a forecast follow one another",
}
"""What a rule may need, in the words of the receipt."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known when checks run; None (or no targets) where it is not known yet.

    `uses` says what each part was used for: `{"validation": ("early stopping",), "test": ("score",)}`.
    """

    description: Description | None = None
    table: Table | None = None
    targets: tuple[str, ...] = ()
    task: Task | None = None
    split: Split | None = None
    inputs: tuple[InputPlan, ...] | None = None
    plan: Plan | None = None
    result: Result | None = None
    uses: Mapping[str, tuple[str, ...]] | None = None
    program: Program | None = None
    history: Sequence[Mapping[str, Any]] | None = None
    trained: Program | None = None

    def known(self, need: str) -> bool:
        """Return whether the fact called `need` (a key of NEEDS) is there."""
        value = getattr(self, need)
        return value is not None and not (need == "targets" and not value)

    def place(self, key: str) -> Place:
        """Return where `key` stands in the description, or the key alone."""
        return Place(key=key) if self.description is None else self.description.place(key)

    def column_place(self, name: str = "", row: int | None = None) -> Place:
        """Return the place of a column of the table, or of a row (counted from 1) of all columns."""
        paths = self.table.reading.paths if self.table is not None else ()
        return Place(file=paths[0] if len(paths) == 1 else None, key=name or None, row=row)

    @property
    def time(self) -> str | None:
        """The column that orders the rows in time, as the description names it."""
        return self._role("time")

    @property
    def group(self) -> str | None:
        """The column whose equal values belong together, as the description names it."""
        return self._role("group")

    def _role(self, role: Literal["time", "group"]) -> str | None:
        name = None if self.description is None else getattr(self.description.spec.data, role)
        return name if self.table is not None and name in self.table.names else None

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """Columns that are inputs: those of the plan, else all that have no other role and are not free text or ids."""
        media = {} if self.table is None else self.table.media  # whose columns only number pictures or sequences
        if self.inputs is not None:
            return tuple(column.name for column in self.inputs if column.name not in media)
        if self.table is None:
            return ()
        taken = set(self.targets)
        if self.description is not None:
            data = self.description.spec.data
            taken |= {
                *data.drop,
                *(name for name in (data.group, data.time, data.weight, data.series) if name is not None),
            }
        none = ("text", "identifier", "image", "series")
        return tuple(c.name for c in self.table.columns if c.name not in taken and c.kind not in none)

    @cached_property
    def labels(self) -> Labels | None:
        """Class of each row, where one target with classes is predicted."""
        from modelwright.checks.measure import labels

        if self.table is None or self.task not in ("binary", "multiclass") or len(self.targets) != 1:
            return None
        return labels(self.table.frame[self.targets[0]])

    @cached_property
    def values(self) -> np.ndarray | None:
        """Target of each row as a float, NaN where missing, where one number is predicted."""
        from modelwright.checks.measure import numbers

        if self.table is None or self.task != "regression" or len(self.targets) != 1:
            return None
        target = self.table.frame[self.targets[0]]
        return numbers(target) if target.dtype.is_numeric() or target.dtype.is_temporal() else None

    @property
    def independent(self) -> bool | None:
        """True where each row is an example of its own; None for the rows of a forecast."""
        return None if self.table is None or self.table.timeline is not None else True

    @cached_property
    def repeats(self) -> Repeats:
        """The rows that may equal another in all inputs; needs the table."""
        from modelwright.checks.twins import repeats

        assert self.table is not None
        return repeats(self.table.frame, [self.table.column(name) for name in self.input_names], self.targets)

    @cached_property
    def hashes(self) -> np.ndarray:
        """One hash for each row over inputs and targets; needs the table."""
        from modelwright.checks.twins import every

        assert self.table is not None
        return every(self.repeats, self.table.frame.height)

    @cached_property
    def twins(self) -> np.ndarray:
        """Whether another row has the same inputs and target; needs the table."""
        import numpy as np

        from modelwright.checks.measure import with_twin

        found = np.zeros(len(self.hashes), dtype=bool)
        found[self.repeats.rows] = with_twin(self.repeats.whole)
        return found

    @cached_property
    def sampled(self) -> np.ndarray:
        """Row numbers, evenly spread and at most 20,000, for measures that need no more; needs the table."""
        from modelwright.checks.measure import spread

        assert self.table is not None
        return spread(self.table.frame.height)

    def sample(self, column: str) -> pl.Series:
        """Return the values of `column` in the sampled rows."""
        assert self.table is not None
        return self.table.frame[column].gather(self.sampled)

    @cached_property
    def rows(self) -> Rows | None:
        """Rows to run the model on."""
        return None if self.program is None else self.program.rows

    @cached_property
    def loader(self) -> Loader | None:
        """How a DataLoader serves the rows."""
        return None if self.rows is None else self.rows.loader

    @cached_property
    def optimizer(self) -> Any:
        """The optimizer of a program."""
        return None if self.program is None else self.program.optimizer

    @cached_property
    def forward(self) -> Program | None:
        """The program, where its model answers a batch."""
        program = self.program
        if program is None or program.rows is None:
            return None
        failure = program.trace.failure
        return None if failure is not None and failure.stage == "model" else program

    @cached_property
    def step(self) -> Program | None:
        """The program, where a whole step goes through."""
        whole = self.forward is not None and self.forward.trace.failure is None and self.forward.trace.loss is not None
        return self.forward if whole else None

    @cached_property
    def evaluated(self) -> Evaluated:
        """What evaluation mode shows; needs `forward`."""
        from modelwright.checks.program.probes import evaluate

        assert self.program is not None
        return evaluate(self.program)

    @cached_property
    def settled(self) -> Trace | None:
        """What the trained model does with its rows in evaluation mode; needs `trained`."""
        from modelwright.checks.program.settled import settled

        assert self.trained is not None
        return settled(self.trained)

    @cached_property
    def learned(self) -> Learned:
        """What a short training on a few rows did; needs `step`."""
        from modelwright.checks.program.probes import learn

        assert self.program is not None
        return learn(self.program)
