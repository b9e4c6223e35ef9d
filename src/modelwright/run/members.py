"""The members of a cohort, folds and seeds of one description: trained together, with helper processes, or in turns."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelwright.checks.run import Receipt
from modelwright.data.split import Split
from modelwright.run.cohort import cohort_result, members_of
from modelwright.run.events import Event, Member, Planned, Scored, Started
from modelwright.run.folder import CHECKS, ENVIRONMENT, MEMBERS, PLAN, Folder, create_member
from modelwright.run.gan_session import go
from modelwright.run.opened import as_planned, finished, first_files, request_of
from modelwright.run.parallel import Helpers, claim, helpers_that_pay, release
from modelwright.run.prepare import Dataset, Prepared, prepare, read_dataset, splits
from modelwright.run.request import Interrupted, Request, Stop
from modelwright.run.together import Held, overlapping, started, together
from modelwright.training.company import Company


def cohort(dataset: Dataset, parts: list[Split], folder: Folder, request: Request) -> Iterator[Event]:
    """Train the members that are not finished yet, with helpers where that pays; then score them all as one."""
    names = [name for name, _, _ in named(dataset, parts)]
    release(folder.path / MEMBERS)
    told: dict[str, Scored] = {}
    folders = [Folder(folder.path / MEMBERS / name) for name in names]
    company = Company(len(names), decided=_decided(folders))
    for number, one in enumerate(folders, start=1):
        if one.finished:
            told[one.path.name] = finished(one)
            yield Member(number, len(names), one.path.name)
            yield told[one.path.name]
    left = len(names) - len(told)
    with Helpers() as helpers:
        for event in trained(dataset, parts, folder, request, company=company):
            if isinstance(event, Scored):
                told[event.path.name] = event
            if isinstance(event, Planned) and not request.description.own and not company.decided:
                helpers.begin(folder.path, helpers_that_pay(event.plan, event.parameters, left))
            yield event
        yield from _awaited(folder, names, told, helpers, request.stop)
    release(folder.path / MEMBERS)
    if len(told) < len(names):  # a helper has failed: what it met is met, and told, here
        for event in trained(dataset, parts, folder, request):
            if isinstance(event, Scored):
                told[event.path.name] = event
            yield event
    scored = cohort_result(folder, [told[name] for name in names], len(parts))
    if request.report is not None:
        from modelwright.run.report import report_cohort

        report_cohort(folder, scored.result, dataset, parts)
    yield scored


def _decided(folders: Sequence[Folder]) -> bool | None:
    """Return whether members step together, as those that have begun do; None where none has."""
    plans = (one.plan() for one in folders if (one.path / PLAN).exists())
    begun = (plan.execution.together for plan in plans if "execution.device" in plan.why)
    return next(begun, None)


def named(dataset: Dataset, parts: list[Split]) -> list[tuple[str, Split, int]]:
    """Return name, split and seed of each member."""
    train = dataset.description.spec.train
    return members_of(parts, train.seed, train.seeds)


def trained(
    dataset: Dataset,
    parts: list[Split],
    folder: Folder,
    request: Request,
    backwards: bool = False,
    company: Company | None = None,
) -> Iterator[Event]:
    """Train what nobody has claimed or finished, one member after another, or together in a `company` that they fit."""
    every = list(enumerate(named(dataset, parts), start=1))
    held: dict[Member, Held] = {}
    with overlapping(held):
        for number, (name, part, seed) in reversed(every) if backwards else every:
            own = Folder(folder.path / MEMBERS / name)
            if own.finished or not claim(own.path):
                continue
            if request.stop.asked:
                raise Interrupted
            member = Member(number, len(every), name)
            asked = replace(request, report=None, dry_run=request.dry_run if number == 1 else None)
            events = _begun(dataset, part, seed, own, asked, company)
            if not held:
                yield member
            for event in started(events):
                if not held:
                    yield event
                if isinstance(event, Started) and company is not None and company.decided:
                    held[member] = Held(events, event)
            if not held:
                yield from events
        yield from together(held, request.stop)


def _begun(
    dataset: Dataset, part: Split, seed: int, own: Folder, request: Request, company: Company | None
) -> Iterator[Event]:
    """Prepare a member, and begin it or go on with it."""
    prepared = prepare(dataset, part)
    prepared = replace(prepared, plan=_with_seed(prepared, seed))
    if own.path.exists():
        prepared = as_planned(prepared, own.plan(), own)
    else:
        own = create_member(own.path.parent, own.path.name, first_files(request, prepared))
    return go(prepared, own, request, company)


def _awaited(
    folder: Folder, names: Sequence[str], told: dict[str, Scored], helpers: Helpers, stop: Stop
) -> Iterator[Event]:
    """Tell of the members that helpers train, as they are finished."""
    while True:
        at_work = helpers.at_work  # looked at first: what it finished before it ended is seen below
        for number, name in enumerate(names, start=1):
            own = Folder(folder.path / MEMBERS / name)
            if name not in told and own.finished:
                told[name] = replace(finished(own), receipt=Receipt.from_json(own.read_json(CHECKS)))
                yield Member(number, len(names), name)
                yield told[name]
        if stop.asked:
            raise Interrupted
        if not at_work or len(told) == len(names):
            return
        time.sleep(0.05)


def help_with(path: Path, stop: Stop) -> None:
    """Train members of the cohort at `path` that nobody has claimed, from the end of the list, without a word."""
    folder = Folder(path)
    sys.argv = folder.read_json(ENVIRONMENT)["command"]  # which the folders of the members repeat
    request = replace(request_of(folder, stop), dry_run=None, report=None)
    dataset = read_dataset(request.description, request.base, request.frame)
    for _ in trained(dataset, splits(dataset), folder, request, backwards=True):
        pass


def _with_seed(prepared: Prepared, seed: int) -> Any:
    train = prepared.plan.train.model_copy(update={"seed": seed})
    why = {**prepared.plan.why, "train.seed": "one of the seeds of `train.seeds`, counted up from `train.seed`"}
    return prepared.plan.model_copy(update={"train": train, "why": why})
