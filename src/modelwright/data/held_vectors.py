"""Rows of numbers that do not fit into memory: `[N, W]` in a file, as a table whose columns are mapped from another."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Examples, Reading, Table
from modelwright.data.frames import fingerprint_of, with_answers
from modelwright.data.kinds import column
from modelwright.data.spill import digest_of, file_of, names_of, turned
from modelwright.spec.schema import DataSpec

ROWS, COUNTED = "rows", "\0rows"


def are_vectors(source: Any) -> bool:
    """Return whether an object is an array `[N, W]` of a file of rows, or holds one beside columns in memory."""
    if isinstance(source, Examples):
        return ROWS in source.media
    return getattr(source, "ndim", 0) == 2 and isinstance(source, np.ndarray) and file_of(source) is not None


def vector_examples(source: Any, y: Any, targets: Sequence[str]) -> tuple[Examples, list[str] | None]:
    """Return rows with `y` as further columns, and the names of these."""
    given = source if isinstance(source, Examples) else Examples(pl.DataFrame(), {ROWS: source})
    counted = pl.Series(COUNTED, np.arange(len(given.media[ROWS])))
    frame, names = with_answers(pl.DataFrame([*given.frame, counted]), y, targets)
    return Examples(frame.drop(COUNTED), given.media), names


def vector_table(examples: Examples, data: DataSpec) -> Table:
    """Return the rows as a table of numeric columns, which polars takes from the file without a copy."""
    started, array = time.perf_counter(), examples.media[ROWS]
    names, others = names_of(array), examples.frame.columns
    called = [f"column_{at}" for at in range(1, array.shape[1] + 1)] if names is None else names["file"]
    inputs = [pl.Series(name, values) for name, values in zip(called, turned(array), strict=True)]
    inputs = [series.fill_nan(None) if series.is_nan().any() else series for series in inputs]
    order = [*called, *others] if names is None else [*names["order"], *(n for n in others if n not in names["order"])]
    asked = [data.target] if isinstance(data.target, str) else data.target
    answers = others if names is None else [*asked, order[-1]]
    columns = {series.name: column(series, data.columns.get(series.name, "numeric")) for series in inputs}
    columns |= {s.name: column(s, data.columns.get(s.name), target=s.name in answers) for s in examples.frame}
    frame = pl.DataFrame([*inputs, *examples.frame]).select(order)
    digest = hashlib.sha256(f"{digest_of(array)} {fingerprint_of(examples.frame)}".encode()).hexdigest()
    reading = Reading(
        paths=(),
        format="frame",
        options={"columns": frame.columns},
        why={"format": "rows of a data set, streamed from a file: they do not fit into memory"},
        fingerprint=digest,
        seconds=time.perf_counter() - started,
    )
    return Table(frame=frame, columns=tuple(columns[name] for name in order), reading=reading)
