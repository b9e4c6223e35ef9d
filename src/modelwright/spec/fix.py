"""Corrections that are safe: findings with one right answer, put into the text of a description where they stand.

The text is changed at the places of the findings and nowhere else, so comments and layout stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from modelwright.diagnostic import Diagnostic
from modelwright.spec.call import CallSyntaxError, parse

GUESS = re.compile(r"did you mean `([^`]+)`\?$")
LEAVE_OUT = "leave the last layer out"
SPELLING = ("Y001", "Y004", "Y005")
SIZES = ("S301", "S302", "S303", "S304")


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` of a text become `new`; `code` is that of the finding."""

    start: int
    end: int
    new: str
    code: str


def fixed(text: str, diagnostics: Iterable[Diagnostic]) -> tuple[str, list[str]]:
    """Return the text with every safe correction made, and the codes of the findings that were corrected.

    >>> from modelwright.diagnostic import Place
    >>> slip = Diagnostic(code="Y001", severity="error", message="unknown key `los`; did you mean `loss`?",
    ...     where=Place(line=1, column=1, length=3, source="los: MSELoss"))
    >>> fixed("los: MSELoss", [slip])
    ('loss: MSELoss', ['Y001'])
    """
    edits = [edit for found in diagnostics if (edit := edit_of(text, found)) is not None]
    done: list[str] = []
    last = len(text) + 1
    for edit in sorted(edits, key=lambda each: -each.start):
        if edit.end <= last:  # of two corrections of one place the later one waits for the next round
            text = text[: edit.start] + edit.new + text[edit.end :]
            last = edit.start
            done.append(edit.code)
    return text, done[::-1]


def edit_of(text: str, found: Diagnostic) -> Edit | None:
    """Return the correction of a finding, None where there is not exactly one."""
    if found.code == "L213" and found.help == "split: {stratify: true}":
        return _stratify(text)
    span = _span(text, found)
    if span is None:
        return None
    start, end = span
    meant, new = text[start:end], None
    if found.code in SPELLING and (guess := GUESS.search(found.message)):
        new = _respelt(meant, found.received, guess.group(1))
    elif found.code in SIZES and _same_call(meant, found.help):
        new = found.help
    elif found.help.partition("\n")[0] == LEAVE_OUT and found.code in ("H501", "H502", "M402"):
        return _without_item(text, start, end, found.code)
    elif found.code in ("H501", "H502") and found.help.startswith("loss: ") and found.where.key == "loss":
        new = found.help.removeprefix("loss: ")
    return None if new is None or new == meant else Edit(start, end, new, found.code)


def _span(text: str, found: Diagnostic) -> tuple[int, int] | None:
    """Return where the place of a finding begins and ends in the text; None where it is not in it."""
    where = found.where
    if where.line is None or where.column is None or where.source is None:
        return None
    lines = text.splitlines(keepends=True)
    if where.line > len(lines) or lines[where.line - 1].rstrip("\r\n") != where.source.rstrip("\r\n"):
        return None
    start = sum(len(line) for line in lines[: where.line - 1]) + where.column - 1
    return start, start + where.length


def _respelt(meant: str, received: str, guess: str) -> str | None:
    """Put the right spelling where the wrong one stands, once."""
    wrong = received if received and meant.count(received) == 1 else meant
    return meant.replace(wrong, guess) if re.fullmatch(r"[\w.]+", wrong) else None


def _same_call(meant: str, fix: str) -> bool:
    """Say whether both are calls of the same layer, so that one can stand for the other."""
    try:
        one, other = parse(meant), parse(fix)
    except CallSyntaxError:
        return False
    return one.name == other.name


def _without_item(text: str, start: int, end: int, code: str) -> Edit | None:
    """Take the last item out of a list: its line, or its part between a comma and the bracket."""
    line = text.rfind("\n", 0, start) + 1
    if re.fullmatch(r"\s*-\s+['\"]?", text[line:start]):
        stop = text.find("\n", end)
        return Edit(line, len(text) if stop < 0 else stop + 1, "", code)
    before = re.search(r",\s*['\"]?$", text[:start])
    after = re.match(r"['\"]?\s*\]", text[end:])
    if before is None or after is None:
        return None
    return Edit(before.start(), end + after.end() - 1, "", code)


def _stratify(text: str) -> Edit | None:
    """Add `stratify: true` to `split`, which may be there already, in braces or as a block."""
    if re.search(r"^\s*stratify\s*:", text, re.MULTILINE) or "stratify:" in text:
        return None
    braces = re.search(r"^split:\s*\{", text, re.MULTILINE)
    if braces:
        return Edit(braces.end(), braces.end(), "stratify: true, ", "L213")
    block = re.search(r"^split:[ \t]*(#.*)?\n([ \t]+)\S", text, re.MULTILINE)
    if block:
        at = block.start(2)
        return Edit(at, at, f"{block.group(2)}stratify: true\n", "L213")
    if re.search(r"^split\s*:", text, re.MULTILINE):
        return None
    end = "" if not text or text.endswith("\n") else "\n"
    return Edit(len(text), len(text), f"{end}split: {{stratify: true}}\n", "L213")
