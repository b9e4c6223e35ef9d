"""New pictures for a trained model: files, folders, arrays or a table, made like those of the training."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modelwright.data.columns import Examples
from modelwright.data.files import cannot_read, resolve, whole_files
from modelwright.data.frames import to_polars
from modelwright.data.images.arrays import channels_first
from modelwright.data.images.columns import picture_items
from modelwright.data.images.detect import file_column, form_of, holds_coded, picture_column, pictures_below
from modelwright.data.images.found import damaged
from modelwright.data.images.idx import read_idx
from modelwright.data.images.mnist import idx_files
from modelwright.data.images.several import new_pictures
from modelwright.data.images.sizes import Decoding
from modelwright.data.images.store import Item, content_of, store
from modelwright.data.problems import fail
from modelwright.data.recognise import TEXT, format_of
from modelwright.diagnostic import Place
from modelwright.plan.plan import DataPlan, InputPlan
from modelwright.spec.call import parse
from modelwright.spec.names import bind
from modelwright.spec.own import is_own
from modelwright.spec.pictures import fixes_size
from modelwright.spec.schema import DataSpec


def read_new(source: object, plan: DataPlan, column: InputPlan) -> Examples:
    """Return new pictures as a model takes them; DataError F009 where they do not fit, D111 where they are damaged."""
    decoding = _decoding(plan, column)
    if isinstance(source, str | Path):
        return _from_path(str(source), plan, column, decoding)
    if isinstance(source, Sequence) and source and all(isinstance(one, str | Path) for one in source):
        return _decoded(_items([Path(str(one)) for one in source]), column.name, decoding)
    if (array := new_pictures(source, column.name)) is not None:
        return _from_array(array, column.name, column.name, decoding)
    if isinstance(source, pl.DataFrame) or hasattr(source, "columns") or isinstance(source, dict):
        return _from_frame(to_polars(source), [], plan, column.name, decoding)
    return _from_array(np.asarray(source), "the pictures", column.name, decoding)


def _decoding(plan: DataPlan, column: InputPlan) -> Decoding:
    """Return how new pictures are decoded; its shape has sizes of 0 where the model takes any."""
    options: dict[str, Any] = plan.options.get("pictures", {}).get(column.name, plan.options)
    height, width = options["size"]
    colours = int(options["colours"])
    # A model that begins with a Resize to one size takes arrays of any.
    steps = [*(text for text in options.get("changed", ()) if not is_own(text)), *column.transform]
    any_size = any(fixes_size(call, bind("transform", call)) for call in map(parse, steps))
    shape = (colours, 0, 0) if any_size else (colours, int(height), int(width))
    return Decoding(colours, tuple(options.get("steps", ())), shape)


def _from_path(text: str, plan: DataPlan, column: InputPlan, decoding: Decoding) -> Examples:
    path = Path(text).expanduser()
    if any(letter in text for letter in "*?[") and not path.exists():
        return _decoded(_items([Path(one) for one in sorted(glob.glob(text, recursive=True))]), column.name, decoding)  # noqa: PTH207
    match form_of(path):
        case "picture":
            return _decoded(_items([path]), column.name, decoding)
        case "folders" | "loose":
            return _decoded(_items(_below(path)), column.name, decoding)
        case "idx":
            arrays = [read_idx(file, file.name) for file in idx_files(path)]
            return _from_array(np.concatenate(arrays), text, column.name, decoding)
        case "arrays":
            return _from_array(_loaded(path), text, column.name, decoding)
        case None:
            return _from_table(text, plan, column.name, decoding)


def _below(folder: Path) -> list[Path]:
    try:
        return list(pictures_below(folder))
    except OSError as error:
        raise cannot_read(str(error.filename), error) from error


def _loaded(path: Path) -> np.ndarray:
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        with found as archive:
            arrays = [archive[name] for name in archive.files]
    except (ValueError, OSError, EOFError) as error:
        raise fail("F004", f"`{path}` cannot be read: {error}", where=Place(file=str(path))) from error
    return max(arrays, key=lambda array: (array.ndim, array.size))


def _from_table(text: str, plan: DataPlan, name: str, decoding: Decoding) -> Examples:
    from modelwright.data.table import read_sources

    with whole_files(text):
        sources = resolve(text, Path(), key="")
        form = format_of(sources)
        data = DataSpec(header=True) if form in TEXT else DataSpec()
        frame = read_sources(sources, data, form).frame
    folder = sources[0].path.parent if sources[0].path is not None else Path()
    return _from_frame(frame, [(folder, frame.height)], plan, name, decoding)


def _from_frame(
    frame: pl.DataFrame, folders: list[tuple[Path, int]], plan: DataPlan, name: str, decoding: Decoding
) -> Examples:
    several: dict[str, Any] = plan.options.get("pictures", {})  # the pictures of another column are not these
    other = any(each in frame.columns for each in several)
    own = name if name in frame.columns else None if other else picture_column(frame, DataSpec())
    if own is None:
        raise fail(
            "F009",
            f"the new rows lack the pictures that the model was trained with: column `{name}`",
            expected=f"`{name}`: paths of pictures, or their bytes",
            received=", ".join(frame.columns[:10]),
            fix="name the column so, or give files, a folder or an array of pictures",
        )
    files = frame[own].dtype == pl.String and not holds_coded(frame[own])
    return _decoded(picture_items(frame[own], folders), name, decoding, files=files)


def _items(paths: list[Path]) -> list[Item]:
    if not paths:
        raise fail(
            "F001", "there are no pictures", expected="png, jpeg, webp, bmp, gif or tiff files", fix="check the path"
        )
    return [Item(str(path), _mark(path), partial(content_of, str(path))) for path in paths]


def _mark(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return "absent"
    return f"{stat.st_size} {stat.st_mtime_ns}"


def _decoded(items: list[Item], name: str, decoding: Decoding, files: bool = True) -> Examples:
    stored = store(items, Decoding(decoding.colours, decoding.steps), keep=False)
    names = [item.name for item in items]
    damaged(stored.bad, names, skip=False, total=len(items))
    if stored.array.shape[1:] != decoding.shape and decoding.shape[1]:
        sizes = [f"{height}×{width}" for _, height, width in stored.shapes]
        _refuse_size(", ".join(dict.fromkeys(sizes)), names, decoding)
    columns = [pl.Series(file_column(name), names)] if files else []
    return Examples(pl.DataFrame([pl.Series(name, range(len(items)), dtype=pl.Int64), *columns]), {name: stored.array})


def _refuse_size(received: str, names: Sequence[str], decoding: Decoding) -> None:
    _, height, width = decoding.shape
    what = f"`{names[0]}` has" if len(names) == 1 else "the new pictures have"
    raise fail(
        "F009",
        f"{what} another size than the pictures of the training",
        expected=f"{height}×{width} pixels",
        received=received,
        fix=f"train with `transform: Resize(({height}, {width}))`: it takes pictures of any size",
    )


def _from_array(array: np.ndarray, text: str, name: str, decoding: Decoding) -> Examples:
    wanted = decoding.shape
    if wanted[1] and array.shape in (wanted, wanted[1:], (*wanted[1:], wanted[0])):
        array = array[None]  # one picture alone
    pictures, _ = channels_first(array, text)
    if pictures.shape[1] == 1 and wanted[0] == 3:
        pictures = np.repeat(pictures, 3, axis=1)
    elif pictures.shape[1] == 4 and wanted[0] == 3:
        pictures = pictures[:, :3]
    if pictures.shape[1] != wanted[0] or (wanted[1] and pictures.shape[2:] != wanted[1:]):
        if wanted[1] and pictures.shape[2:] != wanted[1:]:
            _refuse_size(f"{pictures.shape[2]}×{pictures.shape[3]}", [text, text], decoding)
        raise fail(
            "S302",
            f"`{text}` has {pictures.shape[1]} channels, the pictures of the training had {wanted[0]}",
            expected=f"[N, {wanted[0]}, H, W]",
            received=f"shape {tuple(array.shape)}",
        )
    return Examples(pl.DataFrame([pl.Series(name, range(len(pictures)), dtype=pl.Int64)]), {name: pictures})
