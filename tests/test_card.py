"""`modelwright card`: every number of the card is the run's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import modelwright
from contrasts import questions
from modelwright.cli import run as command
from modelwright.evaluate.result import format_score
from pages import ROOT
from pictures import mnist_like, shades
from test_script import FAST, table

PENGUINS = ROOT / "examples/penguins/penguins.csv"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> modelwright.Run:
    folder = tmp_path_factory.mktemp("card")
    file = folder / "birds.csv"
    file.write_bytes(PENGUINS.read_bytes())
    return modelwright.train(file, target="species", model="linear", train={"epochs": 3}, runs=folder)


def test_the_card_says_what_the_run_says(run: modelwright.Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["card", str(run.path)]) == 0
    text = capsys.readouterr().out
    assert re.findall("^## (.*)$", text, re.MULTILINE) == [
        *("Data", "Split", "Training", "Scores", "Slices", "Checks", "Limits", "Loading")
    ]
    for score in run.result.scores.values():
        value, _, interval = format_score(score).partition(" ")
        assert f"| {score.metric} | {value} | {interval.strip('()')} |" in text
    for name, rows in zip(("train", "validation", "test"), run.plan.split.rows, strict=True):
        assert f"| {name} | {rows} |" in text
    assert run.plan.data.fingerprint[:16] in text and run.plan.loss in text
    rows = pl.read_csv(PENGUINS, null_values="NA")
    answers = run.predict(rows)["prediction"] == rows["species"]
    sliced = re.search(r"\| island = Biscoe \| (\d+) \| ([\d.]+) \|", text)
    assert sliced is not None
    whole = answers.filter(rows["island"] == "Biscoe")
    assert int(sliced[1]) < len(whole) and float(sliced[2]) == pytest.approx(whole.mean(), abs=0.2)


def test_a_card_stays_where_one_is(run: modelwright.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "CARD.md"
    assert command(["card", str(run.path), "-o", str(file)]) == 0 and "## Scores" in file.read_text()
    file.write_text("mine")
    assert command(["card", str(run.path), "-o", str(file)]) == 1 and file.read_text() == "mine"
    assert command(["card", str(run.path), "-o", str(file), "--force"]) == 0 and file.read_text() != "mine"
    assert command(["card", str(tmp_path)]) == 1
    assert "R001" in capsys.readouterr().err


def test_slices_need_the_data(run: modelwright.Run, capsys: pytest.CaptureFixture[str]) -> None:
    file = run.path.parent / "birds.csv"
    kept = file.read_bytes()
    file.write_bytes(kept + b"Adelie,Dream,40,18,190,3600,male,2008\n")
    try:
        assert command(["card", str(run.path)]) == 0
    finally:
        file.write_bytes(kept)
    assert "the data are not those that this run was trained on" in capsys.readouterr().out


def test_a_cohort_and_a_regression(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"target": "price", "model": "linear", "train": FAST, "split": {"folds": 2}}
    run = modelwright.train(table(), runs=tmp_path, **given)
    assert command(["card", str(run.path)]) == 0
    text = capsys.readouterr().out
    assert "a cohort of 2 models" in text and "corrected resampled t interval over 2 folds" in text
    assert "None: each model of a cohort was scored on rows of its own." in text


def test_a_forecast_has_a_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = modelwright.train(
        ROOT / "examples/airline/airline.yaml", train={"epochs": 2}, runs=tmp_path, report=False, overrides=()
    )
    assert command(["card", str(run.path)]) == 0
    assert "error step by step" in capsys.readouterr().out


def test_a_class_of_ones_own_is_handed_over_for_card_and_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self, in_features, out_features):\n"
        "        super().__init__()\n        self.last = nn.Linear(in_features, out_features)\n\n"
        "    def forward(self, x):\n        return self.last(x)\n"
    )
    given = ["--target", "species", "model=net.py:Net", "train.epochs=2", "--quiet", "--no-report"]
    assert command(["train", str(PENGUINS), *given]) == 0
    assert command(["export", "runs/penguins-1", "--onnx", "model.onnx"]) == 1
    assert "--model net.py:Net" in capsys.readouterr().err and not Path("model.onnx").exists()
    assert command(["export", "runs/penguins-1", "--onnx", "model.onnx", "--model", "net.py:Net"]) == 0
    assert command(["card", "runs/penguins-1", "--model", "net.py:Net"]) == 0
    assert Path("model.onnx").exists() and "## Slices" in capsys.readouterr().out


def test_pictures_have_a_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mnist_like(tmp_path / "mnist", shades(90)[:60], shades(90)[60:])
    run = modelwright.train(tmp_path / "mnist", model="linear", train={"epochs": 1}, runs=tmp_path, report=False)
    assert command(["card", str(run.path)]) == 0
    assert "## Slices" in capsys.readouterr().out


@pytest.mark.parametrize("task", ["contrastive", "gan"])
def test_models_that_predict_nothing_have_a_card(task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given: dict[str, Any] = {"contrastive": {"pairs": ["question", ["size", "age"]], "projection": 8}}
    if task == "gan":
        given = {"task": "gan", "data": {"drop": ["question", "answer", "wrong"]}}
    rows = questions(120)
    run = modelwright.train(rows, train={"epochs": 1}, runs=tmp_path, report=False, ignore=["E801"], **given)
    assert command(["card", str(run.path)]) == 0
    text = capsys.readouterr().out
    for score in run.result.scores.values():
        value, _, interval = format_score(score).partition(" ")
        assert f"| {score.metric} | {value} | {interval.strip('()')} |" in text
    assert "| `size` | numeric |" in text and "None: " in text.partition("## Slices")[2]
    told = ("second network", "model.nearest(") if task == "contrastive" else ("| discriminator |", "model.sample(")
    assert all(one in text for one in told) and ("holds a few training rows" in text) == (task == "contrastive")
