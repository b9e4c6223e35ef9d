"""The examples that use an exported model answer raw rows: ONNX Runtime in Python, onnxruntime-web in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

import modelwright
from modelwright.ship.export import export_onnx
from pages import ROOT
from pictures import classes, folders, shades

WEB = "onnxruntime-web@1.30.0"
CACHE = Path.home() / ".cache" / "modelwright-tests" / WEB.replace("@", "-")
EXAMPLES = ROOT / "examples" / "onnx"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[modelwright.Model, Path, Path]:
    """A model of words, numbers with gaps and a date; its ONNX file; rows with gaps and an unseen word."""
    folder = tmp_path_factory.mktemp("onnx")
    birds = pl.read_csv(ROOT / "examples/penguins/penguins.csv", null_values="NA")
    dates = pl.date(2007, 1, 1) + pl.duration(days=pl.int_range(birds.height) * 3)
    birds = birds.with_columns(seen=dates).drop("year")
    run = modelwright.train(birds, target="species", model="mlp(hidden=[8])", train={"epochs": 5}, runs=folder)
    file = folder / "model.onnx"
    export_onnx(run.model, run.path, file, {})
    rows = [dict(row) for row in birds.gather_every(50).drop("species").iter_rows(named=True)]
    rows[1]["island"] = "an island nobody knows"
    rows = [{name: str(value) if name == "seen" else value for name, value in row.items()} for row in rows]
    rows[2].pop("seen")
    (folder / "rows.json").write_text(json.dumps(rows))
    return run.model, file, folder / "rows.json"


def expected(model: modelwright.Model, rows: Path) -> list[str]:
    frame = pl.DataFrame(json.loads(rows.read_text()), infer_schema_length=None)
    answers = model.predict(frame.with_columns(pl.col("seen").str.to_date()))
    return [
        f"{row[0]:<10} " + "  ".join(f"{value:.4f}" for value in row[1:])
        for row in answers.select("prediction", pl.col("^probability_.*$")).iter_rows()
    ]


def test_python(exported: tuple[modelwright.Model, Path, Path]) -> None:
    model, file, rows = exported
    command = [sys.executable, str(EXAMPLES / "use_onnx.py"), str(file), str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == expected(model, rows)


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], list[str], Path]:
    """Pictures, what a model says of them, and its ONNX file; they are made smaller as they are decoded."""
    folder = tmp_path_factory.mktemp("pictures")
    place = folders(folder / "pets", shades(60, 3), classes(60))
    layers = ["Conv2d(..., 4, 3)", "ReLU", "Flatten", "Linear(..., ...)"]
    given: dict[str, Any] = {"transform": ["Resize((6, 6))", "Normalize(0.5, 0.5)"], "train": {"epochs": 5}}
    run = modelwright.train(place, model=layers, runs=folder, **given)
    export_onnx(run.model, run.path, folder / "model.onnx", {})
    files = [sorted((place / name).iterdir())[0] for name in ("cat", "dog", "owl")]
    answers = [run.model.predict(str(file)).row(0, named=True) for file in files]
    said = [
        f"{file.name}: {row['prediction']:<10} "
        + "  ".join(f"{value:.4f}" for name, value in row.items() if name.startswith("probability_"))
        for file, row in zip(files, answers, strict=True)
    ]
    return files, said, folder / "model.onnx"


def test_python_of_pictures(seeing: tuple[list[Path], list[str], Path]) -> None:
    files, said, model = seeing
    command = [sys.executable, str(EXAMPLES / "use_onnx_pictures.py"), str(model), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == said


def test_javascript_of_pictures(seeing: tuple[list[Path], list[str], Path], tmp_path: Path) -> None:
    files, said, model = seeing
    plain = [tmp_path / f"{file.stem}.ppm" for file in files]  # Node neither decodes nor resizes
    for file, place in zip(files, plain, strict=True):
        Image.open(file).resize((6, 6), Image.Resampling.BILINEAR).save(place)
    assert in_node("use_onnx_pictures.mjs", tmp_path, model, *plain) == [one.replace(".png", ".ppm") for one in said]


def test_javascript(exported: tuple[modelwright.Model, Path, Path], tmp_path: Path) -> None:
    model, file, rows = exported
    assert in_node("use_onnx.mjs", tmp_path, file, rows) == expected(model, rows)


def in_node(name: str, folder: Path, *given: Path) -> list[str]:
    """Return what an example prints under Node; the test is skipped where Node is not installed."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("Node and npm are not installed")
    if not (CACHE / "node_modules" / "onnxruntime-web").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        words = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(CACHE), WEB]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    (folder / "node_modules").symlink_to(CACHE / "node_modules")
    script = shutil.copy(EXAMPLES / name, folder)
    done = subprocess.run([node, script, *map(str, given)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
