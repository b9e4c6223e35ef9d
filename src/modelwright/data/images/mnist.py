"""A folder of IDX files: pictures with their labels, MNIST's four recognised as training and test."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from modelwright.data.files import cannot_read
from modelwright.data.images.arrays import channels_first, label_columns
from modelwright.data.images.cache import kept
from modelwright.data.images.found import Found
from modelwright.data.images.idx import is_idx, read_idx
from modelwright.data.problems import fail, some
from modelwright.diagnostic import Place

PART_WORDS = (("test", 2), ("t10k", 2), ("t50k", 2), ("val", 1), ("train", 0))


def idx_files(folder: Path) -> list[Path]:
    """Return the IDX files of a folder that hold pictures, by their names; a file is its own."""
    if folder.is_file():
        return [folder]
    files = (file for file in sorted(folder.iterdir()) if "images" in file.name.lower() and file.is_file())
    return [file for file in files if is_idx(file)]


def read_idx_folder(name: str, files: Sequence[Path], only_part: int | None = None) -> Found:
    """Read pictures and labels; `only_part` says the part of all files where their names do not."""
    pairs = [(file, labels_of(file, name)) for file in files]
    parts = [part_of(file.name) if only_part is None else only_part for file in files]
    if only_part is None and len({*parts}) < len(parts) and len(parts) > 1:
        parts = [0] * len(parts)  # several sets that all call themselves training
    digest = hashlib.sha256()
    for file in (file for pair in pairs for file in pair):
        try:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError as error:
            raise cannot_read(file.name, error) from error
    labels = [read_idx(labels, labels.name) for _, labels in pairs]
    array, facts = kept(f"{digest.hexdigest()}-idx", lambda: _pictures(files))
    counts = [int(number) for number in facts["counts"]]
    for (file, own), count, found in zip(pairs, counts, labels, strict=True):
        if found.ndim != 1 or len(found) != count:
            raise fail(
                "D113",
                f"`{file.name}` has {count:,} pictures, `{own.name}` has {len(found):,} labels",
                where=Place(file=own.name),
                expected=f"{count:,} labels",
                received=f"shape {tuple(found.shape)}",
                fix="fetch both files again: they are not of the same set",
            )
    numbers = np.repeat(np.array(parts, dtype=np.int8), counts)
    named = {0: "training", 1: "validation", 2: "test"}
    said = ", ".join(f"{file.name} is {named[part]}" for file, part in zip(files, parts, strict=True))
    return Found(
        array=array,
        rows=np.arange(len(array)),
        labels=label_columns([part.astype(np.int64) for part in labels]),
        format="idx",
        paths=(name,),
        digest=digest.hexdigest(),
        parts=numbers if numbers.any() and not numbers.all() else None,
        why={"format": f"IDX files, as MNIST has them: {said}"},
    )


def part_of(name: str) -> int:
    """Return the part that a file name tells: 0 training, 1 validation, 2 test.

    >>> part_of("t10k-images-idx3-ubyte.gz"), part_of("emnist-letters-train-images-idx3-ubyte")
    (2, 0)
    """
    return next((part for word, part in PART_WORDS if word in name.lower()), 0)


def labels_of(file: Path, name: str) -> Path:
    """Return the file of labels that belongs to one of pictures, packed or not (D113 where there is none)."""
    own = file.name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    plain = own.removesuffix(".gz")
    for candidate in (own, plain, f"{plain}.gz"):
        if candidate != file.name and is_idx(file.with_name(candidate)):
            return file.with_name(candidate)
    there = [entry.name for entry in sorted(file.parent.iterdir()) if "label" in entry.name.lower()]
    raise fail(
        "D113",
        f"there are no labels for `{file.name}` in `{name}`",
        where=Place(file=file.name),
        expected=f"`{own}` beside it",
        received=some(there) if there else "no such file",
        fix="fetch the labels too",
    )


def _pictures(files: Sequence[Path]) -> tuple[np.ndarray, dict[str, list[int]]]:
    arrays = [channels_first(read_idx(file, file.name), file.name)[0] for file in files]
    if len({array.shape[1:] for array in arrays}) > 1:
        shapes = some([tuple(array.shape) for array in arrays])
        raise fail("D111", "the IDX files have pictures of different shapes", received=shapes)
    whole = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    return whole, {"counts": [len(array) for array in arrays]}
