"""What the tests of bad input share: small tables, the command in this process, and what every message must have."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from modelwright.cli import run

HEAD = "size,colour,weight,answer\n"
NAMES = HEAD.strip().split(",")


def rows(count: int = 60, classes: tuple[str, ...] = ("yes", "no"), seed: int = 1) -> str:
    """Return lines of a table of two numbers, a category and a target."""
    draw = random.Random(seed)
    return "".join(
        f"{draw.random():.3f},{'rgb'[i % 3]},{i % 7 + draw.random():.2f},{classes[i % len(classes)]}\n"
        for i in range(count)
    )


GOOD = HEAD + rows()


def files(folder: Path) -> set[str]:
    """Return every file and folder below `folder`."""
    return {
        os.path.relpath(Path(here) / name, folder) for here, down, names in os.walk(folder) for name in down + names
    }


class Desk:
    """A folder to work in, and the command line as a user sees it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.put("good.csv", GOOD)

    def put(self, name: str, content: str | bytes) -> str:
        """Write a file; return its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run one command; return exit code, standard output and standard error."""
        self.capsys.readouterr()
        code = run(words)
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    def refused(self, *words: str) -> list[dict[str, Any]]:
        """Run a command that must be refused with exit 1 and whole messages, leaving nothing behind."""
        before = files(self.folder)
        code, out, _ = self.run(*words, "--json")
        assert code == 1
        assert files(self.folder) - {"runs"} == before - {"runs"}
        assert not (self.folder / "runs").exists() or "runs" in before or not any((self.folder / "runs").iterdir())
        found = json.loads(out.splitlines()[-1])["diagnostics"]
        assert any(each["severity"] == "error" for each in found)
        for each in found:
            whole(each)
        return found

    def text(self, *words: str) -> str:
        """Run a command that must be refused with exit 1; return what it says."""
        before = files(self.folder)
        code, out, err = self.run(*words)
        assert code == 1
        assert files(self.folder) == before
        return out + err


def whole(found: dict[str, Any]) -> None:
    """Hold a message to the promise: what is wrong, where, what was expected or received, and how to mend it."""
    assert found["message"], found
    assert found["where"] or found["code"] in ("R001",), found
    assert found.get("expected") or found.get("received") or found.get("known"), found
    if found["severity"] == "error":
        assert found.get("help"), found


def train_good(folder: Path) -> Path:
    """Train a short run on good rows; return its model file."""
    (folder / "good.csv").write_text(GOOD)
    words = [
        "train",
        str(folder / "good.csv"),
        "--target",
        "answer",
        "train.epochs=1",
        "--runs",
        str(folder),
        "--quiet",
    ]
    assert run(words) == 0
    return folder / "good-1" / "model.safetensors"
