"""Runs on pictures from end to end: trained, saved, asked for files, folders and arrays, stopped and resumed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

import modelwright
from modelwright.cli import run
from modelwright.errors import DataError
from modelwright.ship.artifact import load
from pictures import CLASSES, EXACT, classes, encoded, folders, mnist_like, shades

QUICK = {"epochs": 6, "batch_size": 16, "threads": 1}
TINY = "cnn(widths=[4, 8])"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs")
    folders(path / "set", shades(90), classes(90))
    return path


@pytest.fixture(scope="module")
def trained(place: Path) -> modelwright.Run:
    keys = {"augment": ["RandomCrop(8, padding=1)", "MixUp"], "evaluate": {"mirror": True}}
    train = {**QUICK, "epochs": 30}
    return modelwright.train(place / "set", model=TINY, train=train, runs=place / "runs", **keys)


def test_it_learns_what_shows(trained: modelwright.Run) -> None:
    assert trained.score.value > 0.9 and trained.plan.inputs[0].encoding == "pixels"
    assert trained.plan.execution.memory_format == "channels_last" and trained.plan.execution.pool_first
    assert trained.plan.mirror and trained.plan.augment[1] == "MixUp"


def test_the_saved_model_takes_pictures_as_they_are(trained: modelwright.Run, place: Path) -> None:
    model = load(trained.path)
    pictures = shades(90)
    from_array = model.predict_proba(pictures)
    assert from_array.shape == (90, 3) and model.classes == CLASSES
    assert np.allclose(model.predict_proba(pictures[:, 0]), from_array)
    assert np.allclose(model.predict_proba(pictures.transpose(0, 2, 3, 1)), from_array)
    assert np.allclose(model.predict_proba(pictures[:, :, :, ::-1]), from_array, atol=1e-5)  # mirrored
    assert np.allclose(model.predict_proba(pictures[7, 0]), from_array[7:8], atol=1e-5)
    files = [place / "set" / name / f"{row:05d}.png" for row, name in enumerate(classes(90))]
    assert np.allclose(model.predict_proba(files), from_array, atol=1e-5)
    assert (model.predict(pictures) == np.array(classes(90))).mean() > 0.9


def test_it_is_asked_on_the_command_line(
    trained: modelwright.Run, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    assert run(["predict", str(trained.path), "set/cat", "-o", "answers.csv"]) == 0
    answers = pl.read_csv("answers.csv")
    assert answers.columns == ["file", "prediction", *(f"probability_{name}" for name in CLASSES)]
    assert len(answers) == 30 and answers["file"][0] == "set/cat/00000.png"
    assert run(["predict", str(trained.path), "set/dog/00001.png"]) == 0
    assert "set/dog/00001.png,dog" in capsys.readouterr().out
    assert run(["predict", str(trained.path), "set/*/0000[0-2].png", "-o", "three.csv"]) == 0
    assert len(pl.read_csv("three.csv")) == 3


@pytest.mark.parametrize("form", ["a table of paths", "a table of bytes", "npz"])
def test_it_is_asked_with_tables_and_archives(form: str, trained: modelwright.Run, tmp_path: Path) -> None:
    model = load(trained.path)
    path = EXACT[form](tmp_path / "new", shades(9), classes(9))
    assert np.allclose(model.predict_proba(path), model.predict_proba(shades(9)), atol=1e-5)


@pytest.mark.parametrize("labels", [np.arange(24) % 3, np.arange(24) % 2 == 0, np.array(CLASSES)[np.arange(24) % 3]])
def test_classes_come_back_as_the_kind_of_value_that_was_given(labels: np.ndarray, tmp_path: Path) -> None:
    """Whole numbers and truth values stay what they are, in Python and in a file."""
    few = {"train": {"epochs": 1, "batch_size": 8}, "report": False, "dry_run": False, "runs": tmp_path}
    run_of = modelwright.train(shades(), y=labels, model="linear", **few)
    assert set(run_of.model.classes) == set(labels.tolist())
    assert run_of.predict(shades()).dtype.kind == ("O" if labels.dtype.kind == "U" else labels.dtype.kind)
    np.save(tmp_path / "new.npy", shades())
    assert run(["predict", str(run_of.path), str(tmp_path / "new.npy"), "-o", str(tmp_path / "told.jsonl")]) == 0
    told = [json.loads(line)["prediction"] for line in (tmp_path / "told.jsonl").read_text("utf-8").splitlines()]
    assert {type(each) for each in told} == {type(labels.tolist()[0])}


def test_a_column_of_pictures_may_be_called_file(tmp_path: Path) -> None:
    """As the answers' own column is that names the file of each picture."""
    table = EXACT["a table of paths"](tmp_path / "set", shades(), classes())
    pl.read_csv(table).rename({"file_name": "file"}).write_csv(table)
    few = {"train": {"epochs": 1, "batch_size": 8}, "report": False, "dry_run": False, "runs": tmp_path}
    run_of = modelwright.train(table, model="linear", **few)
    told = run_of.model.predict(table)
    assert told.columns[:2] == ["file_name", "prediction"] and told["file_name"][0] == "pictures/00000.png"


