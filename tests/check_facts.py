"""Facts for the tests of rules: tables built by hand, splits and plans that fit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from modelwright.checks.facts import Facts
from modelwright.data.columns import Column, Kind, Reading, Table
from modelwright.data.split import Split
from modelwright.diagnostic import Diagnostic, Severity
from modelwright.plan.plan import DataPlan, ExecutionPlan, InputPlan, OutputPlan, Plan, SplitPlan, TrainPlan
from modelwright.spec.schema import Task
from modelwright.spec.source import Description, from_mapping

KINDS: dict[type[pl.DataType], Kind] = {pl.Boolean: "boolean", pl.String: "category", pl.Date: "date"}


@dataclass(frozen=True)
class Case:
    """One declared case: facts made when needed, and the severity of the finding (None: silent or below a warning)."""

    name: str
    facts: Callable[[], Facts]
    severity: Severity | None = None
    says: str = ""


def table(columns: dict[str, Any], kinds: dict[str, Kind] | None = None, parts: np.ndarray | None = None) -> Table:
    """Return a table with honest counts; kinds by type unless given."""
    frame = pl.DataFrame(columns)
    described = tuple(_column(frame[name], (kinds or {}).get(name)) for name in frame.columns)
    reading = Reading(paths=("a.csv",), format="csv", options={}, why={}, fingerprint="", seconds=0.0)
    return Table(frame=frame, columns=described, reading=reading, parts=parts)


def _column(values: pl.Series, kind: Kind | None) -> Column:
    present = values.drop_nulls()
    default: Kind = "integer" if values.dtype.is_integer() else KINDS.get(type(values.dtype), "numeric")
    return Column(
        name=values.name,
        kind=kind or default,
        why="",
        count=len(values),
        missing=values.null_count(),
        unique=present.n_unique(),
        examples=tuple(str(value) for value in present.unique(maintain_order=True).head(5).to_list()),
    )


def description(**mapping: Any) -> Description:
    """Return a description as Python objects say it."""
    return from_mapping({"data": {"path": "a.csv"}, **mapping})


def split(
    train: Any, validation: Any, test: Any, *, shuffle: bool = True, stratify: bool = False, by: Any = "random"
) -> Split:
    """Return a split of these rows."""
    parts = [np.asarray(rows, dtype=np.int64) for rows in (train, validation, test)]
    sizes = (len(parts[0]), len(parts[1]), len(parts[2]))
    plan = SplitPlan(
        by=by, test_size=0.2, validation_size=0.1, random_state=0, shuffle=shuffle, stratify=stratify, rows=sizes
    )
    return Split(train=parts[0], validation=parts[1], test=parts[2], plan=plan, why={})


def halves(rows: int, **options: Any) -> Split:
    """Return a split into every second row for training, the others for validation and test."""
    numbers = np.arange(rows)
    return split(numbers[::2], numbers[1::4], numbers[3::4], **options)


def number(name: str, **values: Any) -> InputPlan:
    """Return the plan of a number."""
    return InputPlan(name=name, kind="numeric", encoding="number", why="", **values)


def rng(seed: int = 0) -> np.random.Generator:
    """Return a generator of its own for each case."""
    return np.random.default_rng(seed)


def at_warning(found: list[Diagnostic]) -> list[Diagnostic]:
    """Return the findings at warning or above."""
    return [diagnostic for diagnostic in found if diagnostic.severity != "note"]


def plan(
    task: Task, inputs: tuple[InputPlan, ...], outputs: OutputPlan, rows: tuple[int, int, int], **more: Any
) -> Plan:
    """Return a plan with these inputs and outputs."""
    return Plan(
        modelwright="0",
        task=task,
        data=DataPlan(paths=("a.csv",), format="csv", options={}, rows=sum(rows), fingerprint=""),
        inputs=inputs,
        unused={},
        outputs=outputs,
        split=split([], [], []).plan,
        scale="StandardScaler",
        impute="SimpleImputer",
        **{"recipe": "mlp", "layers": ("Linear(1, 1)",), "loss": "MSELoss", "optimizer": "AdamW", **more},
        scheduler=None,
        train=TrainPlan(
            epochs=1, batch_size=1, seed=0, patience=None, clip_grad_norm=None, accumulate=1, class_weight=None
        ),
        execution=ExecutionPlan(device="cpu", threads=1, precision="float32"),
        metric="rmse",
        ignore=(),
        why={},
    )
