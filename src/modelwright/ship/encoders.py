"""The encoders of a contrastive model, each as a model of its own: raw rows of one side in, embeddings out."""

from __future__ import annotations

import numpy as np
from torch import Tensor
from torch.nn import functional

from modelwright.model.build import RowModel, tower, towers
from modelwright.model.contrast import Contrast, Prepare
from modelwright.plan.plan import Plan
from modelwright.ship.model import Ensemble, Model

MOST = 2_000
"""Rows that are compared with each other: similarities grow with the square of the rows."""


class Encoder(RowModel):
    """One network of a contrastive model with its preprocessing: raw arrays → embeddings of unit length `[N, D]`."""

    def forward(self, *raw: Tensor) -> Tensor:
        return functional.normalize(super().forward(*raw), dim=1)


def encoders(model: Model) -> dict[str, Model]:
    """Return the encoders of a contrastive model by the column that each takes; the only one is called ''.

    Columns that go through one network have one encoder, which takes them under the name of the first.
    """
    models = model.models if isinstance(model, Ensemble) else (model,)
    found: dict[str, Model] = {}
    for at, one in enumerate(towers(model.plan)):
        each = [Model(alone(tower(member.plan, at)), _encoder(member, at)) for member in models]
        name = one.inputs[0].name if len(towers(model.plan)) > 1 else ""
        found[name] = each[0] if len(each) == 1 else Ensemble(each)
    return found


def alone(plan: Plan) -> Plan:
    """Return the plan of one encoder: its answers are the embeddings of one side."""
    contrast = plan.contrast
    assert contrast is not None
    outputs = plan.outputs.model_copy(update={"width": contrast.embedding, "targets": ()})
    return plan.model_copy(update={"contrast": None, "outputs": outputs})


def _encoder(model: Model, at: int) -> Encoder:
    core, preprocess = model.module.core, model.module.preprocess
    assert isinstance(core, Contrast)
    own = preprocess.each[at] if isinstance(preprocess, Prepare) else preprocess
    return Encoder(own, core.networks[at], None).eval()


def likeness(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """Return the mean cosine similarity of embeddings `[N, D]` to the same ones rounded, and the share of rows whose
    nearest other row stays the same.

    >>> likeness(np.eye(3), np.eye(3))
    (1.0, 1.0)
    """
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosine = float(((before * after).sum(1) / lengths).mean())
    nearest: list[np.ndarray] = []
    for z in (before, after):
        near = z @ z.T
        np.fill_diagonal(near, -np.inf)
        nearest.append(near.argmax(1))
    return cosine, float((nearest[0] == nearest[1]).mean())
