"""Every block of the other pages runs and prints what is shown, and no page is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages import ROOT, doc_blocks

OTHERS = {
    "docs/architecture.md": "drawings, no commands",
    "docs/benchmarks.md": "what a command wrote that measures for an hour",
    "docs/lab-book.md": "commands that measure for minutes",
    "docs/rules.md": "descriptions that are wrong on purpose; tests/test_checks_contract.py runs the rules",
}


@pytest.mark.parametrize("page", [page for page in doc_blocks.PAGES if page != "README.md"])
def test_every_block_of_a_page(page: str, tmp_path: Path) -> None:
    doc_blocks.check(page, (ROOT / page).read_text(encoding="utf-8"), tmp_path)


def test_no_page_is_left_out() -> None:
    there = {str(path.relative_to(ROOT)) for folder in ("docs", "examples") for path in (ROOT / folder).rglob("*.md")}
    assert there - set(OTHERS) == set(doc_blocks.PAGES) - {"README.md"}
