"""Begin a run, or go on with one that was stopped: a single model, or a cohort of folds and seeds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelwright.checks.run import Receipt
from modelwright.errors import ModelwrightError
from modelwright.run.events import Checked, Event, Read, Started
from modelwright.run.folder import CHECKPOINT, MEMBERS, Folder, create, open_folder
from modelwright.run.gan_session import go
from modelwright.run.members import cohort
from modelwright.run.opened import NOTHING, as_planned, finished, first_files, request_of, same_data
from modelwright.run.prepare import Dataset, prepare, raise_errors, read_dataset, splits
from modelwright.run.refusals import REFUSED
from modelwright.run.request import Request, Stop
from modelwright.spec.located import located
from modelwright.spec.source import Description
from modelwright.training.checkpoint import remove_leftovers


def start(request: Request, runs: Path, name: str) -> Iterator[Event]:
    """Read, plan, check, train, score and save a new run in `runs/<name>-<number>`; yield what happens.

    Raises SpecError or DataError for what does not fit (nothing is written then), RunError while it runs.
    """
    yield from begin(read_dataset(request.description, request.base, request.frame), request, runs, name)


def begin(dataset: Dataset, request: Request, runs: Path, name: str) -> Iterator[Event]:
    """Do what `start` does, with data that are read already."""
    yield Read(dataset.table, dataset.seconds)
    parts = splits(dataset)
    first = prepare(dataset, parts[0])
    first = replace(first, receipt=first.receipt + Receipt(diagnostics=request.notes))
    yield Checked(first.receipt)
    raise_errors(first.receipt)
    files = first_files(request, first)
    if len(parts) == 1 and dataset.description.spec.train.seeds == 1:
        folder = create(runs, name, files)
        yield from _begun(go(first, folder, request), folder, request.description)
    else:
        folder = create(runs, name, files, subfolder=MEMBERS)
        yield from _begun(cohort(dataset, parts, folder, request), folder, request.description)


def _begun(events: Iterator[Event], folder: Folder, description: Description) -> Iterator[Event]:
    """Pass events on; take the new folder away again where its model cannot be built or make a single step."""
    started = False
    try:
        with located(description):
            for event in events:
                started = started or isinstance(event, Started)
                yield event
    except ModelwrightError as error:
        refused = any(found.code == REFUSED for found in error.diagnostics)
        if not started or (refused and not [*folder.path.rglob(CHECKPOINT)]):
            shutil.rmtree(folder.path, ignore_errors=True)
            with suppress(OSError):  # other runs may stand there
                folder.path.parent.rmdir()
        raise


def resume(
    path: Path, stop: Stop, own: Mapping[str, Any] | None = None, report: Mapping[str, float] | None = NOTHING
) -> Iterator[Event]:
    """Go on with a run from its last checkpoint; a finished one only tells its score again.

    `own` has what was handed over in Python, by key; `report` is as in `Request`. Raises RunError R001 where the folder
    is no run, or its data or the user's own code are not those it was trained on.
    """
    folder = open_folder(path)
    if folder.finished:
        remove_leftovers(folder.path)  # of a report that was being written when the process was killed
        yield finished(folder)
        return
    request = replace(request_of(folder, stop, own or {}), report=report)
    dataset = read_dataset(request.description, request.base, request.frame)
    yield Read(dataset.table, dataset.seconds)
    plan = folder.plan()
    same_data(folder, plan.data.fingerprint, dataset)
    parts = splits(dataset)
    if (folder.path / MEMBERS).exists():
        yield from cohort(dataset, parts, folder, request)
        return
    one = next((part for part in parts if part.plan.fold == plan.split.fold), parts[0])
    yield from go(as_planned(prepare(dataset, one), plan, folder), folder, request)
