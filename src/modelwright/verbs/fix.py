"""`modelwright check --fix`: what can be corrected safely, shown as a difference, written after a yes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from modelwright.checks.run import Receipt
from modelwright.errors import SpecError
from modelwright.files import write_atomically
from modelwright.run.survey import survey, survey_rest
from modelwright.spec import source as spec_source
from modelwright.spec.fix import fixed
from modelwright.spec.reading import read_text
from modelwright.text import count

ROUNDS = 8  # a corrected description may show the next problem


def fix(source: str, overrides: Sequence[str], yes: bool) -> int:
    """Show the corrections of a description and write them if they are wanted; 1 where nothing was written."""
    path = Path(source)
    if path.suffix.lower() not in (".yaml", ".yml") or not path.is_file():
        print(f"--fix corrects descriptions (.yaml), and {source} is none", file=sys.stderr)
        return 1
    before = read_text(path)
    after, codes = corrected(before, path, overrides)
    if not codes:
        print(f"nothing in {source} has exactly one correction")
        return 1
    lines = unified_diff(before.splitlines(), after.splitlines(), source, f"{source}, corrected", lineterm="")
    print("\n".join(lines))
    print(f"\n{count(len(codes), 'correction')}: {', '.join(codes)}")
    if not yes and not _asked(source):
        print("nothing was written; to write it: modelwright check --fix --yes")
        return 1
    write_atomically(path, after)
    print(f"{source} was corrected")
    return 0


def corrected(text: str, path: Path, overrides: Sequence[str] = ()) -> tuple[str, list[str]]:
    """Return the text with all safe corrections, and their codes; rounds until nothing more is found."""
    codes: list[str] = []
    for _ in range(ROUNDS):
        changed, done = fixed(text, _look(text, path, overrides).diagnostics)
        if not done or changed == text:
            break
        text, codes = changed, [*codes, *done]
    return text, codes


def _look(text: str, path: Path, overrides: Sequence[str]) -> Receipt:
    base = path.parent.resolve()
    try:
        return survey(spec_source.from_text(text, overrides, str(path), base), base)
    except SpecError as error:
        return survey_rest(error)


def _asked(source: str) -> bool:
    """Ask a person at a terminal; without one the answer is no."""
    if not sys.stdin.isatty():
        return False
    return input(f"write it to {source}? [y/N] ").strip().lower() in ("y", "yes")
