"""Whether an exported model answers as the model does: rows it is asked, and how far answers may be apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from modelwright.data.arrays import raw
from modelwright.data.columns import Examples
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.plan.plan import Plan
from modelwright.ship.artifact import proof_rows
from modelwright.ship.columns import CODED
from modelwright.ship.model import Model

TOLERANCE = 1e-5
"""Of an answer, relative to its size; probabilities to 1, numbers at least to the spread of the target: a number near
0 is a difference of larger ones, of which float32 keeps seven digits."""
UNSEEN = "a word that no training row has"


def asked_rows(model: Model, path: Path) -> Examples:
    """Return the rows that an export must answer as the model does: the proof rows, one of unseen words, one empty."""
    if model.plan.inputs[0].encoding in ("pixels", "steps"):
        return _together(model, proof_rows(path))
    frames = [model.read(rows.frame).frame for rows in proof_rows(path)]
    names = [column.name for column in model.inputs]
    proof = pl.concat([frame.select(names) for frame in frames], how="vertical_relaxed")
    empty = proof.clear(2)
    words = [column.name for column in model.inputs if column.encoding in (*CODED, "tokens")]
    unseen = empty.with_columns(pl.Series(name, [UNSEEN, None], dtype=pl.String) for name in words)
    return Examples(pl.concat([proof, unseen], how="vertical_relaxed"))


def _together(model: Model, proofs: Sequence[Examples]) -> Examples:
    """Return the proof rows of all models of a cohort with what they stand for: pictures, sequences or windows."""
    name = model.plan.inputs[0].name
    arrays = [raw(rows, model.plan.inputs)[0] for rows in proofs]
    array = np.concatenate(arrays)
    return Examples(pl.DataFrame({name: np.arange(len(array))}), {name: array})


def apart(plan: Plan, expected: np.ndarray, found: np.ndarray) -> float:
    """Return the largest difference of two sets of answers, relative as `TOLERANCE` says; infinite for NaN."""
    expected, found = (values.reshape(len(values), -1) for values in (expected, found))
    if expected.shape != found.shape:
        return float("inf")
    numbers = plan.task in ("regression", "forecasting")
    steps = 1 if plan.forecast is None else plan.forecast.horizon
    size = np.tile(np.array(plan.outputs.scale), steps) if numbers else 1.0
    difference = np.abs(expected - found) / np.maximum(np.abs(expected), size)
    return float(difference.max()) if np.isfinite(difference).all() else float("inf")


def require_near(difference: float, plan: Plan, file: Path, what: str) -> None:
    """Raise RunError R011 where an export answers otherwise than the model."""
    if difference <= TOLERANCE:
        return
    raise RunError(
        Diagnostic(
            code="R011",
            severity="error",
            message=f"the {what} answers otherwise than the model, and is not written",
            where=Place(file=str(file)),
            expected=f"answers within {TOLERANCE:g} of the model's",
            received=f"{difference:.3g} apart",
            help="modelwright script writes the run as plain PyTorch, which is the same to the bit",
        )
    )
