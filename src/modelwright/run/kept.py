"""Data that the caller holds, kept in the run folder so that the run can be resumed."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import polars as pl

from modelwright.data.columns import Examples
from modelwright.run.folder import FRAME, Folder

ARRAY = "data.{}.npy"
"""File of the pictures or sequences that a column stands for."""
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
        buffer = BytesIO()
        np.save(buffer, array, allow_pickle=False)
        files[ARRAY.format(name)] = buffer.getvalue()
    if isinstance(given, Examples) and given.parts is not None:
        buffer = BytesIO()
        np.save(buffer, given.parts, allow_pickle=False)
        files[PARTS] = buffer.getvalue()
    return files


def rows_in(folder: Folder) -> pl.DataFrame | Examples | None:
    """Return the rows that `files_of` kept; None where the description names files."""
    if not (folder.path / FRAME).exists():
        return None
    frame = pl.read_parquet(folder.path / FRAME)
    paths = {name: folder.path / ARRAY.format(name) for name in frame.columns}
    media = {name: np.load(path, mmap_mode="c", allow_pickle=False) for name, path in paths.items() if path.exists()}
    kept = folder.path / PARTS
    parts = np.load(kept, allow_pickle=False) if kept.exists() else None
    return frame if parts is None and not media else Examples(frame, media, parts)
