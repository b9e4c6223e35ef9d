"""Write docs/rules.md from the docstrings of the rules and the table of codes."""

from __future__ import annotations

import re
from pathlib import Path

from modelwright.checks.codes import CODES
from modelwright.checks.elsewhere import ELSEWHERE
from modelwright.checks.explain import explain
from modelwright.checks.rule import PHASES, code_of, load
from modelwright.checks.rules import BY_PHASE

TARGET = Path(__file__).parent.parent / "docs" / "rules.md"
HEAD = """\
# Checks

Made from the source by `python scripts/make_rules_docs.py`; do not edit. `modelwright explain CODE` prints one entry.

A rule runs in one of five phases: on the *description* alone, on the *data*, in a *dry run*, during *training*, and in
the *evaluation*. An *error* stops the run, a *warning* asks for a look, a *note* informs. Each run says which rules
ran, and which could not and why. `ignore: [D105]` in the description silences a rule; the findings are still counted.
"""
PHASE_WORDS = {"dry_run": "dry run"}


def page() -> str:
    """Return the whole page."""
    rows = ["| code | phase | severity | finds |", "|---|---|---|---|"]
    pages: list[str] = []
    for phase in PHASES:
        for name in BY_PHASE[phase]:
            rule = load(name)
            title = _title(rule.code)
            words = PHASE_WORDS.get(phase, phase)
            rows.append(f"| [{rule.code}](#{rule.code.lower()}) | {words} | {rule.severity} | {title} |")
            pages.append(_entry(code_of(name)))
    others = ["| code | what |", "|---|---|", *(f"| [{code}](#{code.lower()}) | {_title(code)} |" for code in CODES)]
    beyond = ["| code | what |", "|---|---|", *(f"| [{c}](#{c.lower()}) | {_title(c)} |" for c in ELSEWHERE)]
    on_the_way = ("# Found on the way\n", *others, "", *(_entry(code) for code in CODES))
    ruled_out = ("# Ruled out, or told under another code\n", *beyond, "", *(_entry(code) for code in ELSEWHERE))
    entries = "\n".join((*pages, *on_the_way, *ruled_out))
    return "\n".join((HEAD, *rows, "", entries)).rstrip() + "\n"


def _title(code: str) -> str:
    return explain(code).partition("\n")[0].partition(": ")[2]


def _entry(code: str) -> str:
    """Return one entry, its headings two levels down."""
    deeper = re.sub(r"^## (.*)$", r"**\1**\n", explain(code), flags=re.MULTILINE)
    return f'<a id="{code.lower()}"></a>\n' + deeper.replace("# ", "## ", 1)


def main() -> None:
    """Write the page."""
    TARGET.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
