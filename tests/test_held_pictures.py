"""Pictures beside one another in Python: dicts of arrays and rows that are pairs; and predicting from what was trained
on, a tensor, a data set, a loader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import modelwright
from modelwright import ModelwrightError
from modelwright.data.datasets import read_held
from modelwright.data.images.several import below_one_another
from modelwright.data.row_arrays import side_by_side
from modelwright.run.handle import Run
from pictures import shades

ROWS = 60
LEFT, RIGHT = shades(ROWS), 255 - shades(ROWS)
PAIRS: dict[str, Any] = {"contrastive": {"pairs": ["left", "right"], "embedding": 8}}
SETTINGS: dict[str, Any] = {"ignore": ["E801", "L214", "E804", "L204"], "report": False, "dry_run": False}


class Rows(Dataset[Any]):
    """Rows as a function gives them."""

    def __init__(self, row: Callable[[int], Any], rows: int = ROWS) -> None:
        self.row, self.rows = row, rows

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, index: int) -> Any:
        return self.row(index)


def train(rows: Any, folder: Path, y: Any = None, **settings: Any) -> Run:
    given = {"model": "cnn(widths=[4])", "train": {"epochs": 3, "batch_size": 16}, **SETTINGS, **settings}
    return modelwright.train(rows, y, runs=folder, **given)


def floats(pictures: np.ndarray) -> torch.Tensor:
    """Return pictures as `ToTensor` and `Normalize(0.5, 0.5)` make them."""
    return (torch.from_numpy(pictures).float() / 255 - 0.5) / 0.5


def test_a_dict_of_pictures_has_two_networks_and_is_what_a_data_set_of_dicts_is(tmp_path: Path) -> None:
    run = train({"left": LEFT, "right": RIGHT}, tmp_path, **PAIRS)
    assert run.plan.contrast is not None and run.plan.contrast.second is not None
    both = run.predict({"left": LEFT, "right": RIGHT})
    assert both.shape == (ROWS, 16)
    alone = run.predict({"right": RIGHT[:5]})
    np.testing.assert_allclose(alone.to_numpy(), both.to_numpy()[:5, 8:], atol=1e-6)
    found = run.nearest({"left": LEFT[:4]}, {"right": RIGHT}, k=3)
    assert found.columns == ["query", "rank", "row", "similarity"] and found.height == 12

    class Encoder(nn.Module):
        def __init__(self, in_channels: int, out_features: int) -> None:
            super().__init__()
            self.net = nn.Sequential(
                nn.Conv2d(in_channels, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, out_features)
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.net(x)

    rows = Rows(lambda index: {"left": torch.from_numpy(LEFT[index]), "right": torch.from_numpy(RIGHT[index])})
    again = train(rows, tmp_path, **PAIRS)
    assert again.predict(rows).equals(both)
    shared = train(rows, tmp_path, model=Encoder, contrastive={**PAIRS["contrastive"], "shared": True})
    assert shared.predict(rows).shape == (ROWS, 16)
    own = train(rows, tmp_path, model=Encoder, **PAIRS)
    assert own.plan.contrast is not None and own.plan.contrast.second is not None
    loaded = modelwright.load(own.path, model=Encoder)
    assert own.predict(rows).equals(loaded.predict(rows))
    sides = own.predict(np.stack([LEFT[0]])), own.predict({"right": LEFT[:1]}).to_numpy()
    assert not np.allclose(*sides, atol=1e-3), "each side has weights of its own"


def test_a_pair_of_pictures_is_no_picture_with_its_answer(tmp_path: Path) -> None:
    rows = Rows(lambda index: (floats(LEFT[index]), floats(RIGHT[index])))
    run = train(rows, tmp_path, contrastive={"pairs": ["x", "y"], "embedding": 8})
    assert run.plan.inputs[0].transform[-1].startswith("Normalize(")
    bytes_too = run.predict({"x": LEFT, "y": RIGHT})
    assert np.abs(run.predict(rows).to_numpy() - bytes_too.to_numpy()).max() < 1e-6
    with pytest.raises(ModelwrightError, match=r"pictures have no labels.*pairs': \['x', 'y'\]"):
        train(rows, tmp_path)


def test_pictures_stand_beside_words_numbers_and_a_target_that_is_asked_for_afterwards(tmp_path: Path) -> None:
    dark = LEFT.mean((1, 2, 3)) < 127
    words = np.where(dark, "a dark one", "a light one here")
    run = train({"image": LEFT, "caption": words}, tmp_path, contrastive={"pairs": ["image", "caption"]})
    assert run.predict({"caption": ["a dark one"]}).shape[0] == 1
    numbers = {"image": LEFT, "size": LEFT.reshape(ROWS, -1)[:, :2] / 255, "dark": dark.astype(int)}
    run = train(numbers, tmp_path, target="dark", contrastive={"pairs": ["image", ["size_1", "size_2"]]})
    assert "probe_accuracy" in run.result.scores
    assert run.predict({"size": np.zeros((3, 2))}).shape[0] == 3
    classified = train({"photo": LEFT, "label": words}, tmp_path)
    assert set(classified.model.classes) == set(words) and classified.plan.inputs[0].name == "photo"


def test_parts_are_told_apart(tmp_path: Path) -> None:
    parts = {"train": {"left": LEFT, "right": RIGHT}, "test": {"left": LEFT[:20], "right": RIGHT[:20]}}
    run = train(parts, tmp_path, **PAIRS)
    assert run.result.part == "test" and run.plan.split.rows[2] == 20
    whole = below_one_another([side_by_side(each) for each in parts.values()])
    assert whole.frame["right"].to_list() == list(range(80)) and np.array_equal(whole.media["left"][60:], LEFT[:20])
    parts["test"]["left"] = LEFT[:20, :, :6]
    with pytest.raises(ModelwrightError, match="are not alike"):
        train(parts, tmp_path, **PAIRS)


def test_parts_have_columns_of_the_same_names_and_kinds(tmp_path: Path) -> None:
    size = np.arange(ROWS) % 7
    parts = {
        "train": {"photo": LEFT, "size": size, "y": size % 2},
        "test": {"y": size % 2, "photo": LEFT, "size": size / 2},
    }
    whole = read_held(parts, None).inputs.frame
    assert whole.columns == ["photo", "size", "y"] and whole["size"].to_list() == [*size, *(size / 2)]
    for wrong, said in (({"size": size.astype(str)}, "String"), ({"sizes": size}, "'sizes': 'number'")):
        test = {"photo": LEFT, "y": size % 2, **wrong}
        with pytest.raises(ModelwrightError, match=f"are not alike.*received: train: .'size': 'number'.*{said}"):
            train({"train": parts["train"], "test": test}, tmp_path, target="y")


def test_one_hot_sequences_of_tensors_are_those_of_arrays(tmp_path: Path) -> None:
    """Zeros and ones look like black and white: only pictures are bytes again."""
    codes = np.random.default_rng(0).integers(0, 4, (ROWS, 12))
    steps, y = np.eye(4, dtype=np.float32)[codes], np.where((codes == 0).sum(1) > 2, "many", "few")
    run = train(steps, tmp_path, y, model="gru(hidden_size=4)", train={"epochs": 1})
    tensor = torch.from_numpy(steps)
    for given in (tensor, Rows(lambda index: (tensor[index], 0))):
        assert run.plan.inputs[0].encoding == "steps"
        np.testing.assert_array_equal(run.model.answers(given), run.model.answers(steps))
    again = train(tensor, tmp_path, y, model="gru(hidden_size=4)", train={"epochs": 1})
    np.testing.assert_array_equal(again.model.answers(steps), run.model.answers(steps))
    with pytest.raises(ModelwrightError, match="`left` has 2 axes a row, and only pictures"):
        train({"left": tensor, "size": np.arange(ROWS)}, tmp_path, y)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"left": LEFT, "right": RIGHT[:50]}, "different numbers of rows; received: left 60, right 50"),
        (
            {"left": LEFT, "right": np.random.default_rng(0).normal(size=(ROWS, 8, 3))},
            "`right` has 2 axes a row, and only pictures",
        ),
        ({"left": LEFT, "right": np.zeros((ROWS, 7, 8, 8), np.uint8)}, "axes of `right` are not those of pictures"),
        (
            {"left": torch.from_numpy(LEFT) / 255, "right": floats(RIGHT)},
            "normalised in different ways.*`left`: none, `right`: Normalize",
        ),
    ],
)
def test_what_does_not_fit_together_is_told_by_its_name(rows: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelwrightError, match=said):
        train(rows, tmp_path, **PAIRS)


def test_one_network_wants_one_shape(tmp_path: Path) -> None:
    shared = {"contrastive": {**PAIRS["contrastive"], "shared": True}}
    with pytest.raises(ModelwrightError, match=r"of different shapes.*fix: make the arrays alike"):
        train({"left": LEFT, "right": RIGHT[:, :, :6, :6]}, tmp_path, **shared)
    assert train({"left": LEFT, "right": RIGHT[:, :, :6, :6]}, tmp_path, **PAIRS).score.value >= 0


def test_a_model_takes_what_it_was_trained_on(tmp_path: Path) -> None:
    light = (LEFT.mean((1, 2, 3)) > 127).astype(int)
    rows = Rows(lambda index: (floats(LEFT[index]), light[index]))
    run = train(rows, tmp_path)
    answers = run.predict(rows)["prediction"].to_list()
    shuffled: DataLoader[Any] = DataLoader(rows, batch_size=7, shuffle=True)
    assert run.predict(shuffled)["prediction"].to_list() == answers
    for given in (floats(LEFT), floats(LEFT).numpy(), LEFT):
        assert run.predict(given).tolist() == answers
    bright = np.clip(LEFT, 128, 255)  # these are bytes behind `ToTensor` alone as well
    assert np.array_equal(run.model.answers(floats(bright)), run.model.answers(bright))


def test_a_dict_of_wide_arrays_and_tensors_is_taken_apart_as_in_training(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(ROWS, 3)).astype(np.float32), rng.normal(size=ROWS).astype(np.float32)
    run = train({"a": a, "b": b, "y": a[:, 0] + b}, tmp_path, target="y", model="linear")
    whole = run.predict(pl.DataFrame({"a_1": a[:, 0], "a_2": a[:, 1], "a_3": a[:, 2], "b": b}))
    assert run.predict({"a": a, "b": b}).equals(whole)
    assert run.predict({"a": torch.from_numpy(a), "b": torch.from_numpy(b)}).equals(whole)
    plain = train(torch.from_numpy(a), tmp_path, torch.from_numpy(b), model="linear")
    assert isinstance(plain.predict(torch.from_numpy(a)), np.ndarray)
    data = Rows(lambda index: (a[index], b[index]))
    assert plain.predict(data)["prediction"].to_list() == plain.predict(a).tolist()