def test_new_pictures_that_do_not_fit_are_refused(trained: modelwright.Run, tmp_path: Path) -> None:
    model = load(trained.path)
    (tmp_path / "big.png").write_bytes(encoded(shades(1, side=12)[0]))
    (tmp_path / "bad.png").write_bytes(b"no")
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    cases = [
        (tmp_path / "big.png", "F009", "12×12"),
        (tmp_path / "bad.png", "D111", "bad.png"),
        (tmp_path / "rows.csv", "F009", "column `image`"),
        (tmp_path / "nothing.png", "F001", "nothing.png"),
        (shades(3, side=12), "F009", "8×8"),
        (shades(3)[:, 0] / 255, "S306", "float64"),
    ]
    for rows, code, word in cases:
        with pytest.raises(DataError) as caught:
            model.predict(rows)
        found = caught.value.diagnostics[0]
        assert found.code == code and word in f"{found.message} {found.received} {found.expected}", found


def test_colours_become_grey_where_the_training_was_grey(trained: modelwright.Run, tmp_path: Path) -> None:
    grey = shades(1)[0]
    (tmp_path / "rgb.png").write_bytes(encoded(np.repeat(grey, 3, 0)))
    model = load(trained.path)
    assert np.allclose(model.predict_proba(tmp_path / "rgb.png"), model.predict_proba(grey[None]), atol=1e-5)


def test_a_model_that_resizes_takes_any_size(tmp_path: Path) -> None:
    keys = {"transform": ["Resize((8, 8))"], "model": TINY, "train": {**QUICK, "epochs": 1}}
    made = modelwright.train(shades(60, side=16), classes(60), runs=tmp_path / "runs", **keys)
    assert made.model.predict_proba(shades(4, side=12)).shape == (4, 3)
    (tmp_path / "one.png").write_bytes(encoded(shades(1, side=20)[0]))
    assert made.model.predict_proba(tmp_path / "one.png").shape == (1, 3)


@pytest.mark.parametrize("targets", ["numbers", "two classes", "several labels"])
def test_other_targets_are_learned_from_pictures(targets: str, tmp_path: Path) -> None:
    x = shades(60)
    light = x.mean((1, 2, 3))
    y = {
        "numbers": light / 100,
        "two classes": (light > 80).astype(int),
        "several labels": np.stack([light > 60, light > 120], 1),
    }[targets]
    keys = {"model": TINY, "train": {**QUICK, "epochs": 2}, "augment": ["MixUp"] if targets != "several labels" else []}
    made = modelwright.train(x, y, runs=tmp_path / "runs", **{key: value for key, value in keys.items() if value})
    task = {"numbers": "regression", "two classes": "binary", "several labels": "multilabel"}[targets]
    assert made.plan.task == task and len(made.predict(x)) == 60


def test_a_run_of_an_array_is_resumed_from_its_folder(tmp_path: Path) -> None:
    keys = {"model": TINY, "train": {**QUICK, "epochs": 3}, "augment": "RandomRotation(10)"}
    whole = modelwright.train(shades(60), classes(60), runs=tmp_path / "runs", **keys)
    for name in ("score.json", "model.safetensors"):
        (whole.path / name).rename(tmp_path / name)
    again = modelwright.resume(whole.path)
    assert (again.path / "model.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()


def test_the_caller_keeps_its_random_numbers_and_arrays(tmp_path: Path) -> None:
    x = shades(60)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    modelwright.train(x, classes(60), model=TINY, train={**QUICK, "epochs": 1}, runs=tmp_path, augment="CutMix")
    assert torch.equal(torch.get_rng_state(), before) and (x == shades(60)).all()


def test_mnist_in_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mnist_like(tmp_path / "mnist", shades(90), shades(120)[90:], pack=True)
    monkeypatch.chdir(tmp_path)
    words = ["train.epochs=2", f"model={TINY}", "train.threads=1"]
    assert run(["train", "mnist/", "--json", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["score"]["metric"] == "accuracy" and told["task"] == "multiclass"
    assert run(["init", "mnist/"]) == 0 and run(["check", "mnist.yaml"]) == 0
    capsys.readouterr()
    assert run(["show", "mnist.yaml", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    conv = next(layer for layer in shown["layers"] if layer["name"] == "Conv2d")
    assert "32 kernels of 1×3×3" in conv["note"] and conv["sees"] == [3, 3]
    assert shown["plan"]["split"]["rows"] == [81, 9, 30]


def test_folds_of_pictures_are_averaged(tmp_path: Path) -> None:
    keys = {"model": TINY, "train": {**QUICK, "epochs": 1}, "split": {"folds": 2}}
    made = modelwright.train(shades(60), classes(60), runs=tmp_path, **keys)
    assert made.members == 2 and made.model.predict_proba(shades(5)).shape == (5, 3)
