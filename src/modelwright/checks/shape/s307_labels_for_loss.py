"""The values of the target are not those that task and loss take.

## What it does
Compares the target with a task that you gave and with the loss: `binary` with more than two classes, numbers that are
no classes (fractions), text for `regression`, labels other than 0 and 1 for `multilabel`, negative counts for
`PoissonNLLLoss`.

## Why it matters
Labels out of range end in a crash on the CPU, in a device assertion without a place on a GPU, or in a class that is
silently wrong.

## Example
`task: binary`, and the target is 0, 1 or 2.

## Fix
```yaml
task: multiclass
```

## Source
Humbatova's taxonomy. Exact: distinct values and their range. modelwright numbers the classes of a table itself, so
labels from 1 on are right there; in a program of your own, cross-entropy takes 0 to K - 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from modelwright.checks.facts import Facts
from modelwright.checks.heads import name_of
from modelwright.checks.measure import numbers
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from torch import Tensor

    from modelwright.checks.program.trace import Op

CODE = "S307"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("description", "table", "targets", "task")
PROGRAM_NEEDS = ("forward", "rows")

SIGNS = {"soft_margin_loss": 1, "hinge_embedding_loss": 1, "cosine_embedding_loss": 2, "margin_ranking_loss": 2}
"""Losses whose targets are signs, with the position of the target."""


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each target whose values the task or the loss cannot take."""
    assert facts.description is not None
    if facts.description.spec.task != "auto":
        for name in facts.targets:
            if (told := _against_task(facts, name)) is not None:
                yield _finding(facts, "task", *told)
    if name_of(facts.description.spec.loss) == "PoissonNLLLoss" and facts.values is not None:
        negative = facts.values[facts.values < 0]
        if len(negative):
            message = "`PoissonNLLLoss` takes counts, the target has negative values"
            yield _finding(facts, "loss", message, f"a smallest value of {negative.min():g}", "loss: MSELoss")


def _against_task(facts: Facts, name: str) -> tuple[str, str, str] | None:
    """Return message, what was received and the fix, or None where the values fit."""
    assert facts.table is not None
    column, values = facts.table.column(name), facts.table.frame[name]
    if facts.task == "regression" and values.dtype == pl.String:
        return f"`task: regression`, but `{name}` holds words", ", ".join(column.examples[:3]), "task: multiclass"
    if facts.task == "binary" and column.unique > 2:
        fix = "task: regression" if column.kind == "numeric" else "task: multiclass"
        return f"`task: binary`, but `{name}` has {column.unique:,} classes", ", ".join(column.examples), fix
    if facts.task in ("binary", "multiclass") and values.dtype.is_float() and not _whole(values.to_numpy()):
        return f"`task: {facts.task}`, but `{name}` has fractions", ", ".join(column.examples[:3]), "task: regression"
    if facts.task == "multilabel" and values.dtype.is_numeric():
        others = np.setdiff1d(numbers(values.drop_nulls()), (0.0, 1.0))
        if len(others):
            return f"`task: multilabel`, but `{name}` is not 0 or 1", f"{others[0]:g}", f"drop: [{name}]"
    return None


def _whole(values: np.ndarray) -> bool:
    present = values[np.isfinite(values)]
    return bool((present == np.round(present)).all())


def _finding(facts: Facts, key: str, message: str, received: str, fix: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity="error",
        message=message,
        where=facts.place(key),
        expected="a target whose values fit task and loss",
        received=received,
        help=fix,
    )


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where labels of a program are not 0 to K - 1 (or 0 to 1 for a binary loss)."""
    assert facts.forward is not None and facts.rows is not None
    yield from _signs(facts)
    for call in facts.forward.losses[:1]:
        if call.input is None or call.target is None or facts.rows.target is None:
            return
        whole = facts.rows.target if call.target.kind == "target" else call.target.tensor.detach()
        if call.name in ("cross_entropy", "nll_loss") and not whole.is_floating_point() and call.input.tensor.dim() > 1:
            kept = whole[whole != call.argument("ignore_index", -100)]
            yield from _class_numbers(facts, call.op, kept, call.input.shape[1])
        elif call.name.startswith("binary_cross_entropy") and whole.is_floating_point() and whole.numel():
            low, high = float(whole.min()), float(whole.max())
            if low < 0 or high > 1:
                yield found(
                    facts,
                    CODE,
                    "error",
                    f"`{call.name}` takes targets from 0 to 1",
                    op=call.op,
                    expected="0 for no, 1 for yes",
                    received=f"targets from {low:g} to {high:g}",
                    help="y = (y + 1) / 2" if (low, high) == (-1.0, 1.0) else "y = (y == positive_class).float()",
                )


def _signs(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a loss of -1 and 1 is given 0 and 1."""
    assert facts.forward is not None and facts.rows is not None
    for op in facts.forward.trace.named(*SIGNS):
        given = op.value("target", SIGNS[op.name])
        if given is None:
            continue
        whole = facts.rows.target if given.kind == "target" and facts.rows.target is not None else given.tensor.detach()
        if whole.numel() and bool((whole == 0).any()) and bool(((whole == 0) | (whole == 1)).all()):
            yield found(
                facts,
                CODE,
                "error",
                f"`{op.name}` takes targets of -1 and 1",
                op=op,
                expected="-1 for no, 1 for yes",
                received="targets of 0 and 1: rows with 0 teach nothing, or the wrong thing",
                help="y = 2 * y - 1",
            )
            return


def _class_numbers(facts: Facts, op: Op, kept: Tensor, classes: int) -> Iterator[Diagnostic]:
    if not kept.numel():
        return
    low, high = int(kept.min()), int(kept.max())
    if low >= 0 and high < classes:
        return
    one_based = low == 1 and high == classes
    yield found(
        facts,
        CODE,
        "error",
        "the labels count from 1, class numbers count from 0" if one_based else "labels lie outside the classes",
        op=op,
        expected=f"0 to {classes - 1}, as the model has {classes} outputs",
        received=f"{low} to {high}",
        help="y = y - 1"
        if one_based
        else "y = (y + 1) // 2"
        if low == -1 and high == 1 and classes == 2
        else f"nn.Linear(…, {high + 1}), or number the classes from 0 on"
        if low >= 0
        else "ignore_index=-1, or number from 0",
    )
