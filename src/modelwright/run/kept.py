"""Data that the caller holds, kept in the run folder so that the run can be resumed."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl

from modelwright.data.columns import Examples
from modelwright.data.spill import file_of, mapped
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.run.folder import FRAME, Folder

ARRAY = "data.{}.npy"
"""File of the pictures or sequences that a column stands for."""
STREAMED = "data.{}.json"
"""What tells where such an array lies that is streamed from a file."""
PARTS = "data-parts.npy"
"""File of the part of each row, where training, validation and test rows were given apart."""


def files_of(given: pl.DataFrame | Examples | None) -> dict[str, bytes | str]:
    """Return the files that keep rows of a caller."""
    if given is None:
        return {}
    frame = given.frame if isinstance(given, Examples) else given
    buffer = BytesIO()
    frame.write_parquet(buffer)
    files: dict[str, bytes | str] = {FRAME: buffer.getvalue()}
    for name, array in given.media.items() if isinstance(given, Examples) else ():
        path = file_of(array)
        if path is not None:  # larger than memory: what is kept is where it lies
            about = {"file": str(path), "dtype": array.dtype.str, "shape": array.shape}
            files[STREAMED.format(name)] = json.dumps(about)
            continue
        buffer = BytesIO()
        np.save(buffer, array, allow_pickle=False)
        files[ARRAY.format(name)] = buffer.getvalue()
    if isinstance(given, Examples) and given.parts is not None:
        buffer = BytesIO()
        np.save(buffer, given.parts, allow_pickle=False)
        files[PARTS] = buffer.getvalue()
    return files


def _mapped(path: Path) -> np.ndarray:
    """Return rows that are streamed from a file; RunError R001 where it is gone."""
    about = json.loads(path.read_bytes())
    if not Path(about["file"]).exists():
        raise RunError(
            Diagnostic(
                code="R001",
                severity="error",
                message="the rows of this run were streamed from a file that is gone",
                where=Place(file=about["file"]),
                expected="the file that the run began with",
                help="train anew: it is written again",
            )
        )
    return mapped(Path(about["file"]), np.dtype(about["dtype"]), about["shape"])


def rows_in(folder: Folder) -> pl.DataFrame | Examples | None:
    """Return the rows that `files_of` kept; None where the description names files."""
    if not (folder.path / FRAME).exists():
        return None
    frame = pl.read_parquet(folder.path / FRAME)
    paths = {name: folder.path / ARRAY.format(name) for name in frame.columns}
    media = {name: np.load(path, mmap_mode="c", allow_pickle=False) for name, path in paths.items() if path.exists()}
    media |= {
        name: _mapped(path) for path in folder.path.glob(STREAMED.format("*")) for name in [path.name.split(".")[1]]
    }
    kept = folder.path / PARTS
    parts = np.load(kept, allow_pickle=False) if kept.exists() else None
    return frame if parts is None and not media else Examples(frame, media, parts)
