"""Which task a target asks for, and why."""

from __future__ import annotations

import polars as pl

from modelwright.data.columns import Table
from modelwright.data.roles import target_columns
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError, SpecError
from modelwright.spec.schema import Spec, Task
from modelwright.spec.write import paste

MOST_CODES = 20  # class numbers beyond this are counts more often than classes
FEWEST_ROWS = 5  # of each class number; counts have a tail of rare values, classes seldom do
YES_NO = frozenset({"yes", "no", "y", "n", "true", "false", "t", "f", "1", "0", "1.0", "0.0"})
OVERRIDE = "`task:` overrides this"


def infer_task(spec: Spec, table: Table, targets: tuple[str, ...] | None = None) -> tuple[Task, str]:
    """Return the task with the reason: the one given, or what the targets' values suggest.

    Texts and booleans are classes. Numbers with decimals are regression. Whole numbers are classes if there are two
    of them, or if they look like class numbers: from 0 or 1 on, at most 20, at most one in five skipped, at least 5
    rows each. So covertype (1-7) and digits (0-9) are classes; wine quality (3-9), ages and counts are regression.
    Several targets are labels if all hold yes/no, regression if all are numbers.

    Raises DataError (D107) for a single class, SpecError (H504) for targets that fit no common task.
    """
    if spec.task != "auto":
        return spec.task, "given"
    targets = targets or target_columns(spec, table)[0]
    columns = [table.frame.get_column(name) for name in targets]
    if len(columns) == 1:
        return _one(columns[0], table.column(targets[0]).kind)
    if all(is_yes_no(column) for column in columns):
        return "multilabel", f"{len(columns)} targets that each hold yes and no"
    if all(column.dtype.is_numeric() for column in columns):
        return "regression", f"{len(columns)} targets of numbers"
    raise SpecError(
        Diagnostic(
            code="H504",
            severity="error",
            message=f"{len(columns)} targets fit no common task",
            where=Place(key="data.target"),
            expected="all numbers, or all yes and no",
            received="; ".join(f"`{column.name}`: {_content(column)}" for column in columns[:6]),
            help=paste("data", target=columns[0].name),
        )
    )


def _content(column: pl.Series) -> str:
    if is_yes_no(column):
        return "yes and no"
    return "numbers" if column.dtype.is_numeric() else "other values"


def is_yes_no(column: pl.Series) -> bool:
    """Return whether a column holds booleans, 0 and 1, or yes and no.

    >>> is_yes_no(pl.Series([0, 1, None])), is_yes_no(pl.Series(["a", "b"]))
    (True, False)
    """
    if column.dtype == pl.Boolean:
        return True
    values = column.drop_nulls().unique()
    return 1 <= len(values) <= 2 and all(str(value).strip().casefold() in YES_NO for value in values.to_list())


def _one(column: pl.Series, kind: str) -> tuple[Task, str]:
    values = column.drop_nulls().drop_nans() if column.dtype.is_float() else column.drop_nulls()
    distinct = values.n_unique()
    if distinct < 2:
        raise DataError(_single_class(column.name, values, len(column)))
    if column.dtype.is_temporal():
        raise SpecError(_temporal(column.name))
    if not column.dtype.is_numeric() or kind in ("category", "boolean"):
        if distinct == 2:
            return "binary", f"`{column.name}` has two classes"
        return "multiclass", f"`{column.name}` has {distinct} classes"
    if not _whole(values):
        return "regression", f"`{column.name}` holds numbers with decimals"
    low, high = int(values.min()), int(values.max())  # pyright: ignore[reportArgumentType]  # numbers, none missing
    span = f"whole numbers {low:,} to {high:,}, {distinct:,} different"
    if distinct == 2:
        return "binary", f"`{column.name}` has two values, {low} and {high}; {OVERRIDE}"
    rarest = int(values.value_counts().get_column("count").min())  # pyright: ignore[reportArgumentType]
    skipped = high - low + 1 - distinct
    codes = low in (0, 1) and distinct <= MOST_CODES and skipped * 5 <= high - low + 1
    if codes and rarest >= FEWEST_ROWS:
        return "multiclass", f"`{column.name}` has {span}: they look like class numbers; {OVERRIDE}"
    return "regression", f"`{column.name}` has {span}: they look like counts or grades; {OVERRIDE}"


def _whole(values: pl.Series) -> bool:
    return values.dtype.is_integer() or bool((values == values.round()).all())


def _single_class(name: str, values: pl.Series, rows: int) -> Diagnostic:
    told = f"the one value `{values[0]}`" if len(values) else "no values"
    few = rows < 2 * FEWEST_ROWS
    return Diagnostic(
        code="D107",
        severity="error",
        message=f"the target `{name}` has {told}: there is nothing to tell apart",
        where=Place(key="data.target"),
        expected="a target with at least two different values",
        received=f"{rows:,} row{'s' if rows != 1 else ''} with {told}",
        help="give a table with more rows" if few else "name another column: `data.target: COLUMN`, or --target COLUMN",
    )


def _temporal(name: str) -> Diagnostic:
    return Diagnostic(
        code="H504",
        severity="error",
        message=f"the target `{name}` holds dates, which no task predicts",
        where=Place(key="data.target"),
        help="name another column, or make a number of it (days since an event)",
    )
