"""One size for all pictures: by the transforms that a description begins with, or the size that fits them best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from modelwright.spec.call import parse
from modelwright.spec.names import bind
from modelwright.spec.pictures import fixes_size, pair, resized

LARGEST = 224  # pixels of a side that is inferred: beyond it training is slow, and most networks see no more
SAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Decoding:
    """What is done to each picture when it is read: `colours` 1 or 3 (0: as it comes) and `steps`, call texts.

    `shape` is known once all pictures were seen; `why` says where the steps come from.
    """

    colours: int = 0
    steps: tuple[str, ...] = ()
    shape: Shape = (0, 0, 0)
    why: str = ""

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """Return a picture [H, W] or [H, W, 3] after the steps."""
        for text in self.steps:
            picture = _step(picture, text)
        return picture

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"colours": self.colours, "steps": list(self.steps), "shape": list(self.shape), "why": self.why}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Decoding:
        """Return what `to_json` wrote."""
        colours, height, width = (int(size) for size in value["shape"])
        steps = tuple(str(step) for step in value["steps"])
        return cls(int(value["colours"]), steps, (colours, height, width), str(value["why"]))


def decoding(transform: Sequence[str]) -> Decoding:
    """Return how pictures are decoded: the transforms up to the first that gives them one size, whatever they had."""
    steps: list[str] = []
    for text in transform:
        call = parse(text)
        if call.name not in ("Resize", "CenterCrop"):
            break
        steps.append(text)
        if fixes_size(call, bind("transform", call)):
            return Decoding(steps=tuple(steps))
    return Decoding()


def fitted(shapes: Sequence[Shape], decoding: Decoding) -> Decoding:
    """Return the decoding that gives all pictures, whose shapes these are, one shape."""
    if not shapes:
        return decoding
    colours = decoding.colours or max(shape[0] for shape in shapes)
    sizes = Counter(shape[1:] for shape in shapes)
    if len(sizes) == 1:
        found = (colours, *next(iter(sizes)))
        same = colours == shapes[0][0] and len({shape[0] for shape in shapes}) == 1
        return Decoding(decoding.colours if same else colours, decoding.steps, found, decoding.why)
    (common, count), total = sizes.most_common(1)[0], len(shapes)
    if 2 * count > total and max(common) <= 2 * LARGEST:
        size, why = common, f"{count:,} of {total:,} pictures have this size"
    else:
        side = max(8, round(min(LARGEST, median(min(shape[1:]) for shape in shapes))))
        size, why = (side, side), f"{len(sizes):,} sizes; the median of the shorter sides, at most {LARGEST}"
    step = f"Resize(({size[0]}, {size[1]}))"
    return Decoding(colours, (*decoding.steps, step), (colours, *size), f"inferred: {why}")


def _step(picture: np.ndarray, text: str) -> np.ndarray:
    call = parse(text)
    given = bind("transform", call)
    height, width = picture.shape[:2]
    if call.name == "Resize":
        tall, wide = resized((height, width), given)
        if (tall, wide) == (height, width):
            return picture
        sampling = SAMPLING[str(given.get("interpolation", "bilinear"))]
        return np.asarray(Image.fromarray(picture).resize((wide, tall), sampling))
    tall, wide = pair(given["size"])
    return cropped(picture, tall, wide)


def cropped(picture: np.ndarray, tall: int, wide: int) -> np.ndarray:
    """Return the middle of a picture [H, W, …], with black around it where it is smaller."""
    height, width = picture.shape[:2]
    if tall > height or wide > width:
        left, top = max(0, (wide - width) // 2), max(0, (tall - height) // 2)
        right, bottom = max(0, (wide - width + 1) // 2), max(0, (tall - height + 1) // 2)
        picture = np.pad(picture, ((top, bottom), (left, right), *((0, 0),) * (picture.ndim - 2)))
        height, width = picture.shape[:2]
    top, left = round((height - tall) / 2), round((width - wide) / 2)
    return picture[top : top + tall, left : left + wide]
