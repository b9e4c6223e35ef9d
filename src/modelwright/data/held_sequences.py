"""Sequences that Python holds: an array `[N, T, C]` with its answers → rows of a table, and the table."""

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
from modelwright.data.numbers import LIMIT
from modelwright.data.problems import fail
from modelwright.data.sequences import NAME, holes, sequence_column, whole
from modelwright.data.spill import digest_of, file_of
from modelwright.spec.schema import DataSpec


def are_sequences(source: Any) -> bool:
    """Return whether an object is an array of sequences: three axes, not of whole numbers (those are pictures).

    >>> are_sequences(np.zeros((5, 96, 3))), are_sequences(np.zeros((5, 4)))
    (True, False)
    """
    return getattr(source, "ndim", 0) == 3 and np.asarray(source[:1]).dtype.kind == "f"


def sequence_examples(source: Any, y: Any, targets: Sequence[str]) -> tuple[Examples, list[str] | None]:
    """Return sequences with `y` as further columns, and the names of these; None where there is no `y`."""
    array = source if file_of(source) else np.clip(np.asarray(source), -LIMIT, LIMIT).astype(np.float32)
    frame, names = with_answers(pl.DataFrame({NAME: np.arange(len(array))}), y, targets)
    return Examples(frame, {NAME: array}), names


def sequence_table(examples: Examples, data: DataSpec) -> Table:
    """Return sequences in memory as a table."""
    started = time.perf_counter()
    labels = examples.frame.drop(NAME)
    if not labels.width:
        raise fail("F006", "the sequences have no labels", expected="`y`: one answer for each", fix="train(X, y)")
    sequences, filled = whole(examples.media[NAME])
    digest = hashlib.sha256(f"{digest_of(sequences)} {fingerprint_of(labels)}".encode())
    reading = Reading(
        paths=(),
        format="frame",
        options={"columns": examples.frame.columns, "sequence": {"form": "array", "channels": sequences.shape[2]}},
        why={"format": "an array [N, T, C] in memory: sequences"},
        fingerprint=digest.hexdigest(),
        seconds=time.perf_counter() - started,
    )
    why = "an array [N, T, C]"
    columns = [column(series, data.columns.get(series.name), target=True) for series in labels]
    return Table(
        frame=examples.frame,
        columns=(sequence_column(sequences, why), *columns),
        reading=reading,
        findings=(holes(filled, sequences.size),) if filled else (),
        media={NAME: sequences},
    )
