"""Arrays and frames that Python holds, by what they are: pictures, sequences, rows of a file, tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from modelwright.data.columns import Examples
from modelwright.data.frames import with_answers
from modelwright.data.held_sequences import are_sequences, sequence_examples
from modelwright.data.held_vectors import are_vectors, vector_examples
from modelwright.data.images.memory import are_pictures, examples_of


def examples(source: Any, y: Any, targets: Sequence[str]) -> tuple[pl.DataFrame | Examples, list[str] | None]:
    """Return rows with `y` as further columns, and the names of these; None where there is no `y`."""
    if are_pictures(source):
        return examples_of(source, y, targets)
    if are_sequences(source):
        return sequence_examples(source, y, targets)
    return (vector_examples if are_vectors(source) else with_answers)(source, y, targets)
