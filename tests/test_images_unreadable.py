"""Folders with something in them that cannot be listed: the others are read, and what is lost is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from modelwright.data.images import detect
from modelwright.data.images.new import read_new
from modelwright.data.table import read
from modelwright.errors import DataError
from modelwright.plan.plan import DataPlan, InputPlan
from modelwright.spec.schema import DataSpec
from pictures import classes, folders, shades


def locked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a folder refuse to be listed, which it does not do for root."""
    scandir = os.scandir

    def refuse(path: Any = ".") -> Any:
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return folders(tmp_path / "set", shades(), classes())


def test_a_link_that_leads_to_itself_hides_nothing(place: Path) -> None:
    rows = read(DataSpec(path="set", on_error="skip"), place.parent).frame.height
    for folder in (place, place / "cat"):
        (folder / "aa").symlink_to(folder / "aa")
    assert detect.form_of(place) == "folders"
    assert len(list(detect.pictures_below(place))) == rows
    assert read(DataSpec(path="set", on_error="skip"), place.parent).frame.height == rows


def test_a_folder_that_cannot_be_listed_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked(place / "cat", monkeypatch)
    assert detect.form_of(place) == "folders"
    with pytest.raises(DataError, match="cat` cannot be read: permission denied"):
        read(DataSpec(path="set"), place.parent)


def test_new_pictures_that_cannot_be_listed_are_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = read(DataSpec(path="set"), place.parent)
    options = table.reading.options
    plan = DataPlan.model_construct(options=options, format="folders")
    column = InputPlan(name="image", kind="image", encoding="pixels", why="", shape=(1, 8, 8), transform=())
    locked(place / "cat", monkeypatch)
    with pytest.raises(DataError, match="cat` cannot be read: permission denied"):
        read_new(place, plan, column)
