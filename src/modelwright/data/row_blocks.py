"""Rows of a data set as they are read: stacked block by block, and of several inputs those that a file can hold.

A row alone costs several times what its numbers take (an array has 100 bytes beside them, a tensor 500), so rows are
not kept one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.problems import fail
from modelwright.data.row_arrays import Checked, arrays_of
from modelwright.spec.own import place_of

BLOCK = 1024
"""Rows that are stacked, and written, at once."""
MOST = 64e6  # bytes of them
NUMBERS = "biuf"
Arrays = Mapping[str, np.ndarray]
Order = dict[str, list[str]]
"""`file`: names of the columns that a file of rows holds, `order`: those of all columns."""


def blocks_of(rows: Iterable[Any], one: Any) -> Iterator[dict[str, np.ndarray]]:
    """Yield the arrays of some rows at a time; DataError at the first row that has another shape than row 0."""
    checked, block, size = Checked(one), list[Arrays](), 0
    for item in rows:
        block.append(arrays_of(item))
        size += sum(array.nbytes for array in block[-1].values())
        if len(block) == BLOCK or size >= MOST:
            yield checked.stacked(block)
            block, size = [], 0
    if block:
        yield checked.stacked(block)


def as_pairs(rows: Iterator[Any], first: Any) -> tuple[Iterator[Any], bool]:
    """Return rows, and whether they are dicts of columns; dicts of a picture or sequence and its label are pairs.

    >>> rows = [{"label": 1, "image": np.zeros((1, 8, 8))}]
    >>> next(as_pairs(iter(rows), rows[0])[0])[1]
    1
    """
    if not isinstance(first, Mapping):
        return rows, False
    axes = {name: array.ndim for name, array in arrays_of(first).items()}
    shaped, flat = ([name for name, count in axes.items() if (count > 1) is many] for many in (True, False))
    if len(shaped) != 1 or len(flat) != 1 or axes[flat[0]]:
        return rows, True
    names = {shaped[0], flat[0]}
    return ((item[shaped[0]], item[flat[0]]) if names == set(item) else item for item in rows), False


def within(blocks: Iterator[Arrays], limit: float) -> tuple[list[Arrays], bool]:
    """Return the blocks that fit into a limit of bytes, and whether there are further ones."""
    kept, taken = list[Arrays](), 0
    for block in blocks:
        kept.append(block)
        taken += sum(array.nbytes for array in block.values())
        if taken > limit:
            return kept, True
    return kept, False


def joined(blocks: Sequence[Arrays]) -> dict[str, np.ndarray]:
    """Return the arrays of all rows."""
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Rows of several inputs: `numbers` `[N, W]` go to a file, `beside` stay in memory, as does the answer."""

    numbers: np.ndarray
    beside: Arrays
    order: Order


def several(arrays: Arrays, one: Any, named: bool) -> Several:
    """Take rows of several inputs apart; `named`: they are dicts, and the last column, the target by default, stays.

    DataError F008 where an input has several axes a row, or where there is nothing that a file can hold.
    """
    last = list(arrays)[-1]
    numbers, beside, order = list[np.ndarray](), dict[str, np.ndarray](), Order(file=[], order=[])
    for name, array in arrays.items():
        if array.ndim > 2 or (array.ndim == 2 and array.dtype.kind not in NUMBERS):
            raise _unfit(name, array, one)
        labels = [name] if array.ndim == 1 else [f"{name}_{at + 1}" for at in range(array.shape[1])]
        if array.ndim == 1 and (name == last or array.dtype.kind != "f"):
            beside[name] = array
        else:
            numbers.append(array.reshape(len(array), -1))
            order["file"] += labels
        order["order"] += labels if named or name != last else []
    if not numbers:
        raise _unfit(last, arrays[last], one)
    return Several(numbers=np.concatenate(numbers, axis=1), beside=beside, order=order)


def _unfit(name: str, array: np.ndarray, one: Any) -> Exception:
    return fail(
        "F008",
        f"the rows of `{type(one).__name__}` do not fit into memory, and `{name}` cannot be streamed beside others",
        where=place_of(one),
        expected="numbers [N] or [N, W]; a single input `x` may have any number of axes",
        received=f"{list(array.shape[1:])} a row of {array.dtype}",
        fix="flatten it, or write the rows to Parquet files and give the path",
    )


def frame_of(columns: Sequence[Arrays]) -> pl.DataFrame:
    """Return columns that stayed in memory, block by block, as a frame."""
    return pl.DataFrame(joined(columns)) if columns[0] else pl.DataFrame()
