"""Declared cases of the rules about pictures: each fires on some and is silent on others that look alike."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image

from check_facts import Case, rng, split, table
from modelwright.checks.facts import Facts
from modelwright.data.columns import Column
from modelwright.diagnostic import Diagnostic, Place

ROWS = 120
PARTS = split(np.arange(80), np.arange(80, 90), np.arange(90, ROWS))


def _textures(rows: int = ROWS, side: int = 32) -> np.ndarray:
    """Smooth colours with some grain, as photos have: [N, 3, H, W]."""
    rough = rng(5).integers(0, 255, (rows, 3, 4, 4)).astype(np.uint8)
    big = [
        np.asarray(Image.fromarray(one.transpose(1, 2, 0)).resize((side, side), Image.Resampling.BICUBIC))
        for one in rough
    ]
    return np.stack(big).transpose(0, 3, 1, 2).copy()


def _digits(rows: int = ROWS) -> np.ndarray:
    """Strokes on black, few kinds of them and none quite like another: [N, 1, H, W]."""
    made = np.zeros((rows, 1, 20, 20), np.uint8)
    for row, place in enumerate(rng(6).permutation(144)[:rows]):
        made[row, 0, 2:18, 4 + place % 12] = 200
        made[row, 0, 4 + place // 12, 2:18] = 250
    return made


def _again(picture: np.ndarray) -> np.ndarray:
    """Save a picture as JPEG and read it."""
    buffer = io.BytesIO()
    Image.fromarray(picture.transpose(1, 2, 0)).save(buffer, "jpeg", quality=98)
    return np.asarray(Image.open(buffer)).transpose(2, 0, 1)


def _facts(pictures: np.ndarray, findings: tuple[Diagnostic, ...] = (), parts: object = PARTS) -> Facts:
    made = table({"y": ["a", "b"] * (ROWS // 2)})
    frame = made.frame.insert_column(0, table({"image": np.arange(ROWS)}).frame["image"])
    column = Column(name="image", kind="image", why="", count=ROWS, missing=0, unique=ROWS)
    whole = replace(made, frame=frame, columns=(column, *made.columns), media={"image": pictures}, findings=findings)
    return Facts(table=whole, targets=("y",), task="binary", split=parts)  # type: ignore[arg-type]


def _copied(pictures: np.ndarray, change: object = None) -> np.ndarray:
    """Put ten training pictures among the test pictures."""
    made = pictures.copy()
    for number in range(10):
        made[95 + number] = made[number] if change is None else change(made[number])  # type: ignore[operator]
    return made


def _noticed(severity: str, message: str) -> Diagnostic:
    where = Place(key="transform")
    return Diagnostic(code="D111", severity=severity, message=message, where=where, expected="one size")  # type: ignore[arg-type]


PICTURES = {
    "D111": [
        Case("sizes that differ", lambda: _facts(_digits(), (_noticed("warning", "2 sizes"),)), "warning", "2 sizes"),
        Case(
            "turned by EXIF", lambda: _facts(_digits(), (_noticed("note", "3 pictures are turned"),)), "note", "turned"
        ),
        Case("nothing noticed", lambda: _facts(_digits())),
    ],
    "L204": [
        Case("test pictures that are training pictures", lambda: _facts(_copied(_textures())), "warning", "10 of 30"),
        Case("saved again as JPEG", lambda: _facts(_copied(_textures(), _again)), "warning", "also training pictures"),
        Case("copies among simple pictures", lambda: _facts(_copied(_digits())), "warning", "10 of 30"),
        Case("pictures of their own", lambda: _facts(_textures())),
        Case("simple pictures that are alike", lambda: _facts(_digits())),
    ],
}
