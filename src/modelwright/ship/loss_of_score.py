"""What the rounding of weights costs: the leading metric before and after, on rows that the score does not rest on."""

from __future__ import annotations

import numpy as np

from modelwright.data.columns import Examples
from modelwright.evaluate.metrics import compute, tabled
from modelwright.ship.export import run_onnx
from modelwright.ship.model import Model


def scores_of(
    content: bytes, model: Model, rows: Examples, target: np.ndarray, weight: np.ndarray | None
) -> tuple[float, float]:
    """Return the leading metric of the model and of an ONNX file's content on the same rows."""
    plan = model.plan
    found = (model.answers_to(rows), run_onnx(content, model, rows))
    before, after = (compute(tabled(plan.metric, plan.task), plan.task, answers, target, weight) for answers in found)
    return before, after
