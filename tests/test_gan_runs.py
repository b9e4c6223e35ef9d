"""Runs of GANs from description to sample: a table of modes, pictures, own networks, NaN, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

import modelwright
from modelwright.cli import run as command
from modelwright.errors import ModelwrightError, RunError
from modelwright.run.handle import Run
from pictures import shades

SMALL = {"generator": "mlp(hidden=[32])", "discriminator": "mlp(hidden=[32])"}


def mixture(rows: int = 1500) -> pl.DataFrame:
    """Eight narrow modes on a circle, which mode being a column too, with a few holes."""
    random = np.random.default_rng(0)
    mode = random.integers(8, size=rows)
    x, y = (2 * f(mode * np.pi / 4) + random.normal(size=rows) * 0.05 for f in (np.cos, np.sin))
    holes = pl.Series(y).set(pl.Series(random.random(rows) < 0.1), None)
    names = [f"m{one}" for one in mode]
    return pl.DataFrame({"x": x.round(3), "y": holes, "mode": names, "up": y > 0, "year": 2007 + mode % 3})


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("gan")
    train = {"epochs": 4, "seed": 3}
    return modelwright.train(
        mixture(), task="gan", data={"target": "mode"}, model=SMALL, train=train, runs=folder, name="mix", report=True
    )


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("gan")
    return modelwright.train(
        shades(80), task="gan", train={"epochs": 2, "batch_size": 16}, runs=folder, name="shades", report=True
    )


def test_a_table_comes_back_in_its_own_columns(table: Run) -> None:
    rows = table.sample(300, seed=1)
    assert rows.schema == mixture(10).schema
    assert set(rows["mode"].unique()) <= {f"m{one}" for one in range(8)} and rows["mode"].n_unique() > 2
    assert 0 < rows["y"].null_count() < 300
    assert rows["x"].min() >= mixture()["x"].min() and rows["x"].max() <= mixture()["x"].max()  # type: ignore[operator]
    assert rows[:20].equals(table.sample(20, seed=1))
    assert not rows[:20].equals(table.sample(20, seed=2))
    assert rows["x"].equals(rows["x"].round(3)) and not rows["y"].equals(rows["y"].round(3))
    assert set(rows["year"]) == {2007, 2008, 2009} and table.plan.inputs[-1].encoding == "one_hot"
    assert modelwright.load(table.path / "model.safetensors").sample(20, seed=1).equals(rows[:20])


def test_scores_have_intervals_baselines_and_a_ceiling(table: Run) -> None:
    scores, lead = table.result.scores, table.score
    assert {"frechet_distance", "told_apart", "coverage", "density", "closest_row", "column_distance"} <= set(scores)
    assert "classes_present" in scores
    for name in ("frechet_distance", "told_apart", "coverage", "density", "closest_row", "column_distance"):
        assert scores[name].low <= scores[name].value <= scores[name].high, name
    assert {one.name for one in table.result.baselines} == {"untrained", "independent columns"}
    assert "multiclass model of `mode`" in lead.note and "the training rows themselves" in lead.note
    facts = json.loads((table.path / "generated.json").read_text())
    assert set(facts["columns"]) == {"x", "y", "mode", "up", "year"} and sum(
        facts["classes"].values()
    ) == pytest.approx(1)


def test_samples_stand_in_the_run_folder(table: Run, drawn: Run) -> None:
    files = sorted(path.name for path in (table.path / "samples").iterdir())
    assert files == [f"epoch-000{number}.csv" for number in range(1, 5)]
    assert pl.read_csv(table.path / "samples" / files[-1]).columns == mixture(1).columns
    with Image.open(drawn.path / "samples" / "epoch-0002.png") as grid:
        assert grid.size[0] == 8 * (shades(1).shape[-1] + 2) - 2


def test_history_has_both_losses_and_the_score_of_each_epoch(table: Run) -> None:
    names = {"epoch", "loss", "discriminator_loss", "lr", "discriminator_lr", "validation_frechet_distance", "best"}
    assert all(set(record) == names for record in table.history)
    kept = min(table.history, key=lambda record: record["validation_frechet_distance"])
    assert [record["epoch"] for record in table.history if record["best"]][-1] == kept["epoch"]


def test_pictures_are_bytes(drawn: Run, tmp_path: Path) -> None:
    found = drawn.sample(5)
    assert found.dtype == np.uint8 and found.shape == (5, *drawn.plan.inputs[0].shape)
    assert command(["sample", str(drawn.path), "5", "-o", str(tmp_path / "five.npy")]) == 0
    assert np.array_equal(np.load(tmp_path / "five.npy"), found)
    assert command(["sample", str(drawn.path), "-o", str(tmp_path / "grid.png")]) == 0
    assert command(["sample", str(drawn.path), "-o", str(tmp_path / "grid.png")]) == 1, "a file that is there is kept"
    assert command(["sample", str(drawn.path), "3"]) == 1


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "jsonl"])
def test_rows_are_written_as_asked(table: Run, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"rows.{suffix}"
    assert command(["sample", str(table.path), "7", "-o", str(file), "--seed", "4"]) == 0
    readers: dict[str, Any] = {"csv": pl.read_csv, "parquet": pl.read_parquet, "jsonl": pl.read_ndjson}
    found = pl.read_csv(file, separator="\t") if suffix == "tsv" else readers[suffix](file)
    expected = table.sample(7, seed=4)
    assert found["mode"].to_list() == expected["mode"].to_list()
    assert found["x"].to_list() == pytest.approx(expected["x"].to_list())


def test_a_changed_file_is_refused(table: Run, tmp_path: Path) -> None:
    import safetensors

    file = table.path / "model.safetensors"
    with safetensors.safe_open(file, "pt") as opened:
        metadata = opened.metadata()
    tensors = load_file(file)
    tensors["layers.0.weight"] = tensors["layers.0.weight"] * 1.01
    save_file(tensors, tmp_path / "model.safetensors", metadata)
    with pytest.raises(RunError, match=r"layers\.0\.weight"):
        modelwright.load(tmp_path / "model.safetensors")


def test_the_report_has_one_section_of_it(table: Run, drawn: Run) -> None:
    for run in (table, drawn):
        report = json.loads((run.path / "report.json").read_text())
        sections = {one["id"]: one for chapter in report["chapters"] for one in chapter["sections"]}
        ids = {block.get("id") for block in sections["samples"]["blocks"]}
        assert {"samples", "both-losses", "score-by-epoch", "made-rows"} <= ids
        assert not {"surface", "confusion", "importance"} & set(sections)
        assert not [block for one in sections.values() for block in one["blocks"] if block["kind"] == "missing"]
        before = (run.path / "report.json").read_text()
        assert command(["report", str(run.path)]) == 0
        assert json.loads((run.path / "report.json").read_text())["chapters"] == json.loads(before)["chapters"]


def test_a_gan_answers_no_rows(table: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mixture(10).write_csv(tmp_path / "new.csv")
    assert command(["predict", str(table.path), str(tmp_path / "new.csv")]) == 1
    said = capsys.readouterr().err
    assert "sample" in said and "Traceback" not in said


def test_card_and_compare_tell_of_it(table: Run, drawn: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["card", str(table.path)]) == 0
    assert "Makes new rows of 5 columns" in capsys.readouterr().out
    assert command(["compare", str(table.path), str(drawn.path)]) == 0
    assert "frechet_distance" in capsys.readouterr().out


def test_other_runs_make_no_rows(tmp_path: Path) -> None:
    run = modelwright.train(mixture(80), target="mode", model="linear", train={"epochs": 1}, runs=tmp_path)
    with pytest.raises(RunError, match="makes no rows"):
        run.sample(3)
    assert command(["sample", str(run.path), "3"]) == 1


def test_a_loss_that_is_no_number_names_step_network_and_layer(tmp_path: Path) -> None:
    with pytest.raises(RunError) as error:
        modelwright.train(
            mixture(200),
            task="gan",
            model={**SMALL, "generator": ["Linear(..., 8)", "ReLU", "Linear(..., ...)"]},
            loss="Wasserstein(gradient_penalty=0)",
            optimizer={"generator": "SGD(lr=1e30)", "discriminator": "SGD(lr=1e30)"},
            train={"epochs": 3},
            runs=tmp_path,
        )
    (found,) = error.value.diagnostics
    assert found.code == "R005"
    assert "epoch 1, step" in found.message
    assert "layer `generator." in found.message or "layer `discriminator." in found.message


NETS = """
import torch
from torch import nn

