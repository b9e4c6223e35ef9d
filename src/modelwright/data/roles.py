"""Which columns are predicted, and which rows can be used for that."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np
import polars as pl

from modelwright.data.columns import Table
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.spec.schema import Spec

ROLES = ("group", "time", "weight", "series")


def target_columns(spec: Spec, table: Table) -> tuple[tuple[str, ...], str]:
    """Return the target columns with the reason: those given, or else the last column that has no other role.

    Raises DataError (F006) for names that are not in the table, with near misses.
    """
    given = spec.data.target
    every = given == "all" and "all" not in table.names
    named = [(key, name) for key, name in _named(spec) if not (every and key == "data.target")]
    missing = [_absent(key, name, table) for key, name in named if name not in table.frame.columns]
    if missing:
        raise DataError(*missing)
    if every:
        return _numbers(spec, table), "given: `all` stands for every column of numbers"
    if given != "auto":
        return (given,) if isinstance(given, str) else tuple(given), "given"
    taken = {*spec.data.drop, *(getattr(spec.data, role) for role in ROLES)}
    free = [name for name in table.names if name not in taken and name not in table.media]
    if not free:
        raise DataError(_no_target(table))
    others = [name for name in free if table.column(name).kind != "text"] or free
    if others[-1] != free[-1]:
        return (others[-1],), f"the last column but for the texts of `{free[-1]}`; `data.target` names another"
    if table.media:
        return (free[-1],), "the column beside the sequences; `data.target` names another"
    return (free[-1],), "the last column, as in most public tables; `data.target` names another"


def _numbers(spec: Spec, table: Table) -> tuple[str, ...]:
    """Return the columns of numbers that have no other role."""
    taken = {*spec.data.drop, *(getattr(spec.data, role) for role in ROLES)}
    found = tuple(c.name for c in table.columns if c.name not in taken and c.kind in ("numeric", "integer"))
    if not found:
        raise DataError(_no_target(table))
    return found


def labelled(table: Table, targets: tuple[str, ...]) -> np.ndarray:
    """Return the numbers of the rows (int64, ascending) that have a value in every target column.

    Rows without a target can neither train nor test a model; raises DataError (D101) where no row is left.
    """
    usable = pl.Series([True]).new_from_index(0, table.frame.height)
    for name in targets:
        column = table.frame.get_column(name)
        usable &= column.is_not_null()
        if column.dtype.is_float():
            usable &= column.is_not_nan().fill_null(False)
    rows = usable.arg_true().to_numpy().astype(np.int64)
    if not len(rows):
        raise DataError(
            Diagnostic(
                code="D101",
                severity="error",
                message=f"no row has a value in the target {', '.join(f'`{name}`' for name in targets)}",
                where=Place(key="data.target"),
                help="name the column to predict: `data.target: …`",
            )
        )
    return rows


def require_weights(spec: Spec, table: Table) -> None:
    """Raise DataError (F007) where the column of row weights holds anything but finite numbers from 0 on."""
    name = spec.data.weight
    if name is None:
        return
    column = table.frame.get_column(name)
    wrong = pl.Series([True]).new_from_index(0, len(column))
    if column.dtype.is_numeric():
        numbers = column.cast(pl.Float64)
        wrong = ~(numbers.is_finite() & (numbers >= 0)).fill_null(False)
    bad = wrong.arg_true().to_list()
    if bad:
        listed = ", ".join(f"row {row + 1:,}: {'empty' if column[row] is None else column[row]}" for row in bad[:5])
        raise DataError(
            Diagnostic(
                code="F007",
                severity="error",
                message=f"{len(bad):,} of {len(column):,} values of `{name}` cannot be the weight of a row",
                where=Place(key="data.weight"),
                expected="a number from 0 on in every row",
                received=listed + (", …" if len(bad) > 5 else ""),
                help="name another column, or correct these cells",
            )
        )


def _named(spec: Spec) -> list[tuple[str, str]]:
    target = spec.data.target
    targets = [] if target == "auto" else [target] if isinstance(target, str) else target
    named = [("data.target", name) for name in targets] + [("data.drop", name) for name in spec.data.drop]
    roles = [(f"data.{role}", getattr(spec.data, role)) for role in ROLES]
    return named + [(key, name) for key, name in roles if name is not None]


def _absent(key: str, name: str, table: Table) -> Diagnostic:
    folded = {column.casefold(): column for column in table.names}
    near = [folded[match] for match in get_close_matches(name.casefold(), folded, n=3)]
    return Diagnostic(
        code="F006",
        severity="error",
        message=f"there is no column `{name}`",
        where=Place(key=key),
        known=", ".join(table.names[:20]) + (", …" if len(table.names) > 20 else ""),
        help=f"did you mean `{near[0]}`?" if near else "name one of the columns of the table",
    )


def _no_target(table: Table) -> Diagnostic:
    if table.media and len(table.names) == len(table.media):
        several = len(table.media) > 1
        other = "`contrastive`, which compares them" if several else "`task: gan`, which makes pictures"
        return Diagnostic(
            code="F006",
            severity="error",
            message="the pictures have no labels",
            where=Place(key="data.target"),
            expected=f"`y`: one label for each picture; or {other}",
            help=f"contrastive={{'pairs': {table.names[:2]}}}" if several else "train(X, y)",
        )
    return Diagnostic(
        code="F006",
        severity="error",
        message=f"no column is left to predict: each of the {len(table.names)} has another role",
        where=Place(key="data.target"),
        known=", ".join(table.names[:20]),
        help="`data.target: NAME`",
    )
