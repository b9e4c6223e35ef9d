"""Arrays and frames that Python holds, by what they are: pictures, sequences, rows of a file, tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from modelwright.data.columns import Examples
from modelwright.data.frames import with_answers
from modelwright.data.held_sequences import are_sequences, sequence_examples
from modelwright.data.held_vectors import ROWS, are_vectors, vector_examples
from modelwright.data.images.memory import are_pictures, examples_of
from modelwright.data.images.several import examples_of_several


def examples(source: Any, y: Any, targets: Sequence[str]) -> tuple[pl.DataFrame | Examples, list[str] | None]:
    """Return rows with `y` as further columns, and the names of these; None where there is no `y`."""
    if isinstance(source, Examples) and ROWS not in source.media:
        return examples_of_several(source, y, targets)
    if are_pictures(source):
        return examples_of(source, y, targets)
    if are_sequences(source):
        return sequence_examples(source, y, targets)
    return (vector_examples if are_vectors(source) else with_answers)(source, y, targets)
