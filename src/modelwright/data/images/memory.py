"""Pictures that Python holds: an array with its answers → rows of a table, and the table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Examples, Table
from modelwright.data.frames import answer_columns
from modelwright.data.images.arrays import channels_first, label_columns
from modelwright.data.images.found import IMAGE, Found, to_table
from modelwright.data.problems import fail
from modelwright.data.spill import digest_of
from modelwright.spec.schema import DataSpec


def are_pictures(source: Any) -> bool:
    """Return whether an object is an array of pictures: four axes, or three of whole numbers.

    >>> are_pictures(np.zeros((5, 28, 28), np.uint8)), are_pictures(np.zeros((5, 4)))
    (True, False)
    """
    axes = getattr(source, "ndim", 0)
    return axes == 4 or (axes == 3 and np.asarray(source[:1]).dtype.kind in "biu")


def examples_of(source: Any, y: Any, targets: Sequence[str]) -> tuple[Examples, list[str] | None]:
    """Return pictures with `y` as further columns, and the names of these; None where there is no `y`.

    Raises DataError S302 and S306 for arrays that are no pictures, F008 where `y` does not fit.
    """
    array, _ = channels_first(np.asarray(source), "X")
    rows = pl.Series(IMAGE, np.arange(len(array)))
    if y is None:
        return Examples(pl.DataFrame([rows]), {IMAGE: array}), None
    is_array = isinstance(y, np.ndarray) or hasattr(y, "numpy")
    answers = list(label_columns([np.asarray(y)]).values()) if is_array else answer_columns(y)
    names = list(targets) or [series.name for series in answers]
    names = names if all(names) else ["label"]
    if len(names) != len(answers) or len(answers[0]) != len(array):
        raise fail(
            "D113",
            "`y` does not fit the pictures",
            expected=f"{len(array):,} rows, {len(names)} columns",
            received=f"{len(answers[0]):,} rows, {len(answers)} columns",
            fix="one row of `y` for each picture",
        )
    labels = [series.alias(name) for series, name in zip(answers, names, strict=True)]
    return Examples(pl.DataFrame([rows, *labels]), {IMAGE: array}), names


def table_of(examples: Examples, data: DataSpec) -> Table:
    """Return pictures in memory as a table."""
    started = time.perf_counter()
    array = np.ascontiguousarray(examples.media[IMAGE])
    labels = {series.name: series for series in examples.frame.drop(IMAGE)}
    digest = digest_of(array)
    found = Found(
        array=array,
        rows=examples.frame[IMAGE].to_numpy(),
        labels=labels,
        format="frame",
        paths=(),
        digest=digest,
        why={"format": "an array of pictures in memory"},
    )
    return to_table(found, data, started)
