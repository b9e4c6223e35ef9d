"""Reports of pictures, texts, sequences and forecasts: their numbers are those of the run's files and of the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.numpy import load_file
from torch import Tensor, nn

import modelwright
from modelwright.cli import run as command
from modelwright.report.build import build
from modelwright.report.evidence import Evidence
from pictures import classes, shades
from reports import OTHERS, WAYS, blocks_of, made, report_of

LEARNED = {
    "pictures": ("kernels", "maps", "occlusion", "confused", "errors"),
    "colours": ("kernels", "maps", "occlusion", "confused"),
    "texts": ("tokens", "vocabulary", "attention", "attention-2"),
    "windows": ("forecasts", "horizon", "importance", "gates", "lag"),
    "sequences": ("importance", "gates", "lag"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_kind_has_its_sections_and_they_are_filled(kind: str) -> None:
    blocks = blocks_of(made(kind))
    for name in LEARNED[kind]:
        assert blocks[name]["kind"] in ("figure", "gallery", "passages"), blocks[name]
    assert "surface" in blocks and "dependence" not in blocks


@pytest.mark.parametrize("kind", OTHERS)
def test_the_report_of_a_kind_can_be_made_again(kind: str) -> None:
    run = made(kind)
    before = report_of(run)
    assert command(["report", str(run.path)]) == 0
    assert report_of(run) == before


@pytest.mark.parametrize("kind", OTHERS)
def test_the_page_of_a_run_that_goes_on_has_no_empty_figures(kind: str) -> None:
    report = build(Evidence(run="r", plan=made(kind).plan, history=made(kind).history, running=True))
    blocks = [block for chapter in report["chapters"] for each in chapter["sections"] for block in each["blocks"]]
    assert "loss" in [block.get("id") for block in blocks]
    assert "missing" not in [block["kind"] for block in blocks]


def test_errors_by_step_are_those_of_the_score_file() -> None:
    run = made("windows")
    block = blocks_of(run)["horizon"]
    np.testing.assert_allclose([row[1] for row in block["table"]["rows"]], run.result.steps, rtol=1e-6)
    at = block["table"]["columns"].index("last value")
    told = next(each for each in run.result.baselines if each.name == "last value")
    squares = np.array([row[at] for row in block["table"]["rows"]]) ** 2
    assert np.sqrt(squares.mean()) == pytest.approx(told.value, rel=1e-6)  # every step has as many windows


def test_forecasts_are_those_of_the_model_and_the_truth_is_that_of_the_table() -> None:
    run, frame = made("windows"), WAYS["windows"]()["source"]
    rows = blocks_of(run)["forecasts"]["table"]["rows"]
    for first in range(0, len(rows), 4):
        begins, name = rows[first][0].removesuffix(")").split(" (")
        series = frame.filter(pl.col("of") == name)
        start = int(begins)
        assert [row[3] for row in rows[first : first + 4]] == pytest.approx(series["y<b>"][start : start + 4].to_list())
        told = run.predict(series[:start])
        given = [row[4] for row in rows[first : first + 4]]
        numbers = told.select(pl.selectors.float()).to_numpy().reshape(-1)
        assert numbers[-4:] == pytest.approx(given, rel=1e-4)


def test_the_channel_that_matters_is_found() -> None:
    worth = [row[0] for row in blocks_of(made("windows"))["importance"]["table"]["rows"]]
    assert worth == ["y<b>", "side"]
    assert blocks_of(made("sequences"))["importance"]["table"]["rows"][0][0] == "channel 1"


def test_gates_have_a_step_for_each_step_of_a_row() -> None:
    traces = blocks_of(made("sequences"))["gates"]["plots"][0]["traces"]
    steps = [len(trace["y"]) for trace in traces]
    assert len(set(steps)) == 1 and 8 <= steps[0] < 20


def test_the_word_that_decides_is_found() -> None:
    run = made("texts")
    blocks = blocks_of(run)
    assert run.score.value > 0.9
    rows = blocks["vocabulary"]["table"]["rows"]
    sign = 1 if rows[0][1] == "<i>up" else -1
    assert max(rows, key=lambda row: sign * row[2])[0] == "good"
    marked = [
        (token, mark)
        for passage in blocks["tokens"]["passages"]
        for token, mark in zip(passage["tokens"], passage["marks"], strict=True)
    ]
    assert all(mark * sign > 0 for token, mark in marked if token == "good" and mark)
    assert any(abs(mark) >= 2 for token, mark in marked if token == "good")


def test_what_flows_through_a_model_of_texts_is_all_of_a_text() -> None:
    run = made("phrases")
    tokens = run.plan.inputs[0].tokens
    (told,) = [step for step in blocks_of(run)["flow"]["steps"] if step["call"].startswith("Embedding")]
    assert tokens is not None and told["output"] == [tokens.length, 8]


def test_the_rows_of_a_map_of_attention_sum_to_one() -> None:
    plot: dict[str, Any] = blocks_of(made("texts"))["attention"]["plots"][0]["traces"][0]
    np.testing.assert_allclose(np.sum(plot["z"], axis=1), 1, atol=2e-3)


def test_confused_pictures_are_those_of_the_confusion_matrix() -> None:
    run = made("pictures")
    blocks = blocks_of(run)
    counts = {(row[0], row[1]): row[2] for row in blocks["confusion"]["table"]["rows"] if row[0] != row[1]}
    found = {}
    for row in blocks["confused"]["rows"]:
        truth, given = row["label"].split("`")[1::2]
        found[truth, given] = len(row["pictures"])
        assert all(f"truth {truth}, answer {given}" in picture["alt"] for picture in row["pictures"])
    assert found and found == {pair: min(8, count) for pair, count in counts.items()}


@pytest.mark.parametrize(("kind", "channels"), [("pictures", 1), ("colours", 3)])
def test_the_strength_of_a_kernel_is_the_norm_of_its_weights(kind: str, channels: int) -> None:
    run = made(kind)
    weights = next(each for each in load_file(run.path / "model.safetensors").values() if each.ndim == 4)
    assert weights.shape[1] == channels
    told = {row[0]: row[1] for row in blocks_of(run)["kernels"]["table"]["rows"]}
    wanted = np.sqrt((weights.astype(np.float64) ** 2).sum((1, 2, 3)))
    assert [told[f"kernel {at + 1}"] for at in range(len(weights))] == pytest.approx(wanted.tolist(), rel=1e-5)


def test_pictures_from_files_are_told_by_their_file() -> None:
    alts = [picture["alt"] for row in blocks_of(made("colours"))["errors"]["rows"] for picture in row["pictures"]]
    assert alts and all(".png" in alt for alt in alts)


class Net(nn.Module):
    """A network as one writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(1, 4, 3)
        self.out = nn.Linear(4 * 36, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.relu(self.look(x)).flatten(1))


def test_the_layers_of_a_class_of_ones_own_are_looked_at_by_their_names(tmp_path: Path) -> None:
    pictures, names = shades(60)[:, 0], classes(60)
    run = modelwright.train(pictures, names, model=Net, train={"epochs": 1}, runs=tmp_path, report=True)
    blocks = blocks_of(run)
    assert "`look: Conv2d` → 4×6×6" in [row["label"] for row in blocks["maps"]["rows"]]
    assert len(blocks["kernels"]["rows"][0]["pictures"]) == 4
