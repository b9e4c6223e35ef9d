"""The examples in docstrings run: those of each module in a folder of its own, warnings as errors."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src"
RUNNING = re.compile(r"^ *>>> (?!.*\+SKIP)", re.MULTILINE)
EXAMPLES = sorted(path for path in ROOT.rglob("*.py") if RUNNING.search(path.read_text("utf-8")))
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def name_of(path: Path) -> str:
    """Return the module of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("name", [name_of(path) for path in EXAMPLES])
def test_the_examples_of_a_module(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert found.attempted and not found.failed


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 100
