"""Every value of the plan with its reason: given, or chosen and why."""

from __future__ import annotations

from typing import Any

from modelwright.report.blocks import Block, Listing, Table
from modelwright.report.evidence import Evidence
from modelwright.text import count, shortened

LONGEST = 120


def applies(evidence: Evidence) -> bool:
    """Every run has a plan."""
    return True


def blocks(evidence: Evidence) -> list[Block]:
    """Return the values that have a reason."""
    values: dict[str, Any] = evidence.plan.model_dump(mode="json")
    rows = [[key, shortened(_text(_at(values, key)), LONGEST), why] for key, why in sorted(evidence.plan.why.items())]
    chosen = sum(not why.startswith("given") for _, _, why in rows)
    return [
        Listing(
            id="choices",
            title=f"{count(len(rows), 'choice')}, {chosen} of them made for you",
            how="Each value of the plan with its reason; naming it in the description, or as `KEY=VALUE` on the "
            "command line, overrides it.",
            table=Table(columns=["key", "value", "why"], rows=rows),
            folded=True,
        )
    ]


def _at(values: Any, key: str) -> Any:
    """Return the value at a dotted path; a path of the description that the plan names otherwise has none."""
    for part in key.split("."):
        if not isinstance(values, dict) or part not in values:
            return None
        values = values[part]
    return values


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)
