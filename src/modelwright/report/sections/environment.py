"""Where and from what the run was made: versions, machine, command, and the fingerprint of the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.report.blocks import Block, Listing, Table
from modelwright.report.evidence import Evidence


def applies(evidence: Evidence) -> bool:
    """Every run was made somewhere."""
    return True


def blocks(evidence: Evidence) -> list[Block]:
    """Return what a later reader needs to repeat it."""
    facts, data, execution = evidence.environment, evidence.plan.data, evidence.plan.execution
    versions: Mapping[str, Any] = facts.get("versions", {})
    rows: list[list[Any]] = [
        ["data", ", ".join(data.paths) or "a frame in memory"],
        ["rows", f"{data.rows:,}"],
        ["fingerprint of the data", data.fingerprint],
        ["seed", str(evidence.plan.train.seed)],
        ["device", f"{execution.device}, {execution.threads} threads, {execution.precision}"],
        ["system", " ".join(str(facts[key]) for key in ("system", "machine") if key in facts)],
        ["Python", str(facts.get("python", "–"))],
        *([name, str(version)] for name, version in versions.items()),
    ]
    if facts.get("command"):
        rows.append(["command", " ".join(str(word) for word in facts["command"])])
    how = "With the same data and versions, on the same kind of processor, the run repeats bit for bit."
    return [
        Listing(
            id="environment",
            title="Environment and data",
            how=how,
            table=Table(columns=["what", "value"], rows=rows),
            folded=True,
        )
    ]
