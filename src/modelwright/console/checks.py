"""What was checked, and what could not be."""

from __future__ import annotations

from modelwright.checks.run import Receipt
from modelwright.diagnostic import SEVERITIES
from modelwright.text import Fact, Line, Span, Style, count, facts


def dry_run_lines(receipt: Receipt) -> list[Line]:
    """Say what a few batches through the model have shown, in one line."""
    return receipt_lines(receipt, "dry run")[:1]


def receipt_lines(receipt: Receipt, name: str = "checks") -> list[Line]:
    """Say what was checked, and which rules could not run and why: silence of a rule that did not run means nothing."""
    counts = {name: sum(found.severity == name for found in receipt.diagnostics) for name in SEVERITIES}
    found = [count(number, name) for name, number in counts.items() if number]
    worst: Style = "bad" if counts["error"] else "warn" if counts["warning"] else "" if found else "good"
    line: list[Span] = [("strong", name), ("", f"  {count(len(receipt.ran), 'rule')}: ")]
    line.append((worst, ", ".join(found) or "nothing found"))
    rows = _not_run(receipt.not_run)
    rows += [
        (code, "", f"ignored, as the description asks ({number} found)") for code, number in receipt.ignored.items()
    ]
    return [line, *facts(rows)] if rows else [line]


def _not_run(reasons: dict[str, str]) -> list[Fact]:
    """One line a reason: the code, or how many rules share it and which."""
    by_reason: dict[str, list[str]] = {}
    for code, why in reasons.items():
        by_reason.setdefault(why, []).append(code)
    return [
        (codes[0], "", f"could not run: it {why}")
        if len(codes) == 1
        else (
            count(len(codes), "rule"),
            "",
            f"could not run: they {why.replace('needs', 'need', 1)} ({', '.join(codes)})",
        )
        for why, codes in by_reason.items()
    ]
