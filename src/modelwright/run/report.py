"""The report of a run: written when the run ends, or made again from its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelwright.data.split import Split
from modelwright.errors import ModelwrightError
from modelwright.evaluate.result import Result
from modelwright.files import write_atomically
from modelwright.report.build import build
from modelwright.report.evidence import Evidence
from modelwright.report.page import VERSION, report_html
from modelwright.report.track import FILE, Track
from modelwright.run.assemble import Assembly
from modelwright.run.evidence import files, layers_of, of_cohort, of_run, spent
from modelwright.run.folder import Folder
from modelwright.run.prepare import Dataset, read_dataset, splits
from modelwright.run.request import Request
from modelwright.run.trained import trained
from modelwright.training.execution import threads

REPORT, DATA = "report.html", "report.json"
NOT_KEPT = "the run was made without a report, and what only a running training has was not kept"


def write_report(folder: Folder, evidence: Evidence, earlier: Mapping[str, Any] | None = None) -> Path:
    """Write `report.json` and `report.html`; return the page's path. RunError R006 where that cannot be done."""
    report = build(evidence, earlier)
    write_atomically(folder.path / DATA, json.dumps(report, ensure_ascii=False, allow_nan=False) + "\n")
    write_atomically(folder.path / REPORT, report_html(report))
    return folder.path / REPORT


def report_run(
    assembly: Assembly,
    folder: Folder,
    result: Result,
    track: Track,
    seconds: Mapping[str, float],
    inside: float,
    encode: float,
    epochs: int,
) -> None:
    """Write the report of a run that has just ended; `epochs` of them were trained in this process."""
    told = spent(seconds, assembly.trainer, epochs, inside, encode)
    write_report(folder, of_run(assembly, folder, result, track, told, {}))
    track.remove(folder.path)


def report_cohort(folder: Folder, result: Result, dataset: Dataset, parts: Sequence[Split]) -> None:
    """Write the report of a cohort that has just ended."""
    write_report(folder, of_cohort(folder, folder.members, result, dataset, parts, ""))


def rebuild(folder: Folder, result: Result, request: Request) -> Path:
    """Make the report of a finished run again; return the page's path.

    Data and model are read and everything is computed anew; where the data are not there any more or are others, the
    figures that need them are taken from the report as it was.
    """
    earlier = read_report(folder)
    dataset, why = _dataset(folder, request)
    members = folder.members
    if members:
        parts = [] if dataset is None else splits(dataset)
        return write_report(folder, of_cohort(folder, members, result, dataset, parts, why), earlier)
    told: dict[str, Any] = {"ended": (earlier or {}).get("ended", ""), "seconds": (earlier or {}).get("seconds", {})}
    if dataset is None:
        plan, layers = folder.plan(), layers_of(folder.plan(), request.description)
        absent = {"learner": why, "rows": why, "embedded": why, "track": NOT_KEPT, "seconds": NOT_KEPT}
        evidence = Evidence(**files(folder), plan=plan, result=result, layers=layers, absent=absent)
        return write_report(folder, replace(evidence, **told), earlier)
    assembly = trained(folder, dataset)
    with threads(assembly.plan.execution.threads):
        evidence = of_run(assembly, folder, result, _track(folder, assembly), {}, {"seconds": NOT_KEPT})
        return write_report(folder, replace(evidence, **told), earlier)


def read_report(folder: Folder) -> dict[str, Any] | None:
    """Return the report as it was; None where there is none, or one of another version."""
    try:
        found = json.loads((folder.path / DATA).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("version") == VERSION else None


def _dataset(folder: Folder, request: Request) -> tuple[Dataset | None, str]:
    """Return the data of a run as they were, or why they cannot be had."""
    try:
        dataset = read_dataset(request.description, request.base, request.frame)
    except ModelwrightError as error:
        return None, f"the data cannot be read any more: {error.diagnostics[0].message}"
    plan = (folder.members or [folder])[0].plan()
    if dataset.table.reading.fingerprint != plan.data.fingerprint:
        return None, "the data are not those that the run was trained on any more"
    return dataset, ""


def _track(folder: Folder, assembly: Assembly) -> Track:
    track = Track.of(assembly.model.core)
    if (folder.path / FILE).exists():
        track.load(folder.path, assembly.plan.train.epochs)
    else:
        track.missing = track.missing or NOT_KEPT
    return track
