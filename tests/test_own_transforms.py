"""Transforms without a counterpart: torchvision's own objects, and functions of one picture; called one by one."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import modelwright
from modelwright import DataError, RunError, SpecError
from modelwright.api import request_for
from modelwright.model.per_picture import changed, draws
from modelwright.run.events import Started
from modelwright.run.request import Stop
from modelwright.run.session import Interrupted
from modelwright.run.start import start
from modelwright.spec.handed import apart
from modelwright.spec.torchvision import PerPicture, as_texts
from modelwright.training.augment.calls import Calls
from modelwright.training.augment.noise import uniform


def like(kind: str, **attributes: Any) -> Any:
    """An object as torchvision makes it."""
    return type(kind, (), {"__module__": "torchvision.transforms.transforms", **attributes})()


RANDOM = np.random.default_rng(0)
X = RANDOM.integers(0, 256, (80, 8, 8), dtype=np.uint8)
Y = (X.mean((1, 2)) > 127).astype(int)
COMMON: dict[str, Any] = {"model": ["Flatten", "Linear(..., ...)"], "train": {"epochs": 2, "batch_size": 16}}


def darker(picture: Image.Image) -> Image.Image:
    """A function of a picture, as users write them."""
    return picture.point(lambda value: value // 2)


def noisy(picture: Image.Image) -> Image.Image:
    """One that draws from all three generators."""
    pixels = np.asarray(picture, dtype=np.int64) + np.random.randint(0, 9) + random.randrange(9)
    return Image.fromarray(((pixels + int(torch.randint(9, ()))) % 256).astype(np.uint8))


class Perspective:
    """Stands in for an object of torchvision's that has no counterpart."""

    def __call__(self, picture: Any) -> Any:
        return noisy(picture)


Perspective.__module__, Perspective.__name__ = "torchvision.transforms.transforms", "RandomPerspective"


def bytes_of(pictures: np.ndarray) -> Tensor:
    return torch.from_numpy(pictures[:, None] if pictures.ndim == 3 else pictures)


