"""What reports say of a first convolution over time, and of forecasts by the models of a cohort."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import modelwright
from modelwright.report.sections.patterns import answers, begin, first
from modelwright.run.handle import Run
from reports import WAYS, blocks_of, made


def members(kind: str) -> list[Run]:
    """Return the runs of a cohort's models."""
    return [Run(path) for path in sorted((made(kind).path / "members").iterdir())]


def test_errors_by_step_of_a_cohort_are_the_means_of_its_models() -> None:
    block = blocks_of(made("seeds"))["horizon"]
    wanted = np.mean([one.result.steps for one in members("seeds")], axis=0)
    assert len(members("seeds")) == 4
    np.testing.assert_allclose([row[1] for row in block["table"]["rows"]], wanted, rtol=1e-5)
    assert block["table"]["columns"][1] == "mean of the models" and "4 models" in block["note"]


def test_forecasts_of_a_cohort_are_the_means_of_the_seeds_of_the_fold_that_was_not_trained_on_them() -> None:
    run, frame = made("seeds"), WAYS["seeds"]()["source"]
    block = blocks_of(run)["forecasts"]
    rows = block["table"]["rows"]
    assert len(rows) == 4 * len(block["plots"]) and "mean of 2 models" in block["note"]
    folds = [[one for one in members("seeds") if one.plan.split.fold == fold] for fold in (1, 2)]
    for at in range(0, len(rows), 4):
        start, given = int(rows[at][0]), [row[4] for row in rows[at : at + 4]]
        told = [[model.predict(frame[:start])["prediction"].to_list() for model in seeds] for seeds in folds]
        assert any(np.mean(each, axis=0).tolist() == pytest.approx(given, rel=1e-4) for each in told)
        assert frame["y"][start : start + 4].to_list() == pytest.approx([row[3] for row in rows[at : at + 4]])


def test_the_band_holds_the_forecasts_of_all_seeds() -> None:
    low, high, *rest = blocks_of(made("seeds"))["forecasts"]["plots"][0]["traces"]
    forecast = next(trace for trace in rest if trace["name"] == "forecast")
    assert high["fill"] == "tonexty"
    assert bool((np.array(low["y"]) <= np.array(forecast["y"])).all())
    assert bool((np.array(forecast["y"]) <= np.array(high["y"])).all())


def test_kernels_over_time_are_drawn_beside_the_steps_they_answer_to() -> None:
    run = made("waves")
    block = blocks_of(run)["patterns"]
    assert block["kind"] == "gallery" and "4 kernels of 2 channels × 5 steps" in block["title"]
    assert [len(row["pictures"]) for row in block["rows"]] == [2] * 4
    weights = next(each for name, each in run.model.module.state_dict().items() if each.ndim == 3)
    told = {row[0]: row[1] for row in block["table"]["rows"]}
    wanted = [float(each.norm()) for each in weights]
    assert [told[f"kernel {at + 1}"] for at in range(4)] == pytest.approx(wanted, rel=1e-5)


def test_kernels_over_words_are_told_by_the_passages_they_answer_to() -> None:
    block = blocks_of(made("phrases"))["patterns"]
    assert block["kind"] == "listing" and "2 tokens" in block["title"]
    assert len(block["table"]["rows"]) == 6
    passages = [passage for row in block["table"]["rows"] for passage in row[1].split(" · ")]
    assert all(1 <= len(passage.split()) <= 2 for passage in passages)
    assert sum("good" in passage for passage in passages) >= 3  # the word that decides


def told_of(layer: nn.Conv1d, x: torch.Tensor, lengths: list[int]) -> list[Any]:
    """Return what is said of a convolution over padded sequences `[N, T, C]`."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.layer((x * mask[..., None]).movedim(2, 1))

    mask = torch.arange(x.shape[1]) < torch.tensor(lengths)[:, None]
    learner: Any = SimpleNamespace(core=Net(), inputs=(x, mask))
    found = answers(SimpleNamespace(of_texts=False), learner, layer)  # pyright: ignore[reportArgumentType]
    assert found is not None
    return found


@pytest.mark.parametrize(
    "settings", [{}, {"padding": 1}, {"padding": "same"}, {"stride": 2}, {"dilation": 2, "padding": "same"}]
)
def test_the_place_of_the_largest_answer_is_where_the_passage_stands(settings: dict[str, Any]) -> None:
    layer = nn.Conv1d(1, 1, 3, bias=False, **settings)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[[1.0, -1.0, 1.0]]]))
    x, step = torch.zeros(2, 12, 1), settings.get("dilation", 1)
    x[1, [4, 4 + step, 4 + 2 * step], 0] = torch.tensor([1.0, -1.0, 1.0])
    x[0, 8:, 0] = 9.0  # padding
    (one,) = told_of(layer, x, [7, 12])
    assert one.places == [(1, 4, 3.0)] and one.strength == pytest.approx(3**0.5)


def test_padding_does_not_count_among_the_steps() -> None:
    layer = nn.Conv1d(1, 1, 1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(1.0)
    (one,) = told_of(layer, torch.ones(2, 10, 1), [4, 10])
    assert one.above == 1.0


@pytest.mark.parametrize(("padding", "at", "wanted"), [(0, 3, 3), (2, 0, -2), ("same", 0, -1)])
def test_where_a_kernel_begins_to_look(padding: Any, at: int, wanted: int) -> None:
    assert begin(nn.Conv1d(1, 1, 4, padding=padding), at) == wanted


def test_a_convolution_is_the_first_layer_unless_others_have_weights_before_it() -> None:
    conv = nn.Conv1d(2, 2, 3)
    assert first(nn.Sequential(nn.Embedding(3, 2), nn.BatchNorm1d(2), conv)) is conv
    assert first(nn.Sequential(nn.Linear(2, 2), conv)) is None


def test_a_network_of_ones_own_over_time_is_looked_at(tmp_path: Path) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.look = nn.Conv1d(2, 3, 3)
            self.out = nn.Linear(3, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.out(self.look(x.movedim(2, 1)).amax(2))

    x = np.random.default_rng(0).normal(size=(60, 12, 2)).astype(np.float32)
    y = [str(int(each[:, 0].max() > 1.8)) for each in x]
    run = modelwright.train(x, y, model=Net, train={"epochs": 1}, runs=tmp_path, report=True)
    assert "3 kernels of 2 channels × 3 steps" in blocks_of(run)["patterns"]["title"]
