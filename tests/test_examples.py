"""Every example trains from the command line, and `--json` ends with one object that says what a script needs."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data"))
WANTED = {
    "penguins/penguins.yaml": ("multiclass", "accuracy"),
    "housing/housing.yaml": ("regression", "rmse"),
    "messages/messages.yaml": ("binary", "accuracy"),
    "airline/airline.yaml": ("forecasting", "rmse"),
    "digits/digits.yaml": ("multiclass", "accuracy"),
    "gan/gan.yaml": ("gan", "frechet_distance"),
    "contrastive-digits/contrastive.yaml": ("contrastive", "recall_at_1"),
}


def test_every_example_is_tested() -> None:
    assert {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.yaml")} == set(WANTED)
    assert all((EXAMPLES / name).with_name("README.md").exists() for name in WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_train(name: str, tmp_path: Path) -> None:
    place = shutil.copytree(
        (EXAMPLES / name).parent, tmp_path / "example", ignore=shutil.ignore_patterns("runs", "digits")
    )
    if "digits" in name:
        maker = [sys.executable, str(EXAMPLES / "digits" / "make_pictures.py"), str(place / "digits")]
        subprocess.run(maker, check=True, capture_output=True)
    description = str(place / Path(name).name)
    command = [sys.executable, "-m", "modelwright", "train", description, "train.epochs=2", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert {"run", "task", "score", "baseline", "seconds"} <= set(said)
    assert {"metric", "value", "low", "high"} <= set(said["score"])
    assert {"name", "metric", "value"} <= set(said["baseline"])
    assert {"import", "read", "train", "evaluate", "total"} <= set(said["seconds"])
    assert (said["task"], said["score"]["metric"]) == WANTED[name]
    assert said["score"]["low"] <= said["score"]["value"] <= said["score"]["high"]
    assert (tmp_path / said["run"] / "model.safetensors").is_file()


def test_the_script(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "penguins" / "train.py"), str(tmp_path / "runs")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "note L214" in done.stdout and "accuracy 0." in done.stdout and "baseline linear" in done.stdout
    model = Path(done.stdout.splitlines()[-1].removeprefix("model: "))
    assert model.is_file() and model.is_relative_to(tmp_path)


def test_the_messages_can_be_made_again() -> None:
    file = EXAMPLES / "messages" / "messages.tsv"
    place = importlib.util.spec_from_file_location("make_messages", file.with_name("make_messages.py"))
    assert place and place.loader
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    rows = [("kind", "message"), *module.messages()]
    assert "".join(f"{kind}\t{message}\n" for kind, message in rows) == file.read_text()


def test_the_housing_sample_can_be_made_again() -> None:
    whole = DATA / "california-housing" / "housing.csv"
    if not whole.exists():
        pytest.skip("needs MODELWRIGHT_DATA")
    place = importlib.util.spec_from_file_location("make_sample", EXAMPLES / "housing" / "make_sample.py")
    assert place and place.loader
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    assert module.sample(whole.read_text()) == (EXAMPLES / "housing" / "housing.csv").read_text()


def test_the_airline_table_is_what_its_script_writes() -> None:
    folder = EXAMPLES / "airline"
    done = subprocess.run([sys.executable, str(folder / "make_data.py")], capture_output=True, text=True, check=True)
    assert done.stdout == (folder / "airline.csv").read_text("utf-8")
