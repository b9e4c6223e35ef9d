"""The split receipt: which rows were used for what, and that none was used twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.report.blocks import Block, Listing, Missing, Table
from modelwright.report.evidence import Evidence
from modelwright.text import count

USES = {
    "train": "trained the weights and fitted scalers and encoders",
    "validation": "chose the epoch",
    "test": "scored the model, once",
}
MOST_CLASSES = 12


def applies(evidence: Evidence) -> bool:
    """Every run splits its rows."""
    return True


def blocks(evidence: Evidence) -> list[Block]:
    """Return the parts with counts and hashes."""
    receipt = evidence.split
    if not receipt:
        return [Missing(id="split", title="The split receipt", why=evidence.lacks("split"))]
    parts: Mapping[str, int] = receipt["rows"]
    classes: Mapping[str, Any] = receipt.get("classes") or {}
    (target, counts), *_ = [*classes.items(), ("", {})]
    names = _classes(counts)
    rows: list[list[Any]] = []
    for part, number in parts.items():
        told = counts.get(part, {})
        rows.append(
            [
                part,
                number,
                USES.get(part, ""),
                *(told.get(name, 0) for name in names),
                receipt["sha256"][part][:16] + "…",
            ]
        )
    overlap = int(receipt.get("overlap", 0))
    twice = "No row is in two parts." if not overlap else f"{count(overlap, 'row')} are in two parts!"
    left = int(receipt.get("left_out", 0))
    how = f"Rows were split {_how(evidence)}. {twice}{_left(left)}"
    columns = ["part", "rows", "used for", *(f"{target}: {name}" for name in names), "SHA-256 of the row numbers"]
    return [
        Listing(
            id="split", title="The split receipt", how=how, table=Table(columns=columns, rows=rows, note=_more(receipt))
        )
    ]


def _classes(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    total: dict[str, int] = {}
    for part in counts.values():
        for name, number in part.items():
            total[name] = total.get(name, 0) + number
    return sorted(total, key=lambda name: -total[name])[:MOST_CLASSES]


def _how(evidence: Evidence) -> str:
    plan = evidence.plan.split
    ways = {
        "random": f"at random (random_state {plan.random_state})" if plan.shuffle else "in the order of the file",
        "group": f"by whole groups of `{evidence.plan.data.group}`",
        "time": f"by time: `{evidence.plan.data.time}`",
        "files": "as the files were given",
    }
    stratified = ", the classes in equal shares" if plan.stratify else ""
    folds = f"; {plan.folds} folds, each row a test row once" if plan.folds else ""
    return f"{ways[plan.by]}{stratified}{folds}"


def _more(receipt: Mapping[str, Any]) -> str:
    """Say what else the receipt holds: groups and times."""
    notes: list[str] = []
    if groups := receipt.get("groups"):
        shared = "no group is in two parts" if groups["disjoint"] else f"{groups['shared']} groups are in two parts!"
        notes.append(f"Groups of `{groups['column']}`: {shared}.")
    if times := receipt.get("time"):
        spans = "; ".join(f"{part} {span[0]} to {span[1]}" for part, span in times["span"].items() if span)
        notes.append(f"Times of `{times['column']}`: {spans}.")
    notes.append("The hash is of the ascending row numbers, from 0, as little-endian 64-bit integers.")
    return " ".join(notes)


def _left(rows: int) -> str:
    return f" {count(rows, 'row')} had no place in any part." if rows else ""