class Generator(nn.Module):
    def __init__(self, latent_dim, out_features):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(latent_dim, 16), nn.ReLU(), nn.Linear(16, out_features))
    def forward(self, z):
        return self.net(z)

class Discriminator(nn.Module):
    def __init__(self, in_features, hidden=16):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU(), nn.Linear(hidden, 1))
    def forward(self, x):
        return self.net(x)

class Wide(Generator):
    def __init__(self, latent_dim, out_features):
        super().__init__(latent_dim, out_features + 1)
"""


def own(folder: Path, generator: str = "Generator") -> Path:
    (folder / "net.py").write_text(NETS)
    mixture(200).write_csv(folder / "mix.csv")
    file = folder / "own.yaml"
    file.write_text(
        "data: {path: mix.csv}\ntask: gan\nmodel:\n"
        f"  generator: net.py:{generator}\n  discriminator: net.py:Discriminator(hidden=8)\ntrain: {{epochs: 1}}\n"
    )
    return file


def test_networks_of_ones_own(tmp_path: Path) -> None:
    run = modelwright.train(own(tmp_path), runs=tmp_path / "runs")
    assert run.plan.layers == ("net.py:Generator(latent_dim=64, out_features=15)",)
    assert run.plan.gan is not None and run.plan.gan.discriminator == (
        "net.py:Discriminator(hidden=8, in_features=15)",
    )
    with pytest.raises(ModelwrightError, match="Y009"):
        modelwright.load(run.path)
    words = ["sample", str(run.path), "3", "-o", str(tmp_path / "three.csv")]
    assert command(words) == 1
    namespace: dict[str, Any] = {}
    exec(NETS, namespace)
    assert modelwright.load(run.path, namespace["Generator"]).sample(3).height == 3


def test_an_own_generator_of_the_wrong_width_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"the generator gives \(4, 16\)") as error:
        modelwright.train(own(tmp_path, "Wide"), runs=tmp_path / "runs")
    assert error.value.diagnostics[0].where.line == 4
    assert not (tmp_path / "runs").exists()


def test_networks_handed_over_in_python(tmp_path: Path) -> None:
    namespace: dict[str, Any] = {}
    exec(NETS, namespace)
    run = modelwright.train(
        mixture(200),
        task="gan",
        model={"generator": namespace["Generator"], "discriminator": namespace["Discriminator"]},
        train={"epochs": 1},
        runs=tmp_path,
    )
    assert run.sample(4).height == 4


def test_check_says_which_rules_cannot_look(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    mixture(200).write_csv(tmp_path / "mix.csv")
    (tmp_path / "mix.yaml").write_text("data: {path: mix.csv}\ntask: gan\n")
    assert command(["check", str(tmp_path / "mix.yaml")]) == 0
    assert "need one network with a target" in " ".join(capsys.readouterr().out.split())
    assert command(["show", str(tmp_path / "mix.yaml")]) == 0
    shown = capsys.readouterr().out
    assert "discriminator" in shown and "Wasserstein" in shown
