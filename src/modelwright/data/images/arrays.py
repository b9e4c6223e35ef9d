"""Pictures that are arrays already: in Python, in .npy and .npz files; which axis is which, and what is no picture."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.files import cannot_read
from modelwright.data.images.cache import kept
from modelwright.data.images.decode import eight_bits
from modelwright.data.images.found import LABEL, PARTS, Found
from modelwright.data.problems import fail, some
from modelwright.diagnostic import Place

CHANNELS = (1, 3, 4)
PICTURE_WORDS = ("images", "image", "x", "data", "arr_0", "pictures", "features", "imgs")
LABEL_WORDS = ("labels", "label", "y", "target", "targets", "arr_1")


def channels_first(array: np.ndarray, name: str) -> tuple[np.ndarray, str]:
    """Return pictures as bytes [N, C, H, W], and how the axes were read.

    Takes [N, H, W], [N, C, H, W] and [N, H, W, C]. DataError S302 for other axes, S306 for other numbers than bytes.

    >>> channels_first(np.zeros((2, 8, 8, 3), np.uint8), "x")[0].shape
    (2, 3, 8, 8)
    """
    array = _bytes(array, name)
    if array.ndim == 3:
        return array[:, None], "[N, H, W]: grey pictures"
    if array.ndim == 4 and array.shape[1] in CHANNELS:
        return array, "[N, C, H, W]: channels first, as PyTorch has them"
    if array.ndim == 4 and array.shape[3] in CHANNELS:
        return array.transpose(0, 3, 1, 2), "[N, H, W, C]: channels last; turned into channels first"
    raise fail(
        "S302",
        f"the axes of `{name}` are not those of pictures",
        expected="[N, H, W], [N, C, H, W] or [N, H, W, C] with 1, 3 or 4 channels",
        received=f"shape {tuple(array.shape)}",
        fix="X.reshape(-1, 28, 28)" if array.ndim == 2 else "X.transpose(…)",
    )


def _bytes(array: np.ndarray, name: str) -> np.ndarray:
    if not array.size:
        raise fail("D111", f"`{name}` holds no pixels", expected="pictures", received=f"shape {tuple(array.shape)}")
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.view(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return eight_bits(array)
    low, high = (float(array.min()), float(array.max())) if array.dtype.kind in "iuf" else (0.0, 0.0)
    if array.dtype.kind in "iu" and low >= 0 and high <= 255:
        return array.astype(np.uint8)
    scale = "(X * 255)" if high <= 1 else f"(X * {255 / high:.4g})" if high < 255 else "X"
    raise fail(
        "S306",
        f"`{name}` holds {array.dtype} numbers of {low:.4g} to {high:.4g}, and pictures are bytes",
        expected="uint8, 0 to 255",
        received=f"{array.dtype}",
        fix="leave `Normalize` out of the data, and give it here: transform='Normalize(0.5, 0.5)'"
        if low < 0
        else f"{scale}.round().astype('uint8')",
    )


def read_arrays(name: str, path: Path) -> Found:
    """Read an .npz or .npy file of pictures and labels; DataError where it is none or its parts disagree."""
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if path.suffix == ".npy":
            return _plain(name, path, digest)
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return _archive(name, archive, digest)
    except OSError as error:
        raise cannot_read(name, error) from error
    except (ValueError, zipfile.BadZipFile, EOFError, KeyError) as error:
        pickled = "pickle" in str(error).lower() or "object" in str(error).lower()
        reason = "it holds Python objects (a pickle), which modelwright never opens" if pickled else str(error)
        raise fail(
            "F004", f"`{name}` cannot be read: {reason}", where=Place(file=name), expected="arrays of numbers"
        ) from error


def _plain(name: str, path: Path, digest: str) -> Found:
    beside = next((file for word in LABEL_WORDS if (file := path.with_name(f"{word}.npy")).exists()), None)
    if beside is None:
        labels = ", ".join(f"{word}.npy" for word in LABEL_WORDS[:3])
        raise fail(
            "D113",
            f"there are no labels beside `{name}`",
            where=Place(file=name),
            expected=f"one of {labels} in the same folder",
            fix="numpy.savez('pictures.npz', images=images, labels=labels)",
        )
    pictures = np.load(path, allow_pickle=False, mmap_mode="r")
    labels = np.load(beside, allow_pickle=False)
    return from_arrays(name, [(pictures, labels, 0)], digest, "npy")


def _archive(name: str, archive: Any, digest: str) -> Found:
    triples = [(archive[pictures], archive[labels], part) for pictures, labels, part in array_keys(archive.files)]
    if not triples:
        raise fail(
            "F006",
            f"`{name}` has no arrays that are called like pictures and labels",
            where=Place(file=name),
            expected="images and labels, or x_train, y_train, x_test, y_test",
            received=some(archive.files),
            fix="numpy.savez('pictures.npz', images=images, labels=labels)",
        )
    return from_arrays(name, triples, digest, "npz")


def array_keys(names: Sequence[str]) -> list[tuple[str, str, int]]:
    """Return the arrays of an archive that are pictures and labels, with their part; none where there are no such.

    >>> array_keys(["x_train", "y_train", "x_test", "y_test"])
    [('x_train', 'y_train', 0), ('x_test', 'y_test', 2)]
    """
    keys, found = {key.lower(): key for key in names}, list[tuple[str, str, int]]()
    for part, number in PARTS.items():
        spelt = {"train": ("train",), "validation": ("val", "valid", "validation"), "test": ("test",)}[part]
        found.append((_named(keys, PICTURE_WORDS, spelt), _named(keys, LABEL_WORDS, spelt), number))
    found = [one for one in found if one[0] and one[1]]
    if not any(part == 0 for *_, part in found):
        found = [(_named(keys, PICTURE_WORDS, ("",)), _named(keys, LABEL_WORDS, ("",)), 0)]
    return [one for one in found if one[0] and one[1]]


def _named(keys: dict[str, str], words: Sequence[str], parts: Sequence[str]) -> str:
    """Return the key that is called after a word and a part: `x_train`, `train_images`."""
    spelt = (
        name for word in words for part in parts for name in ((f"{word}_{part}", f"{part}_{word}") if part else (word,))
    )
    return next((keys[name] for name in spelt if name in keys), "")


def from_arrays(name: str, triples: Sequence[tuple[np.ndarray, np.ndarray, int]], digest: str, form: str) -> Found:
    """Return pictures and labels of arrays; D113 where they are not equally many."""
    for pictures, labels, _ in triples:
        if len(pictures) != len(labels):
            raise fail(
                "D113",
                f"`{name}` has {len(pictures):,} pictures and {len(labels):,} labels",
                where=Place(file=name),
                expected="a label for each picture",
                received=f"{len(pictures):,} and {len(labels):,}",
                fix="give both for the same pictures",
            )
    made = [channels_first(pictures, name) for pictures, _, _ in triples]
    if len({array.shape[1:] for array, _ in made}) > 1:
        shapes = some([tuple(array.shape) for array, _ in made])
        raise fail("D111", f"the parts of `{name}` have pictures of different shapes", received=shapes)
    array, _ = kept(f"{digest}-{form}", lambda: (np.concatenate([array for array, _ in made]), {}))
    parts = np.repeat(np.array([part for *_, part in triples], dtype=np.int8), [len(array) for array, _ in made])
    return Found(
        array=array,
        rows=np.arange(len(array)),
        labels=label_columns([labels for _, labels, _ in triples]),
        format=form,
        paths=(name,),
        digest=digest,
        parts=parts if parts.any() else None,
        why={"format": f"an array of pictures, {made[0][1]}"},
    )


def label_columns(labels: Sequence[np.ndarray]) -> dict[str, pl.Series]:
    """Return labels [N] or [N, 1] as a column `label`, those [N, K] as `label_1` and so on."""
    whole = np.concatenate([np.asarray(part) for part in labels])
    whole = whole[:, 0] if whole.ndim == 2 and whole.shape[1] == 1 else whole
    if whole.dtype.kind in "OSU":
        whole = whole.astype(str)
    if whole.dtype == np.bool_ and whole.ndim > 1:
        whole = whole.astype(np.uint8)
    columns = [whole] if whole.ndim == 1 else list(whole.reshape(len(whole), -1).T)
    names = [LABEL] if len(columns) == 1 else [f"{LABEL}_{number}" for number in range(1, len(columns) + 1)]
    return {name: pl.Series(name, np.ascontiguousarray(values)) for name, values in zip(names, columns, strict=True)}
