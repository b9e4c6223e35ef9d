"""Rows that a generator makes, as files: a grid of pictures, or a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.files import write_atomically

SAMPLES, COLUMNS = "samples", 8
"""The folder of a run's samples, and the pictures beside one another in a grid."""
GAP = 2  # pixels between two pictures
TABLES = (".csv", ".tsv", ".parquet", ".jsonl")


def sample_name(epoch: int, pictures: bool) -> str:
    """Return the file of an epoch's samples.

    >>> sample_name(3, pictures=True)
    'samples/epoch-0003.png'
    """
    return f"{SAMPLES}/epoch-{epoch:04d}.{'png' if pictures else 'csv'}"


def grid(pictures: np.ndarray, columns: int = COLUMNS) -> np.ndarray:
    """Return pictures `[N, C, H, W]` side by side, `[height, width]` of grey ones or `[height, width, C]`.

    >>> grid(np.zeros((9, 1, 8, 8), np.uint8)).shape
    (18, 78)
    """
    count, channels, tall, wide = pictures.shape
    rows = -(-count // columns)
    whole = np.full((rows * (tall + GAP) - GAP, columns * (wide + GAP) - GAP, channels), 255, dtype=np.uint8)
    for at, picture in enumerate(pictures):
        top, left = at // columns * (tall + GAP), at % columns * (wide + GAP)
        whole[top : top + tall, left : left + wide] = picture.transpose(1, 2, 0)
    return whole[:, :, 0] if channels == 1 else whole


def write_rows(path: Path, rows: Any) -> None:
    """Write made rows: `.png` (a grid) or `.npy` of pictures, `.csv`, `.tsv`, `.parquet` or `.jsonl` of a table.

    RunError R006 for a name that does not fit them.
    """
    pictures, suffix = isinstance(rows, np.ndarray), path.suffix.lower()
    if suffix not in ((".png", ".npy") if pictures else TABLES):
        raise RunError(_unfit(path, pictures))
    write_atomically(path, _bytes(rows, suffix))


def _bytes(rows: Any, suffix: str) -> bytes:
    from io import BytesIO

    file = BytesIO()
    if suffix == ".png":
        from PIL import Image

        Image.fromarray(grid(rows)).save(file, format="png")
    elif suffix == ".npy":
        np.save(file, rows)
    else:
        _write_frame(rows, suffix, file)
    return file.getvalue()


def _write_frame(rows: pl.DataFrame, suffix: str, file: Any) -> None:
    match suffix:
        case ".parquet":
            rows.write_parquet(file)
        case ".jsonl":
            rows.write_ndjson(file)
        case _:
            rows.write_csv(file, separator="\t" if suffix == ".tsv" else ",")


def _unfit(path: Path, pictures: bool) -> Diagnostic:
    wanted = ".png (a grid) or .npy (an array)" if pictures else ", ".join(TABLES)
    return Diagnostic(
        code="R006",
        severity="error",
        message=f"`{path.name}` cannot hold {'pictures' if pictures else 'rows of a table'}",
        expected=wanted,
        received=path.suffix or "no suffix",
        help=f"-o {path.stem}{'.png' if pictures else '.csv'}",
    )
