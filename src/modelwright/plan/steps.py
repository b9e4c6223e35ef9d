"""The input that a column of sequences becomes: how many steps of how many channels, and whether lengths differ."""

from __future__ import annotations

import numpy as np

from modelwright.data.columns import Column
from modelwright.data.problems import fail, problem
from modelwright.data.sequences import lengths_of
from modelwright.diagnostic import Place
from modelwright.errors import SpecError
from modelwright.plan.plan import InputPlan
from modelwright.spec.call import parse


def require_line(scale: str) -> None:
    """Raise SpecError (Y007) for a scaler that is no straight line: steps of a series keep their distances."""
    if scale in ("auto", "none") or parse(scale).name != "QuantileTransformer":
        return
    found = problem(
        "Y007",
        "QuantileTransformer is no straight line: it would bend a series, and forecasts could not be taken back",
        where=Place(key="scale"),
        expected="StandardScaler, MinMaxScaler, RobustScaler or none",
        received=scale,
        fix="StandardScaler",
    )
    raise SpecError(found)


def sequence_input(column: Column, sequences: np.ndarray, places: np.ndarray, length: int | str) -> InputPlan:
    """Return the input of sequences `[N, T, C]`; as long as the longest training one unless `length` says otherwise.

    Raises DataError (D101) for a sequence without a single value.
    """
    lengths = lengths_of(sequences)
    if (lengths == 0).any():
        row = int(np.argmax(lengths == 0))
        text = f"{int((lengths == 0).sum()):,} sequences have no value"
        raise fail("D101", text, where=Place(key="data", row=row + 1), fix="remove those rows")
    longest = int(lengths[places].max())
    steps = longest if isinstance(length, str) else min(length, longest)
    cut = int((lengths > steps).sum())
    ragged = bool((lengths < steps).any())
    why = column.why
    if ragged:
        why += "; a mask says which steps are there"
    if cut:
        share = f"{cut:,} of {len(lengths):,} sequences"
        why += f"; {share} are longer than {steps:,} steps and lose their end"
    return InputPlan(
        name=column.name,
        kind=column.kind,
        encoding="steps",
        why=why,
        shape=(steps, sequences.shape[2]),
        ragged=ragged,
    )
