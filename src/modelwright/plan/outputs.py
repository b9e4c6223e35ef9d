"""What is predicted: the class names or numbers of the targets, and how wide the last layer is."""

from __future__ import annotations

import numpy as np
import polars as pl

from modelwright.data.columns import Table
from modelwright.data.kind import Kind
from modelwright.data.roles import labelled, target_columns
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError, SpecError
from modelwright.plan.plan import OutputPlan
from modelwright.plan.task import infer_task, is_yes_no
from modelwright.spec.schema import Spec, Task
from modelwright.spec.write import paste

__all__ = ["infer_task", "plan_outputs"]
NEGATIVE = frozenset(
    {"no", "n", "false", "f", "0", "off", "negative", "neg", "-", "absent", "none", "without", "never"}
)
"""Of two classes, one spelt so is the negative one, wherever the alphabet would put it (`+` sorts before `-`)."""


def plan_outputs(spec: Spec, table: Table, train_rows: np.ndarray, task: Task) -> OutputPlan:
    """Return the outputs for a task, all of them learned from the training rows only.

    Classes are texts as they stand in the data, sorted (as numbers if they are numbers). Of two classes the first is
    the negative one: a word like no, false or 0 (`NEGATIVE`), or else the one that sorts first. Regression targets
    get their mean and population standard deviation (1 where it is 0). Raises SpecError for a task that the targets
    cannot have, DataError for fewer than two classes or a class that no training row has.
    """
    targets, _ = target_columns(spec, table)
    _require_fit(table, targets, task)
    frame = table.frame.select(targets)
    kind = _kind(table.column(targets[0]).kind, frame.get_column(targets[0]).dtype)
    train = frame[train_rows]
    if task == "regression":
        numbers = [_finite(train.get_column(name)) for name in targets]
        scales = [float(np.std(values)) for values in numbers]
        return OutputPlan(
            targets=targets,
            kind=kind,
            width=len(targets),
            mean=tuple(float(np.mean(values)) for values in numbers),
            scale=tuple(
                scale if scale > 1e-12 * float(np.abs(values).max()) else 1.0
                for scale, values in zip(scales, numbers, strict=True)
            ),
        )
    if task == "multilabel":
        labels = tuple(_no_and_yes(train.get_column(name)) for name in targets)
        return OutputPlan(targets=targets, kind=kind, classes=targets, labels=labels, width=len(targets))
    classes = class_names(train.get_column(targets[0]))
    _require_seen(frame[labelled(table, targets)].get_column(targets[0]), classes, _spread(spec, table))
    _require_count(targets[0], classes, task)
    return OutputPlan(targets=targets, kind=kind, classes=classes, width=1 if task == "binary" else len(classes))


def _kind(kind: Kind, dtype: pl.DataType) -> Kind:
    """Return the kind that answers have: classes of pictures and sequences that came as numbers stay numbers."""
    if kind == "category" and (dtype.is_integer() or dtype == pl.Boolean):
        return "integer" if dtype.is_integer() else "boolean"
    return kind


def class_names(target: pl.Series) -> tuple[str, ...]:
    """Return the distinct values as texts, sorted; of two, the negative one first.

    >>> class_names(pl.Series(["yes", "no", "yes"])), class_names(pl.Series([10, 9, 9, 1]))
    (('no', 'yes'), ('1', '9', '10'))
    """
    if isinstance(target.dtype, pl.Categorical | pl.Enum):
        target = target.cast(pl.String)
    names = tuple(target.drop_nulls().unique().sort().cast(pl.String).to_list())
    if len(names) == 2 and names[1].strip().casefold() in NEGATIVE and names[0].strip().casefold() not in NEGATIVE:
        return names[1], names[0]
    return names


def _no_and_yes(target: pl.Series) -> tuple[str, str]:
    """Return how a label writes no and yes; where training rows have only one of them, the other as usual."""
    names = class_names(target)
    if len(names) == 2:
        return names[0], names[1]
    numbers = target.dtype.is_numeric()
    usual = ("0", "1") if target.dtype.is_integer() else ("0.0", "1.0") if numbers else ("false", "true")
    if not names or names[0] in usual:
        return usual
    return (names[0], usual[1]) if names[0].strip().casefold() in NEGATIVE else (usual[0], names[0])


def _finite(target: pl.Series) -> np.ndarray:
    values = target.cast(pl.Float64).to_numpy()
    return values[np.isfinite(values)]


def _require_fit(table: Table, targets: tuple[str, ...], task: Task) -> None:
    """Refuse a task that these columns cannot have."""
    found: list[str] = []
    fix = ""
    if task in ("binary", "multiclass") and len(targets) > 1:
        found, fix = [f"{len(targets)} targets are given, a {task} task has one"], paste("data", target=targets[0])
    if task == "multilabel":
        wrong = [name for name in targets if not is_yes_no(table.frame.get_column(name))]
        found, fix = [f"the label `{name}` has other values than yes and no (true/false, 1/0)" for name in wrong], ""
    if task == "regression":
        wrong = [name for name in targets if not table.frame.get_column(name).dtype.is_numeric()]
        wrong = [name for name in wrong if table.frame.get_column(name).dtype != pl.Boolean]
        found, fix = [f"the target `{name}` does not hold numbers" for name in wrong], "task: auto"
    if found:
        problems = (
            Diagnostic(code="H504", severity="error", message=text, where=Place(key="task"), received=task, help=fix)
            for text in found
        )
        raise SpecError(*problems)


def _require_count(target: str, classes: tuple[str, ...], task: Task) -> None:
    if len(classes) < 2:
        message = f"the training rows have {len(classes)} class in `{target}`: {', '.join(classes)}"
        fix = "gather rows of another class, or name another target: `data.target: …`"
        where = Place(key="data.target")
        raise DataError(Diagnostic(code="D107", severity="error", message=message, where=where, help=fix))
    if task == "binary" and len(classes) > 2:
        message = f"`{target}` has {len(classes)} classes, a binary task has two"
        where = Place(key="task")
        known = ", ".join(classes[:10])
        found = Diagnostic(
            code="H503", severity="error", message=message, where=where, known=known, help="task: multiclass"
        )
        raise SpecError(found)


def _spread(spec: Spec, table: Table) -> str | None:
    data, by = spec.data, spec.split.by
    if table.parts is not None or data.group or data.time or by in ("group", "time") or spec.split.sizes is not None:
        return None
    return "shuffle" if spec.split.shuffle is False else "stratify"


def _require_seen(target: pl.Series, classes: tuple[str, ...], spread: str | None) -> None:
    """Refuse classes that no training row has; `spread` is the switch of `split` that gives each part some, if any."""
    counts = dict(target.drop_nulls().cast(pl.String).value_counts().iter_rows())
    unseen = sorted(name for name in counts if name not in classes)
    if not unseen:
        return
    listed = ", ".join(f"`{name}` ({counts[name]:,} rows)" for name in unseen[:10])
    merged = paste("data", replace={target.name: {unseen[0]: classes[-1]}})
    fix = f"drop those rows, or merge rare classes: {merged}"
    if spread and min(counts[name] for name in unseen) > 1:
        fix = f"split: {{{spread}: true}}, or {fix}"
    raise DataError(
        Diagnostic(
            code="L213",
            severity="error",
            message=f"no training row has the class {listed} of `{target.name}`",
            where=Place(key="data.target"),
            known=", ".join(classes[:10]),
            help=fix,
        )
    )
