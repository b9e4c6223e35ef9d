"""Folders of classes, as torchvision's ImageFolder has them: `cats/1.png`, `dogs/a/2.jpg`; or parts of such folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from modelwright.data.files import cannot_read
from modelwright.data.images.detect import files_below, has_pictures, is_folder, is_picture, subfolders
from modelwright.data.images.found import LABEL, PARTS, Found, damaged, noticed
from modelwright.data.images.sizes import Decoding
from modelwright.data.images.store import Item, Stored, content_of, store
from modelwright.data.problems import problem, some
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError

PART_NAMES = {
    **dict.fromkeys(("train", "training", "trainset"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "testset"), "test"),
}


@dataclass(slots=True)
class Tree:
    """Picture files in reading order with class and part; what else lay there; folders without pictures."""

    files: list[Item] = field(default_factory=list[Item])
    classes: list[str] = field(default_factory=list[str])
    parts: list[int] = field(default_factory=list[int])
    others: list[str] = field(default_factory=list[str])
    empty: list[str] = field(default_factory=list[str])


def read_folders(given: list[tuple[str, Path, int]], decoding: Decoding, skip: bool, loose: bool = False) -> Found:
    """Read folders of classes, each with its name, path and part (0 training, 1 validation, 2 test).

    `loose`: their pictures lie beside one another, and have no class.
    """
    tree = Tree()
    for name, folder, part in given:
        (_walk_loose if loose else _walk)(tree, name, folder, part)
    problems = list(_problems(tree, given[0][0], skip))
    if problems:
        raise DataError(*problems)
    names = [item.name for item in tree.files]
    stored = store(tree.files, decoding)
    findings = damaged(stored.bad, names, skip, len(names)) + noticed(stored.notes, tree.others + tree.empty)
    good = np.array([number for number in range(len(names)) if number not in stored.bad], dtype=np.int64)
    parts = np.array(tree.parts, dtype=np.int8)[good]
    classes = f"folders of pictures, one a class: {some(sorted(set(tree.classes)))}"
    return Found(
        array=stored.array,
        rows=good,
        labels={} if loose else {LABEL: pl.Series(LABEL, tree.classes)[good]},
        format="images",
        paths=tuple(name for name, _, _ in given),
        digest=stored.digest,
        parts=parts if parts.any() else None,
        files=[names[number] for number in good],
        options={"steps": list(stored.decoding.steps)},
        why={"format": "pictures without classes" if loose else classes, **sizes_why(stored)},
        findings=[*findings, *other_sizes(stored)],
    )


def sizes_why(stored: Stored) -> dict[str, str]:
    """Return the reason for the size of the pictures, where there was something to decide."""
    return {"size": stored.decoding.why} if stored.decoding.why else {}


def other_sizes(stored: Stored) -> Iterator[Diagnostic]:
    """Yield a warning where a size was inferred: it stretches pictures, which a description should say."""
    if not stored.decoding.why:
        return
    sizes = [f"{height}×{width}" for _, height, width in stored.shapes]
    step = stored.decoding.steps[-1]
    yield Diagnostic(
        code="D111",
        severity="warning",
        message=f"the pictures have {len(set(sizes)):,} sizes; all are made equal by {step}",
        where=Place(key="transform"),
        expected="one size, or a `Resize` that says which",
        received=some(list(dict.fromkeys(sizes))),
        known=stored.decoding.why,
        help=f"transform: {step}",
    )


def _walk(tree: Tree, name: str, folder: Path, part: int) -> None:
    """Add the classes of a folder; of its parts, where it is made of `train`, `val` and `test`."""
    subs = subfolders(folder)
    named = {PART_NAMES[sub.name.lower()]: sub for sub in subs if sub.name.lower() in PART_NAMES}
    if "train" in named and any(has_pictures(sub) for sub in subfolders(named["train"])):
        for which, sub in sorted(named.items(), key=lambda item: PARTS[item[0]]):
            _walk_classes(tree, f"{name.rstrip('/')}/{sub.name}", sub, PARTS[which])
        tree.others += [f"{sub.name}/" for sub in subs if sub.name.lower() not in PART_NAMES]
        return
    _walk_classes(tree, name, folder, part)


def _walk_loose(tree: Tree, name: str, folder: Path, part: int) -> None:
    """Add the pictures that lie in a folder."""
    tree.parts += [part] * _add(tree, name.rstrip("/"), folder, "")


def _walk_classes(tree: Tree, name: str, folder: Path, part: int) -> None:
    shown = name.rstrip("/")
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not is_folder(entry):
            tree.others.append(entry.name)
    for sub in subfolders(folder):
        found = _add(tree, f"{shown}/{sub.name}", sub, f"{sub.name}/")
        tree.classes += [sub.name] * found
        tree.parts += [part] * found
        if not found:
            tree.empty.append(f"{shown}/{sub.name}/")


def _add(tree: Tree, shown: str, folder: Path, inside: str) -> int:
    """Add the pictures below a folder, and what is none by its path `inside` the data; return how many they are."""
    before = len(tree.files)
    try:
        for relative, entry in files_below(str(folder)):
            if is_picture(entry.name):
                tree.files.append(_item(f"{shown}/{relative}", entry))
            else:
                tree.others.append(f"{inside}{relative}")
    except OSError as error:
        raise cannot_read(str(error.filename), error) from error
    return len(tree.files) - before


def _item(name: str, entry: os.DirEntry[str]) -> Item:
    stat = entry.stat()
    return Item(name, f"{stat.st_size} {stat.st_mtime_ns}", partial(content_of, entry.path))


def _problems(tree: Tree, name: str, skip: bool) -> Iterator[Diagnostic]:
    if not skip:
        for empty in tree.empty:
            yield problem(
                "D111",
                f"the class `{empty}` holds no pictures",
                where=Place(file=empty),
                expected="pictures: png, jpeg, webp, bmp, gif or tiff",
                received="an empty folder, or files that are no pictures",
                fix="remove the folder, put pictures into it, or `data: {on_error: skip}`",
            )
    if not tree.files:
        yield problem("F002", f"`{name}` holds no pictures", where=Place(key="data.path"), expected="class/picture.png")
