"""Pictures through transforms that no model file holds: those of a run's `transform` up to the last object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import prod

import numpy as np
import polars as pl
import torch
from torch import Tensor

from modelwright.data.columns import Examples
from modelwright.data.problems import fail
from modelwright.data.spill import SHARE, free_bytes
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.model.per_picture import changed
from modelwright.model.pictures import Geometry
from modelwright.plan.pictures import done_before, steps_read
from modelwright.plan.plan import Plan
from modelwright.spec.own import is_own, split_name
from modelwright.spec.torchvision import PerPicture

AT_ONCE = 1024  # pictures


def through(array: np.ndarray, steps: Sequence[str | PerPicture], places: np.ndarray) -> np.ndarray:
    """Return some pictures of uint8 `[N, C, H, W]` after steps: call texts, and objects called for each picture.

    RunError Y009 where they come out in several shapes, DataError F008 where they do not fit into memory.
    """
    acts = [Geometry([step]) if isinstance(step, str) else partial(changed, step) for step in steps]
    made: np.ndarray | None = None
    for at in range(0, len(places), AT_ONCE):
        part = torch.from_numpy(np.ascontiguousarray(array[places[at : at + AT_ONCE]]))
        for act in acts:
            piece = act(part)
            part = piece if isinstance(piece, Tensor) else piece[0]
        made = _room(len(places), tuple(part.shape[1:])) if made is None else made
        if made.shape[1:] != tuple(part.shape[1:]):
            raise RunError(_several([made.shape[1:], tuple(part.shape[1:])], steps))
        made[at : at + AT_ONCE] = part.numpy()
    return array[places] if made is None else made


def _room(rows: int, shape: tuple[int, ...]) -> np.ndarray:
    if rows * prod(shape) > SHARE * free_bytes():
        message = f"{rows:,} pictures do not fit into memory as the transforms change them"
        expected = f"at most {SHARE:.0%} of the free memory"
        received = f"{rows * prod(shape) / 1e9:.3g} GB"
        fix = "make them smaller first (`Resize`), or write them to a folder for each class as they are changed"
        raise fail("F008", message, where=Place(key="transform"), expected=expected, received=received, fix=fix)
    return np.empty((rows, *shape), dtype=np.uint8)


def _several(shapes: Sequence[tuple[int, ...]], steps: Sequence[str | PerPicture]) -> Diagnostic:
    called = [one for one in steps if isinstance(one, PerPicture)]
    return Diagnostic(
        code="Y009",
        severity="error",
        message=f"{', '.join(f'`{one.name}`' for one in called)} gives pictures of several shapes",
        where=called[-1].place if called else Place(key="transform"),
        expected="one shape for all",
        received=", ".join("×".join(map(str, shape)) for shape in shapes),
    )


def as_trained(plan: Plan, rows: Examples, given: Sequence[PerPicture]) -> Examples:
    """Return new pictures as the model takes them; RunError Y009 where the objects are not those of the training."""
    texts = steps_of(plan)
    names = [split_name(text)[1] for text in texts if is_own(text)]
    if not names:
        return rows
    if [one.name for one in given] != names:
        raise RunError(_lacking(names, given))
    kinds = plan.data.options.get("given") or [one.given for one in given]
    name = plan.inputs[0].name
    objects = iter([replace(one, given=kind) for one, kind in zip(given, kinds, strict=True)])
    steps = [next(objects) if is_own(text) else text for text in texts]
    steps = steps[done_before(texts, steps_read(plan.data.options, name)) :]
    made = through(rows.media[name], steps, rows.frame[name].to_numpy())
    return Examples(rows.frame.with_columns(pl.Series(name, np.arange(len(made)))), {**rows.media, name: made})


def steps_of(plan: Plan) -> list[str]:
    """Return the transforms that were done when the training pictures were read, as call texts."""
    return [str(text) for text in plan.data.options.get("changed", ())]


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
