"""Transforms of pictures that a caller brings as objects: done once, when the pictures are read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import torch

from modelwright.data.columns import Table
from modelwright.data.images.found import image_column
from modelwright.data.problems import count
from modelwright.data.spill import digest_of
from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.model.per_picture import TRIED, draws
from modelwright.plan.pictures import done_before, steps_read
from modelwright.ship.changed import through
from modelwright.spec.call import parse
from modelwright.spec.own import is_own, not_handed_over
from modelwright.spec.source import Description
from modelwright.spec.torchvision import PerPicture


def with_own_transforms(description: Description, table: Table) -> Table:
    """Return a table whose pictures went through the transforms up to the last one of the user's own.

    Raises SpecError Y009 where an object is not there or draws random numbers, RunError for what it does wrong.
    """
    _require_all(description)
    given = description.spec.transform if isinstance(description.spec.transform, list) else []
    columns = [column.name for column in table.columns if column.kind == "image"]
    last = max((at for at, text in enumerate(given) if is_own(text)), default=-1)
    if not columns or last < 0:
        return table
    texts = given[: last + 1]
    steps = [description.own[f"transform[{at}]"] if is_own(text) else text for at, text in enumerate(texts)]
    called = [one for one in steps if isinstance(one, PerPicture)]
    for name in columns:
        table = _changed(table, name, steps[done_before(given, steps_read(table.reading.options, name)) :])
    options = {**table.reading.options, "changed": texts, "given": [one.given for one in called]}
    told = _told(called, len(columns) * table.frame.height)
    return replace(table, reading=replace(table.reading, options=options), findings=(*table.findings, told))


def _changed(table: Table, name: str, steps: Sequence[str | PerPicture]) -> Table:
    """Return a table with the pictures of one column after steps."""
    array, places = table.media[name], table.frame[name].to_numpy()
    for at, one in enumerate(steps):
        if isinstance(one, PerPicture) and draws(one, torch.from_numpy(through(array, steps[:at], places[:TRIED]))):
            raise SpecError(_random(one))
    made = through(array, steps, places)
    fingerprint = hashlib.sha256(f"{table.reading.fingerprint}\n{digest_of(made)}".encode()).hexdigest()
    return replace(
        table,
        frame=table.frame.with_columns(pl.Series(name, np.arange(len(made)))),
        columns=tuple(image_column(name, made, len(made)) if one.name == name else one for one in table.columns),
        reading=replace(table.reading, fingerprint=fingerprint),
        media={**table.media, name: made},
    )


def _require_all(description: Description) -> None:
    """Raise SpecError Y009 where a description names an object that nobody has handed over."""
    lacking: list[Diagnostic] = []
    for key in ("transform", "augment"):
        given = getattr(description.spec, key)
        for at, text in enumerate(given if isinstance(given, list) else ()):
            place = f"{key}[{at}]"
            if is_own(text) and place not in description.own:
                lacking.append(not_handed_over(place, parse(text), description.place(place)))
    if lacking:
        raise SpecError(*lacking)


def _random(one: PerPicture) -> Diagnostic:
    return Diagnostic(
        code="Y009",
        severity="error",
        message=f"the transform `{one.name}` gives another picture each time: it draws random numbers",
        where=one.place,
        expected="in `transform` what every picture gets, in the same way, also when the model is asked",
        help=f"augment=[{one.name}]: training pictures get it, anew in each epoch",
    )


def _told(called: Sequence[PerPicture], rows: int) -> Diagnostic:
    names = ", ".join(f"`{one.name}`" for one in called)
    return Diagnostic(
        code="D111",
        severity="note",
        message=f"{names} changed {count(rows, 'picture')}, one by one, before the rows were parted",
        where=called[0].place,
        known="the model file does not hold it: who asks about new pictures hands it over again",
        help=f"modelwright.load(run, transform=[{', '.join(one.name for one in called)}])",
    )
