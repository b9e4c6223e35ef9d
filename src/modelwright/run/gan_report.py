"""The report of a GAN: written when the run ends, or made again from its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelwright.evaluate.result import Result
from modelwright.model.trace import trace
from modelwright.plan.plan import Plan
from modelwright.report.evidence import Evidence
from modelwright.run.evidence import files
from modelwright.run.folder import Folder
from modelwright.run.report import read_report, write_report
from modelwright.spec.own import is_own

ABSENT: dict[str, str] = dict.fromkeys(("learner", "rows", "track"), "a GAN makes rows, and answers none")


def report_gan(folder: Folder, plan: Plan, result: Result, seconds: Mapping[str, float], ended: str) -> Path:
    """Write the report of a run that has just ended; return the page's path."""
    return write_report(folder, _evidence(folder, plan, result, seconds, ended))


def rebuild_gan(folder: Folder, result: Result) -> Path:
    """Make the report of a finished run again; its data are not needed. Return the page's path."""
    earlier = read_report(folder) or {}
    evidence = _evidence(folder, folder.plan(), result, earlier.get("seconds", {}), earlier.get("ended", ""))
    return write_report(folder, evidence, earlier or None)


def _evidence(folder: Folder, plan: Plan, result: Result, seconds: Mapping[str, float], ended: str) -> Evidence:
    layers = () if is_own(plan.layers[0]) else trace(plan, device="cpu")
    return Evidence(
        **files(folder), plan=plan, result=result, layers=layers, seconds=seconds, ended=ended, absent=ABSENT
    )
