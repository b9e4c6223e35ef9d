"""Begin a run, or go on with one that was stopped: a single model, or a cohort of folds and seeds."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from modelwright.checks.run import Receipt
from modelwright.data.receipt import receipt as split_receipt
from modelwright.data.split import Split
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import ModelwrightError, RunError
from modelwright.evaluate.result import Result
from modelwright.plan.plan import Plan
from modelwright.run.cohort import cohort_result, members_of
from modelwright.run.events import Checked, Event, Member, Planned, Read, Scored, Started
from modelwright.run.folder import (
    CHECKPOINT,
    CHECKS,
    DESCRIPTION,
    ENVIRONMENT,
    MEMBERS,
    PLAN,
    SCORE,
    SPLIT,
    Folder,
    create,
    create_member,
    environment,
    open_folder,
)
from modelwright.run.gan_session import go
from modelwright.run.kept import files_of, rows_in
from modelwright.run.parallel import Helpers, claim, helpers_that_pay, release
from modelwright.run.prepare import Dataset, Prepared, prepare, raise_errors, read_dataset, splits
from modelwright.run.refusals import REFUSED
from modelwright.run.request import Interrupted, Request, Stop
from modelwright.spec import source
from modelwright.spec.located import located
from modelwright.spec.source import Description
from modelwright.spec.write import to_yaml
from modelwright.training.checkpoint import remove_leftovers

NOTHING: Mapping[str, float] = MappingProxyType({})


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
    files = _files(request, first)
    if len(parts) == 1 and dataset.description.spec.train.seeds == 1:
        folder = create(runs, name, files)
        yield from _begun(go(first, folder, request), folder, request.description)
    else:
        folder = create(runs, name, files, subfolder=MEMBERS)
        yield from _begun(_cohort(dataset, parts, folder, request), folder, request.description)


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
        yield from _cohort(dataset, parts, folder, request)
        return
    one = next((part for part in parts if part.plan.fold == plan.split.fold), parts[0])
    yield from go(_as_planned(prepare(dataset, one), plan, folder), folder, request)


def finished(folder: Folder) -> Scored:
    """Return what a finished run told last."""
    result = Result.from_json(folder.read_json(SCORE))
    return Scored(path=folder.path, plan=folder.plan(), result=result, receipt=Receipt(), seconds={})


def _cohort(dataset: Dataset, parts: list[Split], folder: Folder, request: Request) -> Iterator[Event]:
    """Train the members that are not finished yet, with helpers where that pays; then score them all as one."""
    names = [name for name, _, _ in _members(dataset, parts)]
    release(folder.path / MEMBERS)
    told: dict[str, Scored] = {}
    with Helpers() as helpers:
        for event in _trained(dataset, parts, folder, request):
            if isinstance(event, Scored):
                told[event.path.name] = event
            if isinstance(event, Planned) and not request.description.own:
                left = sum(not Folder(folder.path / MEMBERS / name).finished for name in names)
                helpers.begin(folder.path, helpers_that_pay(event.plan, event.parameters, left))
            yield event
        yield from _awaited(folder, names, told, helpers, request.stop)
    release(folder.path / MEMBERS)
    if len(told) < len(names):  # a helper has failed: what it met is met, and told, here
        for event in _trained(dataset, parts, folder, request):
            if isinstance(event, Scored):
                told[event.path.name] = event
            yield event
    scored = cohort_result(folder, [told[name] for name in names], len(parts))
    if request.report is not None:
        from modelwright.run.report import report_cohort

        report_cohort(folder, scored.result, dataset, parts)
    yield scored


def _members(dataset: Dataset, parts: list[Split]) -> list[tuple[str, Split, int]]:
    train = dataset.description.spec.train
    return members_of(parts, train.seed, train.seeds)


def _trained(
    dataset: Dataset, parts: list[Split], folder: Folder, request: Request, backwards: bool = False
) -> Iterator[Event]:
    """Train what nobody has claimed, one member after another; those that are finished already are only read."""
    members = list(enumerate(_members(dataset, parts), start=1))
    for number, (name, part, seed) in reversed(members) if backwards else members:
        own = Folder(folder.path / MEMBERS / name)
        if not own.finished and not claim(own.path):
            continue
        yield Member(number, len(members), name)
        if own.finished:
            yield finished(own)
            continue
        prepared = prepare(dataset, part)
        prepared = replace(prepared, plan=_with_seed(prepared, seed))
        if own.path.exists():
            prepared = _as_planned(prepared, own.plan(), own)
        else:
            own = create_member(folder.path / MEMBERS, name, _files(request, prepared))
        yield from go(prepared, own, replace(request, report=None, dry_run=request.dry_run if number == 1 else None))


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
    for _ in _trained(dataset, splits(dataset), folder, request, backwards=True):
        pass


def _with_seed(prepared: Prepared, seed: int) -> Any:
    train = prepared.plan.train.model_copy(update={"seed": seed})
    why = {**prepared.plan.why, "train.seed": "one of the seeds of `train.seeds`, counted up from `train.seed`"}
    return prepared.plan.model_copy(update={"train": train, "why": why})


def _files(request: Request, prepared: Prepared) -> dict[str, bytes | str]:
    """Return the files a run begins with."""
    text = request.description.text or to_yaml(request.description.spec)
    files: dict[str, bytes | str] = {
        DESCRIPTION: text,
        PLAN: prepared.plan.model_dump_json(indent=1),
        SPLIT: _json(
            split_receipt(prepared.split, prepared.dataset.table, request.description.spec, prepared.dataset.targets)
        ),
        CHECKS: _json(prepared.receipt.to_json()),
        ENVIRONMENT: _json(environment(request.base, request.description.path, request.overrides)),
    }
    return files | files_of(request.frame)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _as_planned(prepared: Prepared, plan: Plan, folder: Folder) -> Prepared:
    """Return what was prepared again with the plan that the run began with; R001 where its code has changed."""
    before, now = plan.own.get("sha256"), prepared.plan.own.get("sha256")
    if before == now:
        return replace(prepared, plan=plan)
    raise RunError(
        Diagnostic(
            code="R001",
            severity="error",
            message=f"`{plan.own.get('file', 'your own code')}` is not what it was when this run began",
            where=prepared.dataset.description.place("model"),
            expected=f"sha256 {str(before)[:16]}…",
            received=f"sha256 {str(now)[:16]}…",
            known="a resumed run repeats the undisturbed one exactly, which other code cannot",
            help=f"put the old file back, or train anew: modelwright train {folder.path / DESCRIPTION}",
        )
    )


def request_of(folder: Folder, stop: Stop, own: Mapping[str, Any] = NOTHING) -> Request:
    """Return what a run folder was asked for."""
    facts = folder.read_json(ENVIRONMENT)
    description = replace(_description_of(folder, facts), own=own)
    return Request(
        description=description,
        base=Path(facts["base"]),
        overrides=tuple(facts["overrides"]),
        frame=rows_in(folder),
        stop=stop,
    )


def _description_of(folder: Folder, facts: dict[str, Any]) -> Description:
    """Return the description with the places it had: those of the user's file, or none where there was no file."""
    text, base = (folder.path / DESCRIPTION).read_text("utf-8"), Path(facts["base"])
    if facts["description"] is None:
        return source.from_mapping(source.from_text(text, base=base).spec, base=base)
    found = source.from_text(text, facts["overrides"], facts["description"], base)
    return replace(found, path=Path(facts["description"]))


def same_data(folder: Folder, fingerprint: str, dataset: Dataset) -> None:
    """Raise RunError R001 where the data are not those that the run was trained on."""
    if dataset.table.reading.fingerprint == fingerprint:
        return
    raise RunError(
        Diagnostic(
            code="R001",
            severity="error",
            message="the data are not those that this run was trained on",
            where=Place(file=", ".join(dataset.table.reading.paths)),
            expected=f"fingerprint {fingerprint[:16]}…",
            received=f"fingerprint {dataset.table.reading.fingerprint[:16]}…",
            known="a resumed run repeats the undisturbed one exactly, which other rows cannot",
            help=f"put the old file back, or train anew: modelwright train {folder.path / DESCRIPTION}",
        )
    )
