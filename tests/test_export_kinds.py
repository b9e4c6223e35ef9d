"""`modelwright export` of pictures, texts, sequences, forecasts and own modules: ONNX Runtime answers as the model."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from tokenizers import Tokenizer

import modelwright
from modelwright import RunError
from modelwright.cli import run as command
from modelwright.data.columns import Examples
from modelwright.model.pictures import Geometry
from modelwright.ship.export import export_onnx, export_torch, run_onnx, session_of
from modelwright.ship.media_model import feeds
from modelwright.ship.prove import TOLERANCE, apart, asked_rows
from modelwright.ship.resizing import Resizing
from own_nets import SimpleCNN
from pictures import classes, folders, mnist_like, shades
from scripts import repeated
from test_forecasting import hourly
from test_script import table
from test_script_pictures import FAST, LAYERS
from test_script_sequences import messages, ts, waves


class ThreeCNN(SimpleCNN):
    """The textbook's class for three classes."""

    def __init__(self) -> None:
        super().__init__(num_classes=3)


CONV = ["Embedding(..., 8)", "Permute((0, 2, 1))", "Conv1d(..., 4, 3, padding=1)", "ReLU", "Permute((0, 2, 1))", "Mean"]
LOAD: dict[str, Any] = {"target": "load", "ignore": ["E801"], "data": {"time": "t", "window": 12, "horizon": 3}}
NET = """from torch import nn


class Net(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.line = nn.Linear(in_features, out_features)

    def forward(self, x):
        return self.line(x)
"""
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "table": ("trees", {"target": "kind"}),
    "pictures": ("mnist", {"model": LAYERS, "transform": "Normalize(0.1307, 0.3081)"}),
    "cropped": ("mnist", {"model": "cnn(widths=[4])", "transform": ["CenterCrop(6)", "Pad(1)", "ToTensor"]}),
    "resized": ("mnist", {"model": LAYERS, "transform": ["Resize((13, 6))", "ToTensor"]}),
    "resized, bicubic": ("pets", {"model": LAYERS, "transform": ["Resize(5, interpolation='bicubic')", "ToTensor"]}),
    "grey": ("pets", {"model": LAYERS, "transform": ["Grayscale", "Pad(1, padding_mode='reflect')", "ToTensor"]}),
    "mirrored": ("mnist", {"model": LAYERS, "evaluate": {"mirror": True}}),
    "resnet": ("mnist", {"model": "resnet(width=4, wider=[8], more=0)", "train": FAST | {"seeds": 2}}),
    "own": ("mnist", {"model": ThreeCNN}),
    "bag": ("text", {"target": "label"}),
    "transformer": ("text", {"target": "label", "model": "transformer(d_model=8, nhead=2, dim_feedforward=8)"}),
    "text conv": ("text", {"target": "label", "model": [*CONV, "Linear(..., ...)"]}),
    "gru": ("ts", {"model": "gru(hidden_size=4)"}),
    "lstm": ("ts", {"model": "lstm(hidden_size=4, bidirectional=True, pool=Max)"}),
    "patches": ("ts", {"model": "transformer(d_model=8, nhead=2, dim_feedforward=8, patch_size=4)"}),
    "ragged": ("long", {"target": "kind", "data": {"series": "id", "time": "at"}, "model": "gru(hidden_size=4)"}),
    "forecast": ("load", {**LOAD, "model": "linear"}),
    "all": ("load", {**LOAD, "target": "all", "model": "linear(trend=5)"}),
    "forecast gru": ("load", {**LOAD, "model": "gru(hidden_size=4)"}),
}


def data(folder: Path) -> dict[str, Path]:
    """Write small data of each kind."""
    every = shades(120)
    paths = {"mnist": mnist_like(folder / "mnist", every[:90], every[90:])}
    paths["pets"] = folders(folder / "pets", shades(60, 3), classes(60))
    for name in ("text", "long", "load", "trees"):
        paths[name] = folder / f"{name}.csv"
    messages().write_csv(paths["text"])
    waves(ragged=True).write_csv(paths["long"])
    hourly().write_csv(paths["load"])
    table().drop("owner", "w").write_csv(paths["trees"])
    paths["ts"] = folder / "waves.ts"
    paths["ts"].write_text(ts(waves()))
    return paths


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    paths = data(folder)
    return {
        case: modelwright.train(paths[name], runs=folder / "runs", report=False, **{"train": FAST, **given}).path
        for case, (name, given) in CASES.items()
    }


def loaded(case: str, runs: dict[str, Path]) -> modelwright.Model:
    return modelwright.load(runs[case], model=ThreeCNN if case == "own" else None)


def only(rows: Examples, row: int) -> Examples:
    return Examples(rows.frame[row : row + 1], rows.media)


