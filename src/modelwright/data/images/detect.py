"""Does a path, or a column of a table, hold pictures? Looked at without decoding anything."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Literal

import polars as pl

from modelwright.data.formats import suffix_format
from modelwright.data.images.coded import is_coded
from modelwright.data.images.idx import is_idx
from modelwright.spec.schema import DataSpec

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff")
MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
LOOKED_AT = 50  # values of a column
Form = Literal["idx", "arrays", "folders", "loose", "picture"]
"""IDX files, .npy and .npz, folders of classes, pictures without classes, a single picture."""


Given = tuple[str, str, Path, int]
"""Key, name as given, path, part."""


def pictures_named(data: DataSpec, base: Path) -> list[Given]:
    """Return the paths of a description that hold pictures; none where its data are a table."""
    paths = [data.path] if isinstance(data.path, str) else data.path
    named = [("data.path", path, 0) for path in paths]
    named += [("data.validation", data.validation, 1)] if data.validation else []
    named += [("data.test", data.test, 2)] if data.test else []
    found = [(key, path, base / Path(path).expanduser(), part) for key, path, part in named if "://" not in path]
    is_first = bool(found) and found[0][1] not in ("", "-") and form_of(found[0][2]) is not None
    return found if is_first else []


def form_of(path: Path) -> Form | None:
    """Return how a path holds pictures; None where it holds none, or a table that may name some."""
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():
        return None
    if path.suffix.lower() in (".npz", ".npy"):
        return "arrays"
    if is_picture(path.name):
        return "picture"
    return "idx" if is_idx(path) else None


def _of_folder(folder: Path) -> Form | None:
    try:
        names = [
            entry.name for entry in os.scandir(folder) if _is_file(entry) and not entry.name.startswith((".", "_"))
        ]
        if any("images" in name.lower() and is_idx(folder / name) for name in names):
            return "idx"
        if any(suffix_format(name) not in (None, "sql") and not name.lower().endswith(".txt") for name in names):
            return None
        if any(has_pictures(sub) for sub in subfolders(folder)):
            return "folders"
    except OSError:
        return None
    return "loose" if any(is_picture(name) for name in names) else None


def is_picture(name: str) -> bool:
    """Return whether a file is called like a picture that can be read.

    >>> is_picture("Cat.JPG"), is_picture("desktop.ini"), is_picture("._cat.jpg")
    (True, False, False)
    """
    return name.lower().endswith(SUFFIXES) and not name.rpartition("/")[2].startswith(".")


def pictures_below(folder: Path) -> Iterator[Path]:
    """Yield the pictures of a folder and of those in it."""
    return (Path(entry.path) for _, entry in files_below(str(folder)) if is_picture(entry.name))


def files_below(folder: str, below: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the files of a folder by name, then those of its folders, each with its path from there.

    (Entries of one listing: 10,000 pictures cost a third of what `os.walk` with a `Path` for each does.)
    """
    inner: list[os.DirEntry[str]] = []
    for entry in sorted(os.scandir(folder), key=attrgetter("name")):
        if not is_folder(entry):
            yield below + entry.name, entry
        elif not hidden(entry.name):
            inner.append(entry)
    for entry in inner:
        yield from files_below(entry.path, f"{below}{entry.name}/")


def has_pictures(folder: Path) -> bool:
    """Return whether a folder, or one in it, holds a picture; no more is listed than that takes."""
    inner: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                inside = is_folder(entry)
                if is_picture(entry.name) and not inside:
                    return True
                if inside and not hidden(entry.name):
                    inner.append(Path(entry.path))
    except OSError:  # it may not be read: others may
        return False
    return any(map(has_pictures, inner))


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a folder; a link that leads to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def subfolders(folder: Path) -> list[Path]:
    """Return the folders of a folder by name, without those that systems make for themselves."""
    entries = (entry for entry in os.scandir(folder) if is_folder(entry) and not hidden(entry.name))
    return [Path(entry.path) for entry in sorted(entries, key=lambda entry: entry.name)]


def hidden(name: str) -> bool:
    """Return whether a folder is a system's own: `.git`, `__MACOSX`."""
    return name.startswith((".", "__"))


def file_column(pictures: str) -> str:
    """Return the column that names the file of each new picture, beside the column of the `pictures` themselves."""
    return "file_name" if pictures == "file" else "file"


def picture_column(frame: pl.DataFrame, data: DataSpec) -> str | None:
    """Return the column whose cells are pictures: bytes, bytes in a struct as data hubs store them, or paths."""
    forced = [name for name, kind in data.columns.items() if kind == "image" and name in frame.columns]
    if forced:
        return forced[0]
    targets = [data.target] if isinstance(data.target, str) else data.target
    names = (n for n in frame.columns if n not in data.drop and n not in targets and n not in data.columns)
    return next((name for name in names if _holds_pictures(frame[name])), None)


def picture_columns(frame: pl.DataFrame, data: DataSpec, sides: Sequence[str] = ()) -> list[str]:
    """Return the columns that hold pictures: one, or those among the `sides` of rows that are compared."""
    first = picture_column(frame, data)
    kinds = {name: data.columns.get(name, "image") for name in sides if name in frame.columns}
    found = [
        name for name, kind in kinds.items() if kind == "image" and (name == first or _holds_pictures(frame[name]))
    ]
    return found or ([] if first is None else [first])


def _holds_pictures(column: pl.Series) -> bool:
    dtype = column.dtype
    if isinstance(dtype, pl.Struct):
        fields = {field.name: field.dtype for field in dtype.fields}
        return fields.get("bytes") == pl.Binary and _holds_pictures(column.struct.field("bytes"))
    known = column.head(10 * LOOKED_AT).drop_nulls().head(LOOKED_AT)
    if dtype == pl.Binary:
        return len(known) > 0 and all(bytes(value).startswith(MAGIC) for value in known.head(5).to_list())
    if dtype != pl.String or not len(known):
        return False
    return all(is_picture(text.strip()) for text in known.to_list()) or holds_coded(column)


def holds_coded(column: pl.Series) -> bool:
    """Return whether the texts of a column are pictures in base64."""
    known = column.drop_nulls().head(5).to_list() if column.dtype == pl.String else []
    return len(known) > 0 and all(map(is_coded, known))
