"""The dry run finds what only a step shows, says nothing on real tables, and changes no bit of what is trained."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

import modelwright
from modelwright.api import request_for
from modelwright.checks.run import Receipt
from modelwright.run import dry, remembered
from modelwright.run.assemble import assemble
from modelwright.run.dry import dry_run
from modelwright.run.prepare import prepare, read_dataset, splits
from real import DATA, needs_data

SMALL = {"train": {"epochs": 2, "batch_size": 32}}
TABLES = {
    "adult/adult-train.csv": "auto",
    "california-housing/housing.csv": "median_house_value",
    "covertype-kaggle/train.csv": "auto",
    "diamonds/diamonds.csv": "price",
    "ett/ETTh1.csv": "OT",
    "jbrownlee-tabular/horse-colic.csv": "auto",
    "jbrownlee-tabular/iris.csv": "auto",
    "jbrownlee-tabular/pima-indians-diabetes.csv": "auto",
    "jbrownlee-tabular/sonar.csv": "auto",
    "jbrownlee-timeseries/airline-passengers.csv": "auto",
    "jbrownlee-timeseries/pollution.csv": "pm2.5",
    "penguins/penguins.csv": "species",
    "titanic/train.csv": "Survived",
    "ucr-uea/ECG200/ECG200_TRAIN.tsv": "column_1",
    "wine-quality/winequality-red.csv": "auto",
    "wine-quality/winequality-white.csv": "auto",
}


def frame(rows: int = 200) -> pl.DataFrame:
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 4))
    y = np.where(x[:, 0] + x[:, 1] + 0.3 * random.normal(size=rows) > 0, "yes", "no")
    return pl.DataFrame({f"x{i}": x[:, i] for i in range(4)} | {"y": y})


def found(**keys: object) -> dict[str, str]:
    """Return what a check of the small table finds at warning or above: code → severity."""
    told = modelwright.check(frame(), target="y", **keys)  # type: ignore[arg-type]
    return {d.code: d.severity for d in told if d.severity != "note" and d.code != "L214"}


@needs_data
@pytest.mark.parametrize(("name", "target"), TABLES.items())
def test_nothing_is_wrong_with_real_tables(name: str, target: str) -> None:
    request = request_for(str(DATA / name), target=None if target == "auto" else target)
    dataset = read_dataset(request.description, request.base)
    prepared = prepare(dataset, splits(dataset)[0])
    receipt = dry_run(assemble(prepared))
    assert [(d.code, d.message) for d in receipt.diagnostics if d.severity != "note"] == []
    assert not receipt.not_run


def test_what_was_tried_is_remembered_until_something_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def seen(**changes: Any) -> tuple[bool, Receipt]:
        """Return whether it was looked, and what was found."""
        changes = {**SMALL, **changes}
        request = request_for(changes.pop("rows", frame()), target="y", description=changes)
        dataset = read_dataset(request.description, request.base, request.frame)
        assembly = assemble(prepare(dataset, splits(dataset)[0]))

        def look() -> Receipt:
            looked.append("")
            return dry._tried(assembly)  # pyright: ignore[reportPrivateUsage]

        before = len(looked)
        receipt = remembered.remembered(assembly.plan, dataset.description, look)
        return len(looked) > before, receipt

    assert seen()[0] and seen()[0]  # it takes no time worth remembering
    monkeypatch.setattr(remembered, "LONG", 0.0)
    dead = ["Linear(..., 8)", "ReLU", "Threshold(1000, 0)", "Linear(..., ..., bias=False)"]
    for keys in ({}, {"model": dead}):
        first, again = seen(**keys), seen(**keys)
        assert first[0] and not again[0] and first[1] == again[1]
    assert {found.code for found in again[1].diagnostics} & {"T712", "T713"}
    assert seen(optimizer="SGD(lr=0.1)")[0] and seen(rows=frame(201))[0] and seen(split={"random_state": 1})[0]
    for path in remembered.folder().iterdir():
        path.write_text("{")
    assert seen()[0] and not seen()[0]
    code = remembered._code()  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(remembered, "_code", lambda: code[1:])
    assert seen()[0]


def test_the_trained_model_is_the_same_with_and_without(tmp_path: Path) -> None:
    layers = ["Linear(..., 16)", "BatchNorm1d(...)", "ReLU", "Dropout(0.2)", "Linear(..., ...)"]
    state = torch.get_rng_state()
    for tried in (True, False):
        modelwright.train(frame(), target="y", model=layers, runs=tmp_path, name=str(tried), dry_run=tried, **SMALL)
    with_it, without = (tmp_path / f"{tried}-1" / "model.safetensors" for tried in (True, False))
    assert with_it.read_bytes() == without.read_bytes()
    assert torch.equal(state, torch.get_rng_state())


def test_faults_that_only_a_step_shows() -> None:
    assert found(scale="none", data={"columns": {"x0": "numeric"}}) == {}
    assert found(model=["Linear(..., 8)", "Tanh", "Linear(..., ...)"]) == {}
    dead = ["Linear(..., 8)", "ReLU", "Threshold(1000, 0)", "Linear(..., ..., bias=False)"]
    assert {"T712", "T713"} & set(found(model=dead))
    assert (
        found(model=["Linear(..., 8)", "ReLU", "Linear(..., ...)", "Sigmoid"], loss="BCEWithLogitsLoss")["H502"]
        == "error"
    )


def test_unscaled_columns_are_told_with_the_line_to_write() -> None:
    rows = frame().with_columns((pl.col("x1") * 40_000 + 90_000).alias("x1"))
    told = [d for d in modelwright.check(rows, target="y", scale="none") if d.code == "D108"]
    assert [d.help for d in told] == ["scale: StandardScaler"]
    assert told[0].where.key == "model"
    assert not [d for d in modelwright.check(rows, target="y") if d.code == "D108"]


def test_an_error_of_the_dry_run_leaves_no_run_folder(tmp_path: Path) -> None:
    dead = ["Linear(..., 8)", "ReLU", "Threshold(1000, 0)", "Linear(..., ..., bias=False)"]
    with pytest.raises(modelwright.ModelwrightError, match="T71"):
        modelwright.train(frame(), target="y", model=dead, runs=tmp_path / "runs", **SMALL)
    assert not (tmp_path / "runs").exists()
    modelwright.train(frame(), target="y", model=dead, runs=tmp_path / "runs", dry_run=False, **SMALL)


def test_ignored_codes_are_ignored_and_shown() -> None:
    dead = ["Linear(..., 8)", "ReLU", "Threshold(1000, 0)", "Linear(..., ..., bias=False)"]
    told = modelwright.check(frame(), target="y", model=dead, ignore=["T712", "T713"])
    assert not [d for d in told if d.code.startswith("T71")]
    assert set(told.receipt.ignored) & {"T712", "T713"}


def test_the_command_tells_the_dry_run_and_can_leave_it_out(tmp_path: Path) -> None:
    import subprocess

    file = tmp_path / "a.csv"
    frame().write_csv(file)
    words = [
        sys.executable,
        "-m",
        "modelwright",
        "train",
        str(file),
        "train.epochs=1",
        "--runs",
        str(tmp_path / "runs"),
    ]
    shown = [
        subprocess.run([*words, *more], capture_output=True, text=True, check=False).stdout
        for more in ([], ["--no-dry-run"])
    ]
    assert "dry run  " in shown[0] and "dry run" not in shown[1]


def test_what_was_tried_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    request = request_for(frame(), target="y", description=SMALL)
    dataset = read_dataset(request.description, request.base, request.frame)
    assembly = assemble(prepare(dataset, splits(dataset)[0]))
    monkeypatch.setattr(remembered, "LONG", 0.0)
    monkeypatch.setattr(remembered, "_key", lambda *_: "now")
    remembered.folder().mkdir(parents=True, exist_ok=True)
    for name, days in (("old", 31), ("new", 29)):
        path = remembered.folder() / f"{name}.json"
        path.write_text("{}")
        then = time.time() - days * 86_400
        os.utime(path, (then, then))
    remembered.remembered(assembly.plan, dataset.description, lambda: dry_run(assembly))
    kept = {path.name for path in remembered.folder().iterdir()}
    assert {"new.json", "now.json"} <= kept and "old.json" not in kept
