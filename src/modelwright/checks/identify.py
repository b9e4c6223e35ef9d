"""Does a column name or number the rows? Used by D103 and L206."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from modelwright.data.columns import Column

NAMES = re.compile(
    r"(^|[_\s.-])(id|ids|idx|index|uuid|guid|key|rowid|row|rownum|number|no|nr|num|ticket|serial)$|^unnamed|^$|(?<=[a-z])I[dD]$",
)
"""Names of identifiers: `id`, `patient_id`, `PassengerId`, `index`, `No`, pandas' `Unnamed: 0`."""
LOOK = 1_000  # rows by which measured numbers are told from whole ones, before all are looked at


def named_as_identifier(name: str) -> bool:
    """Return whether a name is one that identifiers have.

    >>> [named_as_identifier(name) for name in ("customer_id", "PassengerId", "paid", "humid")]
    [True, True, False, False]
    """
    lowered = name if re.search(r"[a-z]I[dD]$", name) else name.lower()
    return NAMES.search(lowered) is not None


def identifies(column: Column, values: pl.Series) -> str:
    """Return why a column identifies rows, or nothing if it does not.

    A value in each row is not enough: a salary may be unique as well. It takes the name of an identifier, numbers
    that count the rows, or texts that are all different.
    """
    present = column.count - column.missing if column.count == len(values) else column.count
    if present < 20 or column.unique < present or column.kind in ("boolean", "date"):
        return ""
    if values.dtype.is_numeric():
        if not _whole(np.diff(values.head(LOOK).drop_nulls().to_numpy())):
            return ""
        steps = np.diff(values.drop_nulls().to_numpy())
        if not _whole(steps):
            return ""
        if (steps == 1).all() or (steps == -1).all():
            return "it counts the rows"
        return "its name is that of an identifier and no value occurs twice" if named_as_identifier(column.name) else ""
    return "every row has a value of its own" if column.kind in ("category", "identifier", "text") else ""


def _whole(steps: np.ndarray) -> bool:
    """Return whether numbers are whole ones."""
    return bool(np.equal(np.mod(steps, 1), 0).all())
