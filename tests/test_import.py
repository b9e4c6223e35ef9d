"""What is loaded when: torch only where tensors are needed. Each case runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from real import PENGUINS, needs_data

DESCRIPTION = "data: {path: nowhere.csv, target: y}\nmodel: mlp(hidden=[64])\noptimizer: AdamW(lr=0.001)\n"
WATCHED = ("torch", "polars", "sklearn", "scipy", "pandas", "numpy", "typer", "rich", "pydantic")


def loaded(code: str, folder: Path) -> set[str]:
    """Return which watched packages a process has loaded after some code."""
    watch = f"import sys\ntry:\n    exec({code!r})\nexcept SystemExit:\n    pass\n"
    watch += f"print('loaded', *[name for name in {WATCHED!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", watch], capture_output=True, text=True, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def after(words: str) -> str:
    return f"from modelwright.cli import run; run({words.split()!r})"


def test_the_watch_can_fail(tmp_path: Path) -> None:
    assert "torch" in loaded("import modelwright; modelwright.load", tmp_path)
    assert loaded("import polars", tmp_path) >= {"polars"}


def test_import_loads_next_to_nothing(tmp_path: Path) -> None:
    assert loaded("import modelwright; dir(modelwright)", tmp_path) == set()
    assert not loaded("import modelwright; modelwright.Spec", tmp_path) & {"torch", "polars", "sklearn"}
    assert "torch" not in loaded("import modelwright; modelwright.check, modelwright.train, modelwright.Run", tmp_path)


@pytest.mark.parametrize(
    "words", ["--help", "train --help", "explain L205", "explain E811", "schema", "train", "nonsense"]
)
def test_words_that_need_no_data_load_neither_torch_nor_polars(words: str, tmp_path: Path) -> None:
    assert not loaded(after(words), tmp_path) & {"torch", "polars", "sklearn", "scipy", "pandas"}


def test_a_description_without_its_data_is_checked_without_torch(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text(DESCRIPTION)
    assert not loaded(after("check d.yaml"), tmp_path) & {"torch", "sklearn", "scipy", "pandas"}


@needs_data
def test_data_are_checked_without_torch_where_there_is_no_dry_run(tmp_path: Path) -> None:
    assert not loaded(after(f"check {PENGUINS} --target species --no-dry-run"), tmp_path) & {
        "torch",
        "sklearn",
        "pandas",
    }


@needs_data
def test_training_loads_no_scikit_learn_and_no_pandas(tmp_path: Path) -> None:
    words = f"train {PENGUINS} --target species train.epochs=1 --quiet"
    found = loaded(after(words), tmp_path)
    assert "torch" in found and not found & {"sklearn", "scipy", "pandas"}
