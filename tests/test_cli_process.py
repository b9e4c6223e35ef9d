"""The command as a process: nothing heavy is loaded early, output that ends early or is not Unicode, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelwright.__main__ import process_start
from modelwright.text import degrade_gracefully

EXAMPLE = Path(__file__).parent.parent / "examples/penguins/penguins.csv"
LOADED = """
import sys
from modelwright.cli import run
code = run(sys.argv[1:])
print("loaded", code, *sorted({"torch", "polars", "sklearn", "rich", "pydantic"} & set(sys.modules)))
"""


def modelwright(*words: str, **environment: str) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONIOENCODING", "COLUMNS")}
    return subprocess.Popen(
        [sys.executable, "-m", "modelwright", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**kept, "OMP_NUM_THREADS": "1", **environment},
    )


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def loaded(*words: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()[1:]


@pytest.mark.parametrize("words", [("--help",), ("train", "--help"), ("--version",)])
def test_help_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    assert not set(loaded(*words)) - {"0", "pydantic"}  # typer itself loads pydantic for the words of a verb


@pytest.mark.parametrize("words", [("explain", "L205"), ("explain",)])
def test_explain_loads_neither_torch_nor_polars(words: tuple[str, ...]) -> None:
    assert loaded(*words)[0] == "0"
    assert not {"torch", "polars", "sklearn"} & set(loaded(*words))


def test_check_of_a_description_without_data_loads_no_torch() -> None:
    Path("bad.yaml").write_text("data: {path: nowhere.csv}\noptimizer: Adamw\n")
    found = loaded("check", "bad.yaml")
    assert found[0] == "1" and "torch" not in found


def test_what_counts_as_loaded_can_be_seen() -> None:
    text = LOADED.replace("import sys\n", "import sys, rich\n")
    done = subprocess.run([sys.executable, "-c", text, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded 0 rich"


def test_output_that_nobody_reads_ends_quietly() -> None:
    process = modelwright("train", str(EXAMPLE), "--target", "species", "train.epochs=3")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == b""
    process.stderr.close()


def test_output_that_is_not_unicode() -> None:
    words = ("train", str(EXAMPLE), "--target", "species", "train.epochs=1", "--name", "füchse")
    out, err = modelwright(*words, PYTHONIOENCODING="ascii").communicate(timeout=60)
    text = out.decode("ascii")
    assert err == b""
    assert "344 rows x 8 columns" in text and "7 columns -> 15 numbers" in text
    assert r"run  runs/f\xfcchse-1" in text
    out, _ = modelwright("resume", "runs/füchse-1", "--json", PYTHONIOENCODING="ascii").communicate(timeout=60)
    assert json.loads(out)["run"] == "runs/füchse-1"


def test_streams_that_hold_every_character_are_left_alone() -> None:
    before = sys.stderr.errors
    degrade_gracefully()
    assert sys.stderr.errors == before


def test_ctrl_c_saves_and_says_how_to_go_on() -> None:
    process = modelwright("train", str(EXAMPLE), "--target", "species", "train.epochs=500", "model=mlp(hidden=[8])")
    assert process.stdout is not None and process.stderr is not None
    for line in process.stdout:
        if line.startswith(b"  epoch "):
            break
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 1
    told = process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    assert told == "stopped; what was trained is saved. To go on:\n  modelwright resume runs/penguins-1\n"
    assert not Path("runs/penguins-1/score.json").exists()
    out, _ = modelwright("resume", "runs/penguins-1").communicate(timeout=120)
    assert b"training  runs/penguins-1, from epoch " in out
    assert Path("runs/penguins-1/score.json").exists()


def test_the_start_of_this_process_lies_behind_us() -> None:
    assert process_start() <= time.perf_counter()
