"""Read pictures from what a description names: IDX files, arrays, folders of classes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

import numpy as np
import polars as pl

from modelwright.data.columns import Table
from modelwright.data.images.arrays import read_arrays
from modelwright.data.images.cache import kept
from modelwright.data.images.detect import Form, Given, form_of
from modelwright.data.images.folders import read_folders
from modelwright.data.images.found import Found, to_table
from modelwright.data.images.mnist import idx_files, read_idx_folder
from modelwright.data.images.sizes import decoding
from modelwright.data.problems import fail
from modelwright.diagnostic import Place
from modelwright.spec.schema import DataSpec


def read_pictures(given: Sequence[Given], data: DataSpec, transform: Sequence[str], labels: bool = True) -> Table:
    """Return pictures and labels as a table; DataError for what cannot be used. Without `labels` none are needed."""
    started = time.perf_counter()
    forms = {form_of(path) for _, _, path, _ in given}
    for key, name, path, _ in given:
        _refuse(form_of(path), key, name, labels)
    if len(forms) > 1:
        raise fail(
            "F008", "the paths hold pictures in different forms", received=", ".join(name for _, name, *_ in given)
        )
    if forms in ({"folders"}, {"loose"}):
        folders = [(name, path, part) for _, name, path, part in given]
        skip, loose = data.on_error == "skip", forms == {"loose"}
        return to_table(read_folders(folders, decoding(transform), skip, loose), data, started)
    alone = len(given) == 1
    parts: list[Found] = []
    for _, name, path, part in given:
        if forms == {"arrays"}:
            parts.append(read_arrays(name, path))
        else:
            parts.append(read_idx_folder(name, idx_files(path), None if alone else part))
    return to_table(parts[0] if alone else _joined(parts, [part for *_, part in given]), data, started)


def _refuse(form: Form | None, key: str, name: str, labels: bool) -> None:
    if form == "picture" or (form == "loose" and labels):
        what = "is one picture" if form == "picture" else "holds pictures, but no folders of classes"
        raise fail(
            "F008",
            f"`{name}` {what}: there is no label to learn",
            where=Place(key=key),
            expected="a folder for each class: cats/1.png, dogs/2.png; or a table with a column of paths",
            received=name,
            fix="put the pictures of each class into a folder called as the class; `task: gan` and `task: contrastive` "
            "need no classes",
        )
    if form is None:
        raise fail("F008", f"`{name}` holds no pictures", where=Place(key=key), expected="pictures, as `data.path` has")


def _joined(parts: Sequence[Found], numbers: Sequence[int]) -> Found:
    """Return pictures that were given as several paths as one set."""
    if len({part.array.shape[1:] for part in parts}) > 1:
        shapes = ", ".join(f"{part.paths[0]}: {tuple(part.array.shape)}" for part in parts)
        raise fail("D111", "the paths have pictures of different shapes", received=shapes)
    digest = hashlib.sha256("\n".join(part.digest for part in parts).encode()).hexdigest()
    array, _ = kept(f"{digest}-joined", lambda: (np.concatenate([part.array for part in parts]), {}))
    names = parts[0].labels
    return Found(
        array=array,
        rows=np.arange(len(array)),
        labels={name: pl.concat([part.labels[name] for part in parts]) for name in names},
        format=parts[0].format,
        paths=tuple(path for part in parts for path in part.paths),
        digest=digest,
        parts=np.repeat(np.array(numbers, dtype=np.int8), [len(part.array) for part in parts]),
        options=parts[0].options,
        why=parts[0].why,
        findings=[finding for part in parts for finding in part.findings],
    )
