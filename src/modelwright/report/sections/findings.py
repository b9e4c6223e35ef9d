"""What the checks said, which rules ran, and which could not and why."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import Any

from modelwright.checks.rule import code_of
from modelwright.checks.rules import RULES
from modelwright.report.blocks import Block, Findings, Listing, Missing, Table
from modelwright.report.evidence import Evidence
from modelwright.text import count


def applies(evidence: Evidence) -> bool:
    """Every run is checked."""
    return True


def blocks(evidence: Evidence) -> list[Block]:
    """Return the findings, and every rule by its code."""
    checks = evidence.checks
    if not checks:
        return [Missing(id="findings", title="The checks", why=evidence.lacks("checks"))]
    found: list[dict[str, Any]] = list(checks.get("diagnostics", []))
    counts = Counter(one["severity"] for one in found)
    told = (
        ", ".join(count(counts[kind], kind) for kind in ("error", "warning", "note") if counts[kind]) or "nothing found"
    )
    ran, not_run = list(checks.get("ran", [])), dict(checks.get("not_run", {}))
    shown: list[Block] = []
    if found:
        how = (
            "What the checks found in description, data, training and score; each says what was expected and "
            "how to change it."
        )
        shown.append(Findings(id="findings", title=f"Findings: {told}", how=how, found=found))
    silent = "" if found else " None of them found anything."
    shown.append(_rules(ran, not_run, dict(checks.get("ignored", {})), found, silent))
    return shown


def _rules(ran: list[str], not_run: dict[str, str], ignored: dict[str, int], found: list[Any], silent: str) -> Listing:
    spoke = Counter(one["code"] for one in found)
    rows: list[list[Any]] = []
    for code in sorted({*ran, *not_run}):
        if code in not_run and code not in ran:
            said = f"could not run: {not_run[code]}"
        elif ignored.get(code):
            said = f"ran; {count(ignored[code], 'finding')} silenced by `ignore`"
        else:
            said = f"ran; {count(spoke[code], 'finding')}" if spoke[code] else "ran; silent"
        rows.append([code, _title(code), said])
    lacking = sum(code not in ran for code in not_run)
    return Listing(
        id="rules",
        title=f"{count(len(ran), 'rule')} ran, {lacking} could not",
        how=f"Every rule by its code, for silence must not read as approval.{silent} `modelwright explain CODE` "
        "says what one looks at.",
        table=Table(columns=["code", "looks for", "what happened"], rows=rows),
        folded=True,
    )


def _title(code: str) -> str:
    """Return what a rule is about, the first paragraph of its module; empty for a code this modelwright lacks."""
    name = next((name for name in RULES if code_of(name) == code), None)
    pages = "" if name is None else import_module(f"modelwright.checks.{name}").__doc__ or ""
    return " ".join(pages.partition("\n\n")[0].split()).removesuffix(".")
