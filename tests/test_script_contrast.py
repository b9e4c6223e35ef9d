"""`modelwright script` of contrastive runs: each script, run, ends with the bits of its run: losses and weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import modelwright
from contrasts import clusters, questions
from modelwright.run.handle import Run
from pictures import classes, folders, mnist_like, shades, table_of_paths
from scripts import repeated, repeats

SETTINGS: dict[str, Any] = {"ignore": ["E801", "L214", "E804"], "dry_run": False}
OWN_NETS = Path(__file__).with_name("own_nets.py")
FAST = {"epochs": 2}
ROWS: dict[str, dict[str, Any]] = {
    "views": {"target": "kind", "task": "contrastive", "split": {"stratify": False}},
    "views, embedded": {"task": "contrastive", "encode": {"category": "Embedding"}, "scale": "QuantileTransformer"},
    "labels": {"target": "kind", "contrastive": {"positives": "labels"}},
    "labels, corrupted": {"target": "kind", "contrastive": {"positives": "labels", "corrupt": 0.2}},
    "hardest": {"target": "kind", "contrastive": {"positives": "labels"}, "loss": "TripletMarginLoss(margin=0.3)"},
    "odd width": {
        "task": "contrastive",
        "contrastive": {"embedding": 10},
        "loss": "InfoNCE(temperature=0.1)",
        "train": FAST | {"batch_size": 17},
    },
    "labels, mean rank": {
        "target": "kind",
        "contrastive": {"positives": "labels"},
        "evaluate": {"metric": "mean_rank"},
        "train": FAST | {"batch_size": 17},
    },
    "alignment": {"task": "contrastive", "evaluate": {"metric": "alignment"}},
    "uniformity": {"task": "contrastive", "evaluate": {"metric": "uniformity"}, "optimizer": "SGD(lr=0.1)"},
}
PAIR = ["question", "answer"]
SIDES: dict[str, dict[str, Any]] = {
    "two networks": {"contrastive": {"pairs": PAIR, "projection": 8}},
    "one network": {"contrastive": {"pairs": PAIR, "shared": True}, "scheduler": "OneCycleLR(max_lr=0.01)"},
    "triplets": {"contrastive": {"triplets": [*PAIR, "wrong"]}},
    "a text and numbers": {"contrastive": {"pairs": ["question", ["size", "age"]]}},
    "numbers": {"contrastive": {"pairs": ["size", "age"], "shared": True}, "train": FAST | {"accumulate": 3}},
    "two of numbers": {"contrastive": {"pairs": [["size"], ["age"]]}, "train": FAST | {"batch_size": 31}},
    "views of a text": {"task": "contrastive", "data": {"drop": ["answer", "wrong", "size", "age"]}},
    "attention": {"contrastive": {"pairs": PAIR}, "model": "transformer(d_model=8, nhead=2, dim_feedforward=8)"},
}
PICTURES: dict[str, dict[str, Any]] = {
    "views": {"task": "contrastive", "model": "cnn(widths=[4])", "contrastive": {"projection": 8}},
    "crops": {"task": "contrastive", "model": "cnn(widths=[4])", "augment": ["RandomCrop(8, padding=2)"]},
    "labels": {"contrastive": {"positives": "labels"}, "model": "linear", "augment": ["RandomResizedCrop(8)"]},
}


@pytest.mark.parametrize("case", ROWS)
def test_rows_of_a_table(case: str, tmp_path: Path) -> None:
    clusters().write_csv(tmp_path / "rows.csv")
    text = repeats(tmp_path / "rows.csv", tmp_path, **SETTINGS, **{"train": FAST, **ROWS[case]})
    assert "class Contrast(nn.Module)" in text


@pytest.mark.parametrize("case", SIDES)
def test_columns_that_belong_together(case: str, tmp_path: Path) -> None:
    questions().write_csv(tmp_path / "rows.csv")
    repeats(tmp_path / "rows.csv", tmp_path, **SETTINGS, **{"train": FAST, **SIDES[case]})


@pytest.mark.parametrize("case", PICTURES)
def test_pictures(case: str, tmp_path: Path) -> None:
    place = folders(tmp_path / "pets", shades(90), classes(90))
    text = repeats(place, tmp_path, **SETTINGS, **{"train": FAST, **PICTURES[case]})
    assert "def views(epoch, rows, *inputs):" in text


def test_a_class_of_ones_own(tmp_path: Path) -> None:
    """In a file, as the encoder of two views, and as that of both sides, each of its own size."""
    (tmp_path / "own_nets.py").write_text(OWN_NETS.read_text())
    description = {"task": "contrastive", "model": "own_nets.py:SimpleCNN", "augment": ["RandomCrop(8, padding=1)"]}
    place = folders(tmp_path / "pets", shades(90), classes(90))
    run = described(tmp_path, {"data": {"path": str(place)}, "train": FAST, **description})
    assert run.plan.contrast is not None and run.plan.contrast.embedding == 10
    questions().write_csv(tmp_path / "rows.csv")
    pairs = {"contrastive": {"pairs": [["size", "age"], ["age"]]}, "model": "own_nets.py:MLP"}
    run = described(tmp_path, {"data": {"path": "rows.csv"}, "train": FAST, **pairs})
    second = run.plan.contrast.second if run.plan.contrast is not None else None
    assert second is not None and second.layers == ("own_nets.py:MLP(in_features=1, out_features=64)",)


def described(folder: Path, description: dict[str, Any]) -> Run:
    """Train from a file, repeat the run by its script, and return it."""
    file = folder / "own.yaml"
    file.write_text(json.dumps(description))
    run = modelwright.train(file, runs=folder / "runs", ignore=SETTINGS["ignore"])
    repeated(run, folder / "train.py")
    return run


def test_more_rows_than_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("modelwright.run.contrast", "modelwright.script.comparing"):
        monkeypatch.setattr(f"{module}.MOST_JUDGED", 5)
    for module in ("modelwright.run.contrast_score", "modelwright.script.comparing"):
        monkeypatch.setattr(f"{module}.MOST_SCORED", 20)
    every = shades(120)
    place = mnist_like(tmp_path / "mnist", every[:90], every[90:])
    text = repeats(place, tmp_path, task="contrastive", model="linear", train=FAST, **SETTINGS)
    assert "# 5 of them" in text


@pytest.mark.parametrize("shared", [False, True])
def test_pictures_that_match_by_their_names(shared: bool, tmp_path: Path) -> None:
    for name, pictures in (("left", shades(40)), ("right", 255 - shades(40))):
        folders(tmp_path / "rows", pictures, [name] * 40)
    (tmp_path / "rows" / "left" / "00007.png").unlink()
    given: dict[str, Any] = {
        "contrastive": {"pairs": ["left", "right"], "shared": shared},
        "transform": "Resize((6, 6))",
    }
    repeats(tmp_path / "rows", tmp_path, model="cnn(widths=[4])", train=FAST, **SETTINGS, **given)


@pytest.mark.parametrize("first", ["picture", "words"])
def test_pictures_and_their_texts(first: str, tmp_path: Path) -> None:
    table = pl.read_csv(table_of_paths(tmp_path / "rows", shades(40), classes(40)))
    words = pl.col("label").replace({"cat": "a dark cat", "dog": "some dog between", "owl": "one bright owl there"})
    table.select(picture="file_name", words=words).write_csv(tmp_path / "rows" / "rows.csv")
    pairs = ["picture", "words"] if first == "picture" else ["words", "picture"]
    given: dict[str, Any] = {"contrastive": {"pairs": pairs}, "data": {"columns": {"words": "text"}}}
    repeats(tmp_path / "rows" / "rows.csv", tmp_path, train=FAST, **SETTINGS, **given)