@pytest.mark.parametrize("case", [case for case in CASES if case != "table"])
def test_onnx_answers_as_the_model(case: str, runs: dict[str, Path], tmp_path: Path) -> None:
    model = loaded(case, runs)
    made = export_onnx(model, runs[case], tmp_path / "model.onnx", {})
    assert made.apart <= TOLERANCE
    content = made.file.read_bytes()
    rows = asked_rows(model, runs[case])
    session = session_of(content)
    (one,) = session.get_inputs()
    facts = json.loads(session.get_modelmeta().custom_metadata_map["modelwright"])
    assert facts["inputs"][0]["name"] == one.name and one.shape[0] == "batch" == facts["inputs"][0]["shape"][0]
    each = np.concatenate([run_onnx(content, model, only(rows, row)) for row in range(len(rows))])
    assert apart(model.plan, model.answers_to(rows), each) <= TOLERANCE  # any number of rows at once
    predicted = session.run(["prediction"], feeds(model, rows))[0]
    if model.plan.forecast is not None:
        wide = () if len(model.plan.outputs.targets) == 1 else (len(model.plan.outputs.targets),)
        assert predicted.shape == (len(rows), 3, *wide)
    else:
        chosen = model.predict_proba(rows).argmax(1)
        assert predicted.tolist() == [model.plan.outputs.classes[place] for place in chosen]


@pytest.mark.parametrize("how", ["bilinear", "bicubic", "nearest"])
@pytest.mark.parametrize("size", [(8, 8), (7, 12), (24, 33), (48, 5)])
def test_resized_bytes_are_the_same(how: str, size: tuple[int, int]) -> None:
    pictures = torch.randint(0, 256, (200, 3, 16, 24), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    plain = Geometry([f"Resize({size}, interpolation={how!r})"])
    assert torch.equal(Resizing(plain, (3, 16, 24))(pictures)[0], plain(pictures)[0])  # halves lie between two bytes


@pytest.mark.parametrize("case", ["table", "pictures", "bag", "gru", "forecast", "net"])
def test_script_and_onnx_come_from_one_run(
    case: str, runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = None
    if case == "net":  # a class in a file beside the description
        monkeypatch.chdir(tmp_path)
        Path("net.py").write_text(NET)
        table().drop("owner", "w").write_csv("rows.csv")
        given: dict[str, Any] = {"target": "kind", "model": "net.py:Net", "train": FAST}
        path, own = modelwright.train("rows.csv", runs=tmp_path / "runs", **given).path, runpy.run_path("net.py")["Net"]
    else:
        path = runs[case]
    repeated(modelwright.Run(path, own), tmp_path / "plain.py")
    model = modelwright.load(path, model=own)
    made = export_onnx(model, path, tmp_path / "model.onnx", {})
    assert made.apart <= TOLERANCE and made.rows > 1


def test_a_text_is_cut_into_tokens_by_what_the_file_carries(runs: dict[str, Path], tmp_path: Path) -> None:
    model = loaded("bag", runs)
    content = export_onnx(model, runs["bag"], tmp_path / "model.onnx", {}).file.read_bytes()
    session = session_of(content)
    known = json.loads(session.get_modelmeta().custom_metadata_map["modelwright"])["inputs"][0]
    tokenizer, length = Tokenizer.from_str(known["tokenizer"]), known["shape"][1]
    texts = ["free prize now", "see you at dinner, dear"]
    numbers = np.zeros((2, length), dtype=np.int64)
    for row, found in enumerate(tokenizer.encode_batch(texts)):
        numbers[row, : len(found.ids)] = found.ids
    found = session.run(["probabilities"], {"text": numbers})[0]
    np.testing.assert_allclose(found, model.predict_proba(texts), atol=1e-6)


@pytest.mark.parametrize("case", ["pictures", "bag", "gru", "forecast", "own"])
def test_torch_programs(case: str, runs: dict[str, Path], tmp_path: Path) -> None:
    model = loaded(case, runs)
    made = export_torch(model, runs[case], tmp_path / "model.pt2", {})
    extra = {"schema.json": ""}
    program = torch.export.load(made.file, extra_files=extra).module()
    (array,) = feeds(model, only(asked_rows(model, runs[case]), 0)).values()
    assert made.apart <= TOLERANCE and len(program(torch.from_numpy(array))) == 1
    assert json.loads(extra["schema.json"])["arguments"][0]["shape"][0] == "batch"


@pytest.mark.parametrize("case", ["pictures", "bag", "gru", "forecast"])
def test_the_command_with_weights_of_8_bits(
    case: str, runs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small.onnx"
    assert command(["export", str(runs[case]), "--int8", str(small), "--onnx", str(tmp_path / "plain.onnx")]) == 0
    said = capsys.readouterr().err
    assert "before" in said and "1 array in" in said
    onnx.checker.check_model(str(small))


def test_an_own_class_is_asked_for(runs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["export", str(runs["own"]), "--onnx", str(tmp_path / "model.onnx")]) == 1
    assert "your own class `ThreeCNN`" in capsys.readouterr().err and not (tmp_path / "model.onnx").exists()


def test_a_cohort_of_other_vocabularies_is_refused(tmp_path: Path) -> None:
    messages().write_csv(tmp_path / "text.csv")
    split = {"folds": 3}
    run = modelwright.train(tmp_path / "text.csv", target="label", split=split, train=FAST, runs=tmp_path, report=False)
    with pytest.raises(RunError, match="other tokens"):
        export_onnx(modelwright.load(run.path), run.path, tmp_path / "model.onnx", {})
