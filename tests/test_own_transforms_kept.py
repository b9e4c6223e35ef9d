"""Transforms of the user's own: what is refused, what each is given again, and how much memory they take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import modelwright
from modelwright import DataError, ModelwrightError, RunError
from modelwright.model.per_picture import changed
from modelwright.ship import changed as shipped
from modelwright.spec.torchvision import PerPicture
from test_contrast_pictures import table, train

X = np.random.default_rng(0).integers(0, 256, (80, 8, 8), dtype=np.uint8)
Y = (X.mean((1, 2)) > 127).astype(int)
COMMON: dict[str, Any] = {"model": ["Flatten", "Linear(..., ...)"], "train": {"epochs": 2, "batch_size": 16}}


def darker(picture: Image.Image) -> Image.Image:
    return picture.point(lambda value: value // 2)


@pytest.mark.parametrize("shift", [200, -200])
def test_whole_numbers_that_are_no_bytes_are_refused(shift: int) -> None:
    pictures = torch.from_numpy(X[:2, None])
    for function in (
        lambda x: np.asarray(x).astype(np.int64) + shift,
        lambda x: np.asarray(x).astype(np.int16) + shift,
    ):
        with pytest.raises(RunError, match="gives whole numbers that are no bytes"):
            changed(PerPicture(function), pictures)


def test_a_function_is_given_again_what_it_was_given_in_training(tmp_path: Path) -> None:
    def half(x: torch.Tensor) -> torch.Tensor:
        return x / 2

    to_tensor = type("ToTensor", (), {"__module__": "torchvision.transforms.transforms"})()
    run = modelwright.train(X, Y, transform=[to_tensor, half], runs=tmp_path, **COMMON)
    assert run.plan.data.options["given"] == ["numbers"]
    loaded = modelwright.load(run.path, transform=[half])
    np.testing.assert_array_equal(loaded.predict(X), run.predict(X))


def test_a_generator_of_its_own_is_told_before_training(tmp_path: Path) -> None:
    own = np.random.default_rng()

    def noise(picture: Image.Image) -> np.ndarray:
        return (np.asarray(picture) // 2 + own.integers(0, 90, (8, 8))).astype(np.uint8)

    with pytest.raises(ModelwrightError, match="`noise` draws from a generator of its own"):
        modelwright.train(X, Y, augment=[noise], runs=tmp_path / "runs", **COMMON)
    assert not list((tmp_path / "runs").glob("*/model.safetensors"))


def test_pictures_that_do_not_fit_into_memory_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = ["Resize((16, 16))", PerPicture(darker)]
    assert shipped.through(X[:, None], steps, np.arange(80)).shape == (80, 1, 16, 16)
    monkeypatch.setattr(shipped, "free_bytes", lambda: 2 * 80 * 256 - 1.0)
    with pytest.raises(DataError, match="80 pictures do not fit into memory"):
        shipped.through(X[:, None], steps, np.arange(80))


def test_blocks_of_other_shapes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def grown(picture: Image.Image) -> Image.Image:
        seen.append(1)
        return picture.resize((8, 8 if len(seen) <= 40 else 9))

    monkeypatch.setattr(shipped, "AT_ONCE", 40)
    with pytest.raises(RunError, match="gives pictures of several shapes"):
        shipped.through(X[:, None], [PerPicture(grown)], np.arange(80))


def test_every_column_of_pictures_is_changed_in_training_and_in_new_rows(tmp_path: Path) -> None:
    photos, drawings = X[:60, None], 255 - X[:60, None]
    answers: list[np.ndarray] = []
    for name, halves, steps in (("a", 1, [darker]), ("b", 2, [])):
        place = tmp_path / name
        place.mkdir()
        file = table(place, {"photo": photos // halves, "drawing": drawings // halves}, "parquet")
        transform = {"transform": [*steps, "Normalize(0.25, 0.15)"]}
        run = train(file, place, contrastive={"pairs": ["photo", "drawing"], "embedding": 8}, **transform)
        answers.append(run.predict(str(file)).select("^embedding_.*$").to_numpy())
        loaded = modelwright.load(run.path, transform=steps or None)
        np.testing.assert_array_equal(loaded.predict(str(file)).select("^embedding_.*$").to_numpy(), answers[-1])
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-6)
