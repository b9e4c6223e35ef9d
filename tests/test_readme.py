"""The README does what it says: each block runs and prints what is shown; commands and links are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pages import ROOT, doc_blocks

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_block_of_the_readme(tmp_path: Path) -> None:
    doc_blocks.check("README.md", README, tmp_path)


def test_the_table_of_commands_is_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "modelwright", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    commands = re.findall(r"^\W*([a-z]+)  +[A-Z]", done.stdout.partition("Commands")[2], flags=re.MULTILINE)
    assert len(commands) >= 9, done.stdout
    assert sorted(re.findall(r"^\| `modelwright (\w+)", README, flags=re.MULTILINE)) == sorted(commands)


@pytest.mark.parametrize("page", [*doc_blocks.PAGES, "docs/architecture.md", "docs/rules.md"])
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors(path.read_text(encoding="utf-8")), f"{page}: {target}"


def anchors(text: str) -> set[str]:
    """Return the anchors of a page: its headings as GitHub names them, and those that are written out."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    named = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'<a id="([^"]+)">', text))
