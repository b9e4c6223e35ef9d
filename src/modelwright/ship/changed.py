"""Pictures through transforms that no model file holds: those of a run's `transform` up to the last object."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import polars as pl
import torch
from torch import Tensor

from modelwright.data.columns import Examples
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.model.per_picture import changed
from modelwright.model.pictures import Geometry
from modelwright.plan.pictures import done_before
from modelwright.plan.plan import Plan
from modelwright.spec.own import is_own, split_name
from modelwright.spec.torchvision import PerPicture

AT_ONCE = 1024  # pictures


def through(array: np.ndarray, steps: Sequence[str | PerPicture]) -> np.ndarray:
    """Return pictures uint8 `[N, C, H, W]` after steps: call texts, and objects that are called for each picture."""
    made = array
    for step in steps:
        act = Geometry([step]) if isinstance(step, str) else partial(changed, step)
        pieces = [act(torch.from_numpy(np.ascontiguousarray(part))) for part in _parts(made)]
        made = torch.cat([piece if isinstance(piece, Tensor) else piece[0] for piece in pieces]).numpy()
    return np.ascontiguousarray(made)


def as_trained(plan: Plan, rows: Examples, given: Sequence[PerPicture]) -> Examples:
    """Return new pictures as the model takes them; RunError Y009 where the objects are not those of the training."""
    texts = steps_of(plan)
    names = [split_name(text)[1] for text in texts if is_own(text)]
    if not names:
        return rows
    if [one.name for one in given] != names:
        raise RunError(_lacking(names, given))
    name, objects = plan.inputs[0].name, iter(given)
    steps = [next(objects) if is_own(text) else text for text in texts]
    array = rows.media[name][rows.frame[name].to_numpy()]
    made = through(array, steps[done_before(texts, plan.data.options.get("steps")) :]) if len(array) else array
    return Examples(rows.frame.with_columns(pl.Series(name, np.arange(len(made)))), {**rows.media, name: made})


def steps_of(plan: Plan) -> list[str]:
    """Return the transforms that were done when the training pictures were read, as call texts."""
    return [str(text) for text in plan.data.options.get("changed", ())]


def _parts(array: np.ndarray) -> list[np.ndarray]:
    return [array[at : at + AT_ONCE] for at in range(0, len(array), AT_ONCE)]


def _lacking(names: Sequence[str], given: Sequence[PerPicture]) -> Diagnostic:
    return Diagnostic(
        code="Y009",
        severity="error",
        message=f"the model was trained on pictures that {', '.join(f'`{name}`' for name in names)} had changed",
        where=Place(key="transform"),
        expected="the same transforms, handed over: code is never loaded from a model file",
        received=", ".join(one.name for one in given) or "none",
        help=f"modelwright.load(run, transform=[{', '.join(names)}])",
    )
