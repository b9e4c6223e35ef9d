"""From a description to the plan of pictures: transforms filled in, defaults with reasons, and what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelwright.errors import SpecError
from modelwright.plan.pictures import moments
from modelwright.plan.plan import Plan
from modelwright.run.prepare import prepare, read_dataset, splits
from modelwright.spec import source
from pictures import classes, folders, shades


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures")
    folders(path / "grey", shades(60), classes(60))
    folders(path / "rgb", shades(60, 3, 12), classes(60))
    (path / "rows.csv").write_text("a,b\n" + "\n".join(f"{n * 7 % 11},{'xy'[n % 2]}" for n in range(60)))
    return path


def plan_of(place: Path, path: str = "grey", **keys: Any) -> Plan:
    dataset = read_dataset(source.from_mapping({"data": {"path": path}, **keys}), place)
    return prepare(dataset, splits(dataset)[0]).plan


def test_defaults_have_reasons_and_the_plan_comes_back(place: Path) -> None:
    plan = plan_of(place)
    (column,) = plan.inputs
    assert (column.encoding, column.shape, plan.recipe) == ("pixels", (1, 8, 8), "cnn")
    assert column.transform[0] == "ToTensor" and column.transform[1].startswith("Normalize((0.")
    assert "42 training pictures" in plan.why["transform"] or "training pictures" in plan.why["transform"]
    for key in ("augment", "model", "train.epochs", "train.batch_size"):
        assert plan.why[key]
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_normalize_takes_the_training_pictures_alone() -> None:
    array = shades(30, 3)
    rows = np.array([1, 5, 7])
    mean, std, count = moments(array, rows)
    chosen = array[rows] / 255
    assert count == 3
    assert mean == pytest.approx(chosen.mean((0, 2, 3)), abs=6e-5)
    assert std == pytest.approx(chosen.std((0, 2, 3)), abs=6e-5)
    grey, _, _ = moments(array, rows, grey=True)
    assert grey[0] == pytest.approx((chosen * [[[0.2989]], [[0.587]], [[0.114]]]).sum(1).mean(), abs=6e-5)


@pytest.mark.parametrize(
    ("transform", "shape", "calls"),
    [
        ("Normalize(0.5, 0.25)", (3, 12, 12), ["ToTensor", "Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))"]),
        ("ToTensor", (3, 12, 12), ["ToTensor"]),
        (["Pad(2)", "transforms.ToTensor()"], (3, 16, 16), ["Pad(2)", "ToTensor"]),
        (
            ["Grayscale", "Normalize((0.5,), (0.5,))"],
            (1, 12, 12),
            ["Grayscale", "ToTensor", "Normalize((0.5,), (0.5,))"],
        ),
        ("transforms.Compose([transforms.CenterCrop(8), transforms.ToTensor()])", (3, 8, 8), ["ToTensor"]),
        (["Grayscale(3)", "Resize(6)", "ToTensor"], (3, 6, 6), ["Grayscale(3)", "Resize(6)", "ToTensor"]),
    ],
)
def test_transforms_are_filled_in(place: Path, transform: Any, shape: tuple[int, ...], calls: list[str]) -> None:
    (column,) = plan_of(place, "rgb", transform=transform).inputs
    assert column.shape == shape and list(column.transform) == calls


@pytest.mark.parametrize(
    ("path", "keys", "code", "words"),
    [
        ("grey", {"transform": "Normalise(0.5, 0.5)"}, "Y004", "Normalize"),
        ("grey", {"transform": ["Resize(0)"]}, "Y003", "size"),
        ("grey", {"transform": ["Normalize(0.5, 0.5)", "Pad(2)"]}, "Y007", "must stand before"),
        ("grey", {"transform": ["Normalize(0.5, 0.5)", "Normalize(0.5, 0.5)"]}, "Y007", "twice"),
        ("grey", {"transform": "Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))"}, "Y007", "1 channel"),
        ("grey", {"transform": "Normalize(0.5, 0)"}, "Y007", "cannot be 0"),
        ("grey", {"transform": "RandomCrop(8)"}, "Y004", "random transform"),
        ("grey", {"augment": "Resize(8)"}, "Y004", "transform"),
        ("grey", {"augment": "RandomCrop(9, padding=2)"}, "Y007", "RandomCrop(8, padding=2)"),
        ("grey", {"augment": "RandomCrop(8)"}, "Y007", "no effect"),
        ("grey", {"augment": "RandomRotation(10, expand=True)"}, "Y007", "expand"),
        ("grey", {"augment": "RandomErasing(ratio=(3, 0.3))"}, "Y007", "smaller first"),
        ("grey", {"augment": ["MixUp"], "loss": "MultiMarginLoss"}, "Y007", "CrossEntropyLoss"),
        ("grey", {"augment": "RandomHorizontalFlip(p=2)"}, "Y003", "p"),
        ("grey", {"scale": "StandardScaler"}, "Y007", "without effect"),
        ("grey", {"encode": {"category": "OneHotEncoder"}}, "Y007", "without effect"),
        ("rows.csv", {"transform": "ToTensor"}, "Y007", "no pictures"),
        ("rows.csv", {"augment": "RandomHorizontalFlip"}, "Y007", "no pictures"),
        ("rows.csv", {"evaluate": {"mirror": True}}, "Y007", "no pictures"),
    ],
)
def test_what_does_not_fit_is_said(place: Path, path: str, keys: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        plan_of(place, path, **keys)
    told = " ".join(f"{found.code} {found.message} {found.help}" for found in caught.value.diagnostics)
    assert code in told and words in told, told


@pytest.mark.parametrize(
    ("layers", "code", "words"),
    [
        (["Conv2d(..., 4, 3)", "Flatten", "Linear(36, 3)"], "S303", ["4×6×6", "Linear(..., 3)"]),
        (["Conv2d(3, 4, 3)", "Flatten", "Linear(..., 3)"], "S301", ["1 channels", "Conv2d(..., 4, 3)"]),
        (["Conv2d(..., 4, 9)", "Flatten", "Linear(..., 3)"], "S303", ["kernel"]),
        (["Conv2d(..., 4, 3)", "Flatten", "Linear(..., 7)"], "S304", ["7", "3"]),
        (
            ["MaxPool2d(2)", "MaxPool2d(2)", "MaxPool2d(2)", "MaxPool2d(2)", "Flatten", "Linear(..., 3)"],
            "S303",
            ["span"],
        ),
    ],
)
def test_sizes_that_do_not_fit_get_the_arithmetic(place: Path, layers: list[str], code: str, words: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        plan_of(place, model=layers)
    found = next(each for each in caught.value.diagnostics if each.code == code)
    told = f"{found.message} {found.known} {found.help} {found.expected}"
    assert all(word in told for word in words), told


def test_the_textbook_network_fits_grey_and_colour(place: Path) -> None:
    model = [
        "Conv2d(..., 16, 3, padding=1)",
        "ReLU",
        "MaxPool2d(2)",
        "Conv2d(..., 32, 3, padding=1)",
        "ReLU",
        "MaxPool2d(2)",
    ]
    model += ["Flatten", "Linear(..., ...)"]
    assert plan_of(place, model=model).layers[-1] == "Linear(128, 3)"
    assert plan_of(place, "rgb", model=model).layers[0] == "Conv2d(3, 16, 3, padding=1)"
