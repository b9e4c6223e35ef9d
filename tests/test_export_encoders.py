"""`modelwright export` of encoders (contrastive runs) and generators (GANs): what comes out is what the model gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import polars as pl
import pytest
import torch

import modelwright
from contrasts import clusters, questions
from modelwright.cli import run as command
from modelwright.model.noise import normal
from modelwright.ship.encoders import encoders
from modelwright.ship.export import run_onnx, session_of
from modelwright.ship.gan import GenerativeModel
from modelwright.ship.generator_export import run_generator
from modelwright.ship.prove import TOLERANCE
from pictures import classes, folders, shades
from test_gan_runs import SMALL, mixture
from test_script_contrast import SETTINGS

FAST = {"epochs": 1}
PAIR = ["question", "answer"]
ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    "rows": ("rows", {"task": "contrastive", "encode": {"category": "Embedding"}, "train": FAST | {"seeds": 2}}),
    "texts": ("texts", {"contrastive": {"pairs": PAIR}}),
    "one network": ("texts", {"contrastive": {"pairs": PAIR, "shared": True, "projection": 8}}),
    "a text and numbers": ("texts", {"contrastive": {"pairs": ["question", ["size", "age"]]}}),
    "pictures": ("pets", {"task": "contrastive", "model": "cnn(widths=[4])"}),
}
GENERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "quantiles": ("mixture", {"model": SMALL}),
    "standardised": ("mixture", {"model": SMALL, "scale": "StandardScaler"}),
    "uniform": ("mixture", {"model": SMALL, "scale": "QuantileTransformer(n_quantiles=50)"}),
    "pictures": ("pets", {"model": {"generator": "mlp(hidden=[8])", "discriminator": "mlp(hidden=[8])"}}),
}


def data(folder: Path) -> dict[str, Path]:
    """Write small data of each kind."""
    paths = {name: folder / f"{name}.csv" for name in ("rows", "texts", "mixture")}
    clusters(120).write_csv(paths["rows"])
    questions(120).write_csv(paths["texts"])
    mixture(300).write_csv(paths["mixture"])
    return paths | {"pets": folders(folder / "pets", shades(60, 3), classes(60))}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return data(tmp_path_factory.mktemp("data"))


def exported(run: Path, *words: str) -> int:
    return command(["export", str(run), *words])


@pytest.mark.parametrize("case", ENCODERS)
def test_encoders(case: str, places: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, given = ENCODERS[case]
    run = modelwright.train(places[name], runs=tmp_path, report=False, **SETTINGS, **{"train": FAST, **given})
    words = [word for kind in ("onnx", "torch", "int8") for word in (f"--{kind}", str(tmp_path / f"{kind}.onnx"))]
    assert exported(run.path, *words) == 0
    said = capsys.readouterr().err
    assert "rows answered as the model answers them" in said and "cosine similarity to the embeddings before" in said
    embedded = run.predict(places[name] if name != "pets" else str(places[name] / "cat"))
    for side, model in encoders(run.model).items():
        file = tmp_path / (f"onnx.{side}.onnx" if side else "onnx.onnx")
        rows = model.read(pl.read_csv(places[name]) if name != "pets" else str(places[name] / "cat"))
        found = run_onnx(file.read_bytes(), model, rows)
        columns = [one for one in embedded.columns if one.startswith(f"embedding_{side}_" if side else "embedding_")]
        wanted = embedded.select(columns).to_numpy()[:, : found.shape[1]]
        np.testing.assert_allclose(found, wanted, atol=TOLERANCE)
        facts = json.loads(session_of(file.read_bytes()).get_modelmeta().custom_metadata_map["modelwright"])
        assert facts["task"] == "contrastive" and facts["outputs"] == {"embedding": "embedding"}
        assert (tmp_path / file.name.replace("onnx", "int8", 1)).exists()


@pytest.mark.parametrize("case", GENERATORS)
def test_generators(case: str, places: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, given = GENERATORS[case]
    given = {**given, "data": {"drop": []}}
    run = modelwright.train(places[name], task="gan", runs=tmp_path, train=FAST, report=False, **given)
    file, program = tmp_path / "made.onnx", tmp_path / "made.pt2"
    assert exported(run.path, "--onnx", str(file), "--torch", str(program)) == 0
    assert "1 array in" in capsys.readouterr().err
    onnx.checker.check_model(str(file), full_check=True)
    model = run.model
    assert isinstance(model, GenerativeModel)
    width = session_of(file.read_bytes()).get_inputs()[0].shape[1]
    z = normal("sample", 300, width, seed=7).numpy()
    made, wanted = run_generator(file.read_bytes(), model, z), model.of_latents(z)
    assert np.array_equal(np.isnan(made), np.isnan(wanted))
    near = np.abs(np.nan_to_num(made - wanted)) <= TOLERANCE * model.slack
    assert near.mean() > 0.999  # a whole number that lies on the border of two may be rounded otherwise
    session = session_of(file.read_bytes())
    if case == "pictures":
        pictures = session.run(["pictures"], {"noise": z})[0]
        assert pictures.dtype == np.uint8 and np.abs(pictures.astype(int) - model.sample(300, 7)).max() <= 1
    else:
        words = session.run(["mode"], {"noise": z})[0]
        assert words.tolist() == model.sample(300, seed=7)["mode"].to_list()
    found = torch.export.load(program).module()(torch.from_numpy(z[:2]))
    assert len(found[0]) == 2


def test_a_generator_has_no_weights_of_8_bits(
    places: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = modelwright.train(places["mixture"], task="gan", runs=tmp_path, train=FAST, report=False, model=SMALL)
    assert exported(run.path, "--int8", str(tmp_path / "small.onnx")) == 1
    said = capsys.readouterr().err
    assert "a generator is not written with 8-bit weights" in said and "classifier" in said
    assert not (tmp_path / "small.onnx").exists()


def test_files_of_both_networks_are_kept(
    places: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"contrastive": {"pairs": PAIR}, "train": FAST}
    run = modelwright.train(places["texts"], runs=tmp_path, report=False, **SETTINGS, **given)
    (tmp_path / "model.answer.onnx").write_text("mine")
    assert exported(run.path, "--onnx", str(tmp_path / "model.onnx")) == 1
    assert "model.answer.onnx` is there already" in capsys.readouterr().err
    assert (tmp_path / "model.answer.onnx").read_text() == "mine" and not (tmp_path / "model.question.onnx").exists()
