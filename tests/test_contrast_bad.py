"""What cannot be compared is refused before anything is written, with the key and a fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import modelwright
from contrasts import clusters, questions
from modelwright.errors import ModelwrightError
from modelwright.verbs.nearest import nearest

PAIRS = ["question", "answer"]


@pytest.mark.parametrize(
    ("code", "key", "says", "description"),
    [
        ("F006", "contrastive", "no column `anser`", {"contrastive": {"pairs": ["question", "anser"]}}),
        (
            "Y007",
            "contrastive.triplets",
            "belongs together",
            {"contrastive": {"pairs": PAIRS, "triplets": [*PAIRS, "wrong"]}},
        ),
        ("Y007", "contrastive.shared", "without effect", {"contrastive": {"shared": True}}),
        ("Y007", "contrastive.second", "one network", {"contrastive": {"second": "mlp", "positives": "views"}}),
        ("Y007", "contrastive.pairs", "equally many", {"contrastive": {"pairs": [PAIRS, "wrong"], "shared": True}}),
        ("Y007", "contrastive.positives", "no target", {"contrastive": {"positives": "labels"}}),
        ("Y007", "data.target", "regression", {"contrastive": {"positives": "labels"}, "data": {"target": "size"}}),
        ("Y007", "data.target", "is compared", {"contrastive": {"pairs": PAIRS}, "data": {"target": "answer"}}),
        ("Y007", "data.weight", "without effect", {"task": "contrastive", "data": {"weight": "size"}}),
        ("Y007", "train.class_weight", "no class", {"task": "contrastive", "train": {"class_weight": "balanced"}}),
        ("H504", "loss", "SupCon", {"contrastive": {"pairs": PAIRS}, "loss": "SupCon"}),
        ("H504", "loss", "MSELoss", {"task": "contrastive", "loss": "MSELoss"}),
        ("H504", "evaluate.metric", "rmse", {"task": "contrastive", "evaluate": {"metric": "rmse"}}),
        ("Y003", "loss", "temperature", {"task": "contrastive", "loss": "NTXent(temperature=-1)"}),
        ("F005", "contrastive", "different kinds", {"contrastive": {"pairs": ["question", "size"], "shared": True}}),
    ],
)
def test_refused(code: str, key: str, says: str, description: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ModelwrightError) as error:
        modelwright.train(questions(), runs=tmp_path / "runs", **description)
    found = [each for each in error.value.diagnostics if each.code == code]
    assert found, error.value.diagnostics
    assert found[0].where.key == key and says in f"{found[0].message} {found[0].received}"
    assert found[0].help or found[0].expected
    assert not (tmp_path / "runs").exists()


def test_sequences_have_no_views(tmp_path: Path) -> None:
    walks = np.random.default_rng(0).normal(size=(40, 6, 2)).astype(np.float32)
    with pytest.raises(ModelwrightError) as error:
        modelwright.train(walks, ["a", "b"] * 20, task="contrastive", runs=tmp_path)
    (found,) = error.value.diagnostics
    assert found.code == "H510" and "pairs" in found.help


def test_mixed_rows_are_no_views(tmp_path: Path) -> None:
    from pictures import shades

    with pytest.raises(ModelwrightError) as error:
        modelwright.train(shades(40)[:, 0], ["a", "b"] * 20, task="contrastive", augment=["MixUp"], runs=tmp_path)
    assert error.value.diagnostics[0].where.key == "augment"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> modelwright.Run:
    folder = tmp_path_factory.mktemp("bad")
    clusters(80).write_csv(folder / "rows.csv")
    settings: dict[str, Any] = {"train": {"epochs": 1}, "ignore": ["E801", "L214"], "target": "kind", "dry_run": False}
    return modelwright.train(folder / "rows.csv", task="contrastive", runs=folder / "runs", **settings)


def test_nearest_on_the_command_line(run: modelwright.Run, tmp_path: Path) -> None:
    from modelwright.cli import app

    query = run.path.parent.parent / "rows.csv"
    command = ["nearest", str(run.path), str(query), "-k", "2", "-o", str(tmp_path / "near.csv")]
    assert CliRunner().invoke(app, command).exit_code == 0
    found = pl.read_csv(tmp_path / "near.csv")
    assert found.columns[:4] == ["query", "rank", "row", "similarity"] and found.height == 160
    trained = found.filter((pl.col("rank") == 1) & (pl.col("query") == pl.col("row")))
    assert trained.height == run.plan.split.rows[0]  # each training row is its own nearest
    assert trained["similarity"].min() == pytest.approx(1.0, abs=1e-5)


def test_a_model_alone_needs_rows_to_look_among(run: modelwright.Run) -> None:
    query = str(run.path.parent.parent / "rows.csv")
    with pytest.raises(ModelwrightError) as error:
        nearest(run.path / "model.safetensors", query, 5, None, "-")
    assert error.value.diagnostics[0].help == "--among FILE"


def test_rows_without_a_column_are_refused(run: modelwright.Run) -> None:
    with pytest.raises(ModelwrightError) as error:
        run.nearest(clusters(3).drop("x1", "kind"))
    assert error.value.diagnostics[0].code == "F009"


def test_other_tasks_have_no_embeddings(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"train": {"epochs": 1}, "ignore": ["E801", "L214"], "dry_run": False}
    run = modelwright.train(clusters(80), target="kind", runs=tmp_path, **settings)
    with pytest.raises(TypeError, match="no embeddings"):
        run.embed(clusters(2))
    with pytest.raises(ModelwrightError) as error:
        nearest(run.path, "rows.csv", 5, None, "-")
    assert error.value.diagnostics[0].code == "Y007"
