"""torchvision's own transform objects through Python: written as the calls of a description, by name and attributes.

torchvision is no dependency: objects of the same modules, names and attributes stand in where it is not installed.
"""

from __future__ import annotations

import importlib.util
import inspect
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

import modelwright
from modelwright.spec.call import parse
from modelwright.spec.names import check
from modelwright.spec.signatures import names, signature
from modelwright.spec.torchvision import as_texts

HERE = importlib.util.find_spec("torchvision") is not None


class Mode(Enum):
    """torchvision's InterpolationMode."""

    BILINEAR = "bilinear"


def like(kind: str, home: str = "torchvision.transforms.transforms", **attributes: Any) -> Any:
    """An object as torchvision makes it."""
    return type(kind, (), {"__module__": home, **attributes})()


COMPOSE = like(
    "Compose",
    transforms=[
        like("RandomCrop", size=(8, 8), padding=2, pad_if_needed=False, fill=0, padding_mode="constant"),
        like("RandomHorizontalFlip", home="torchvision.transforms.v2._geometry", p=0.25),
        like("ToTensor"),
        like("Normalize", mean=[0.1307], std=[0.3081], inplace=False),
    ],
)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (COMPOSE.transforms[0], "RandomCrop(size=(8, 8), padding=2)"),
        (
            like("Resize", size=[8, 9], interpolation=Mode.BILINEAR, max_size=None, antialias="warn"),
            "Resize(size=(8, 9))",
        ),
        (
            like("RandomRotation", degrees=[-10.0, 10.0], center=None, fill=0, expand=False),
            "RandomRotation(degrees=(-10.0, 10.0))",
        ),
        (
            like("ColorJitter", brightness=[0.8, 1.2], contrast=None, saturation=None, hue=[-0.1, 0.1]),
            "ColorJitter(brightness=(0.8, 1.2), hue=(-0.1, 0.1))",
        ),
        (
            like("RandomAffine", degrees=[0.0, 0.0], translate=(0.1, 0.1), scale=None, shear=None, fill=0),
            "RandomAffine(degrees=(0.0, 0.0), translate=(0.1, 0.1))",
        ),
        (like("RandomErasing", p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False), "RandomErasing"),
        (
            like("Normalize", mean=np.array([0.5, 0.4, 0.3]), std=(0.1, 0.2, 0.3)),
            "Normalize(mean=(0.5, 0.4, 0.3), std=(0.1, 0.2, 0.3))",
        ),
    ],
)
def test_objects_become_calls_that_the_description_takes(one: Any, expected: str) -> None:
    found = as_texts({"transform": one, "loss": "auto"})
    ((key, texts),) = ((key, value) for key, value in found.items() if isinstance(value, list))
    assert texts == [expected] and found["loss"] == "auto"
    assert not check(key, parse(expected))[1]  # pyright: ignore[reportArgumentType]


def test_random_ones_are_augmentation_and_others_are_part_of_the_model(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (80, 8, 8), dtype=np.uint8)
    y = (x.mean((1, 2)) > 127).astype(int)
    common: dict[str, Any] = {"model": ["Flatten", "Linear(..., ...)"], "train": {"epochs": 1}, "runs": tmp_path}
    run = modelwright.train(x, y, transform=COMPOSE, **common)
    augment = ["RandomCrop(8, padding=2)", "RandomHorizontalFlip(p=0.25)"]
    expected = modelwright.train(x, y, transform="Normalize(0.1307, 0.3081)", augment=augment, **common)
    assert run.history == expected.history and run.score == expected.score
    assert [parse(text).name for text in run.plan.augment] == ["RandomCrop", "RandomHorizontalFlip"]
    assert [parse(text).name for text in run.plan.inputs[0].transform][-1] == "Normalize"


def test_lists_sequentials_and_what_is_given_beside() -> None:
    flip = COMPOSE.transforms[1]
    found = as_texts({"transform": [COMPOSE.transforms[3]], "augment": "RandomVerticalFlip"})
    assert found == {"transform": ["Normalize(mean=(0.1307,), std=(0.3081,))"], "augment": "RandomVerticalFlip"}
    both = as_texts({"transform": COMPOSE, "augment": "RandomVerticalFlip"})
    assert both["augment"][-1] == "RandomVerticalFlip" and len(both["augment"]) == 3
    assert as_texts({"augment": [flip, "MixUp"]})["augment"] == ["RandomHorizontalFlip(p=0.25)", "MixUp"]
    assert as_texts({"transform": like("ToTensor")}) == {"transform": "auto"}

    class Flip(nn.Module):
        p = 0.5

    Flip.__name__, Flip.__module__ = "RandomHorizontalFlip", "torchvision.transforms.transforms"
    assert as_texts({"transform": nn.Sequential(Flip())})["augment"] == ["RandomHorizontalFlip"]


@pytest.mark.skipif(not HERE, reason="torchvision is not installed")
def test_signatures_are_those_of_the_installed_torchvision() -> None:
    from torchvision import transforms  # pyright: ignore

    for role in ("transform", "augment"):
        for name in set(names(role)) - {"MixUp", "CutMix", "ToTensor"}:
            known = list(inspect.signature(getattr(transforms, name)).parameters)
            assert [each.name for each in signature(role, name) if each.name not in known] == [], name


@pytest.mark.skipif(not HERE, reason="torchvision is not installed")
def test_installed_objects_become_calls() -> None:
    from torchvision import transforms as T  # pyright: ignore

    made = as_texts({"transform": T.Compose([T.RandomCrop(8, padding=2), T.ToTensor(), T.Normalize(0.5, 0.5)])})
    assert [parse(text).name for text in (*made["augment"], *made["transform"])] == ["RandomCrop", "Normalize"]
