"""The input that a column of sequences becomes: how many steps of how many channels, and whether lengths differ."""

from __future__ import annotations

import numpy as np

from modelwright.data.columns import Column
from modelwright.data.problems import count, fail, problem
from modelwright.data.sequences import lengths_of
from modelwright.diagnostic import Place
from modelwright.errors import SpecError
from modelwright.plan.plan import InputPlan
from modelwright.spec.call import parse
from modelwright.spec.schema import DataSpec


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


def require_sequences(data: DataSpec, first: InputPlan) -> None:
    """Raise SpecError (Y007) for a number of steps where a row is no sequence."""
    for name in ("length", "resample"):
        given = getattr(data, name)
        if given not in ("auto", None) and first.encoding != "steps":
            text = f"`{name}` has no effect: the network takes {first.kind} columns, no sequences"
            fix = "data: {kind: series}, or data: {series: COLUMN}, if the rows hold sequences"
            if first.tokens is not None:
                fix = f"encode: {{text: WordLevel(length={given})}}"
            raise SpecError(problem("Y007", text, where=Place(key=f"data.{name}"), received=str(given), fix=fix))


def sequence_input(column: Column, sequences: np.ndarray, places: np.ndarray, data: DataSpec) -> InputPlan:
    """Return the input of sequences `[N, T, C]`: as long as the longest training one, unless `data.length` cuts them or
    `data.resample` brings them to a number of steps.

    Raises DataError (D101) for a sequence without a single value.
    """
    lengths = lengths_of(sequences)
    if (lengths == 0).any():
        row = int(np.argmax(lengths == 0))
        text = f"{count(int((lengths == 0).sum()), 'sequence')} without a value"
        raise fail("D101", text, where=Place(key="data", row=row + 1), fix="remove these rows")
    if data.resample is not None:
        return _resampled(column, sequences, lengths, data.resample)
    longest = int(lengths[places].max())
    steps = longest if isinstance(data.length, str) else min(data.length, longest)
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


def _resampled(column: Column, sequences: np.ndarray, lengths: np.ndarray, steps: int) -> InputPlan:
    other = int((lengths != steps).sum())
    why = f"{column.why}; {other:,} of {len(lengths):,} sequences are resampled to {steps:,} steps, on straight lines"
    return InputPlan(
        name=column.name,
        kind=column.kind,
        encoding="steps",
        why=why,
        shape=(steps, sequences.shape[2]),
        resampled=True,
    )
