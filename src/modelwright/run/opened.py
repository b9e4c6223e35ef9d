"""What a run folder begins with, and how it is opened again: its request, its plan, and whether it has its data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from modelwright.checks.run import Receipt
from modelwright.data.receipt import receipt as split_receipt
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.evaluate.result import Result
from modelwright.plan.plan import Plan
from modelwright.run.events import Scored
from modelwright.run.folder import CHECKS, DESCRIPTION, ENVIRONMENT, PLAN, SCORE, SPLIT, Folder, environment
from modelwright.run.kept import files_of, rows_in
from modelwright.run.prepare import Dataset, Prepared
from modelwright.run.request import Request, Stop
from modelwright.spec import source
from modelwright.spec.source import Description
from modelwright.spec.write import to_yaml

NOTHING: Mapping[str, float] = MappingProxyType({})


def first_files(request: Request, prepared: Prepared) -> dict[str, bytes | str]:
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


def finished(folder: Folder) -> Scored:
    """Return what a finished run told last."""
    result = Result.from_json(folder.read_json(SCORE))
    return Scored(path=folder.path, plan=folder.plan(), result=result, receipt=Receipt(), seconds={})


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


def as_planned(prepared: Prepared, plan: Plan, folder: Folder) -> Prepared:
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