@pytest.mark.parametrize(
    ("given", "function"),
    [
        ("image", darker),
        ("image", lambda picture: np.asarray(picture) // 2),
        ("bytes", lambda x: x // 2),
        ("numbers", lambda x: (x * 255 // 2) / 255),
    ],
)
def test_each_picture_is_given_as_asked_and_comes_back_as_bytes(given: Any, function: Any) -> None:
    expected = bytes_of(X // 2)
    assert torch.equal(changed(PerPicture(function, given), bytes_of(X)), expected)
    colours = RANDOM.integers(0, 256, (3, 3, 4, 5), dtype=np.uint8)
    assert torch.equal(changed(PerPicture(function, given), bytes_of(colours)), bytes_of(colours // 2))


def test_noise_is_a_function_of_seed_epoch_and_row_and_leaves_the_generators_alone() -> None:
    one, x = Calls(PerPicture(noisy)), bytes_of(X)
    rows = torch.arange(len(X))
    torch.manual_seed(5)
    state = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    first = one(x, uniform(0, 3, rows, 1, one.draws))
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    assert torch.equal(state[0], after[0]) and state[1:] == after[1:]
    torch.rand(3), random.random(), np.random.rand()
    backwards = one(x.flip(0), uniform(0, 3, rows.flip(0), 1, one.draws)).flip(0)
    assert torch.equal(first, backwards)
    assert not torch.equal(first, one(x, uniform(0, 4, rows, 1, one.draws)))
    shifts = (first.int() - x.int()) % 256
    assert len({int(shift.flatten()[0]) for shift in shifts}) > 10  # no two rows alike, but by chance
    assert draws(PerPicture(noisy), x) and not draws(PerPicture(darker), x)


def test_a_function_is_done_once_before_the_model_and_asked_for_again(tmp_path: Path) -> None:
    compose = like("Compose", transforms=[darker, like("ToTensor"), like("Normalize", mean=[0.25], std=[0.15])])
    run = modelwright.train(X, Y, transform=compose, runs=tmp_path / "a", **COMMON)
    expected = modelwright.train(X // 2, Y, transform="Normalize(0.25, 0.15)", runs=tmp_path / "b", **COMMON)
    assert run.history == expected.history and run.score == expected.score
    np.testing.assert_array_equal(run.predict(X), expected.predict(X // 2))
    assert "`darker` changed 80 pictures, one by one" in (run.path / "checks.json").read_text()
    with pytest.raises(RunError, match="pictures that `darker` had changed") as caught:
        modelwright.load(run.path).predict(X)
    assert caught.value.diagnostics[0].help == "modelwright.load(run, transform=[darker])"
    for loaded in (modelwright.load(run.path, transform=[darker]), modelwright.Run(run.path, transform=compose)):
        np.testing.assert_array_equal(loaded.predict(X), run.predict(X))


def test_folders_of_several_sizes_are_resized_and_cut_as_the_list_says(tmp_path: Path) -> None:
    for number, pixels in enumerate(X):
        place = tmp_path / "photos" / ("dark", "light")[Y[number]]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).resize((8 + number % 2, 8)).save(place / f"{number}.png")

    def halved(picture: Image.Image) -> Image.Image:
        assert picture.size == (10, 10)
        return picture.resize((6, 6))

    steps = ["Resize((10, 10))", halved, "CenterCrop(4)"]
    run = modelwright.train(tmp_path / "photos", transform=steps, runs=tmp_path / "runs", **COMMON)
    assert run.plan.inputs[0].shape == (1, 4, 4)
    answers = run.predict(str(tmp_path / "photos"))
    assert answers.height == len(X) and "file" in answers.columns


def test_random_objects_are_augmentation_and_a_stopped_run_ends_as_the_straight_one(tmp_path: Path) -> None:
    keys, own = apart({**COMMON, "transform": [Perspective(), like("Normalize", mean=[0.5], std=[0.25])]})
    assert keys["augment"] == ["python:RandomPerspective"] and list(own) == ["augment[0]"]
    asked = request_for(X, Y, description={**keys, "train": {"epochs": 4, "batch_size": 16}}, own=own)

    def through(stop_after: int) -> Path:
        stop, path = Stop(), tmp_path
        try:
            for event in start(replace(asked, stop=stop), tmp_path, "run"):
                path = event.path if isinstance(event, Started) else path
                stop_after -= isinstance(event, dict)
                stop.asked = stop_after == 0
        except Interrupted:
            pass
        return path

    straight, stopped = through(99), through(2)
    assert not (stopped / "score.json").exists()
    with pytest.raises(SpecError, match="handed over in Python, and is not here now"):
        modelwright.resume(stopped)
    modelwright.resume(stopped, transform=[Perspective()])
    for name in ("model.safetensors", "metrics.jsonl", "score.json"):
        assert (straight / name).read_bytes() == (stopped / name).read_bytes(), name


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (noisy, "gives another picture each time"),
        (lambda picture: 3, "gives no picture"),
        (lambda picture: np.asarray(picture) * 3.0, "gives numbers that are no colours"),
        (lambda picture: picture.resize((random.randrange(3, 30), 4)), "gives pictures of several shapes"),
        (lambda picture: picture.nonsense(), "AttributeError"),
        (["Normalize(0.5, 0.5)", darker], "stands behind `Normalize`"),
        (like("LinearTransformation"), "cannot be called with a picture"),
    ],
)
def test_what_is_no_transform_of_a_picture_is_told(transform: Any, expected: str, tmp_path: Path) -> None:
    with pytest.raises((SpecError, RunError, DataError)) as caught:
        modelwright.train(X, Y, transform=transform, runs=tmp_path / "runs", **COMMON)
    assert expected in str(caught.value) and not (tmp_path / "runs").exists()
    if not isinstance(transform, list) and "called" not in expected:
        assert caught.value.diagnostics[0].where.file == __file__


def test_one_that_changes_the_shape_in_training_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="changes the shape of pictures that the model takes"):
        modelwright.train(X, Y, augment=[lambda picture: picture.resize((4, 4))], runs=tmp_path / "runs", **COMMON)


def test_order_and_what_each_is_given_follow_from_the_list() -> None:
    first, second, third = (lambda x: x), (lambda x: x), (lambda x: x)
    listed = [first, like("PILToTensor"), second, like("ToDtype", dtype="torch.float32"), third]
    found = as_texts({"transform": listed})["transform"]
    assert [one.given for one in found] == ["image", "bytes", "numbers"]
    assert [one.function for one in found] == [first, second, third]
    assert as_texts({"augment": [first, "RandomHorizontalFlip"]})["augment"][1] == "RandomHorizontalFlip"
