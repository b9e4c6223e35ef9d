"""Weights of the classes: `balanced`, or one number a class."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np
import polars as pl

from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.plan.plan import OutputPlan
from modelwright.spec.schema import Task
from modelwright.spec.source import Description


def class_weights(
    description: Description, task: Task, outputs: OutputPlan, labels: pl.Series
) -> tuple[tuple[float, ...] | None, str]:
    """Return one weight a class in the order of `outputs.classes`, and the reason; None where none are asked for.

    `balanced` is scikit-learn's: rows / (classes · rows of the class), counted on the training rows (`labels`).
    Raises SpecError Y003 for names that are no classes, Y007 where the task has none.
    """
    asked = description.spec.train.class_weight
    if asked is None:
        return None, "default: every row counts the same"
    place = description.place("train.class_weight")
    if task not in ("binary", "multiclass"):
        message = f"class_weight has no effect: a {task} task has no classes that exclude each other"
        raise SpecError(Diagnostic(code="Y007", severity="error", message=message, where=place, help="remove it"))
    if asked == "balanced":
        counts = dict(labels.cast(pl.String).value_counts().iter_rows())
        known = np.array([counts.get(name, 0) for name in outputs.classes], dtype=float)
        return tuple(known.sum() / (len(known) * np.maximum(known, 1))), "rows / (classes × rows of the class)"
    unknown = [name for name in asked if name not in outputs.classes]
    if unknown:
        raise SpecError(*(_unknown(description, name, outputs.classes) for name in unknown))
    return tuple(float(asked.get(name, 1.0)) for name in outputs.classes), "given; classes not named count 1"


def _unknown(description: Description, name: str, classes: tuple[str, ...]) -> Diagnostic:
    near = get_close_matches(name, classes, n=1, cutoff=0.5)
    return Diagnostic(
        code="Y003",
        severity="error",
        message=f"class_weight names `{name}`, which is no class of the target",
        where=description.place("train.class_weight"),
        expected=", ".join(classes[:20]),
        received=name,
        help=f"did you mean `{near[0]}`?" if near else "",
    )
