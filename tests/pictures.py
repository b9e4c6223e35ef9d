"""Small pictures for tests, and writers of every form that is read."""

from __future__ import annotations

import base64
import gzip
import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

ROWS, SIDE = 24, 8
CLASSES = ("cat", "dog", "owl")


def shades(rows: int = ROWS, channels: int = 1, side: int = SIDE) -> np.ndarray:
    """Return pictures [N, C, H, W] that differ everywhere; the class of row n is n % 3 and shows in the brightness."""
    noise = np.random.default_rng(0).integers(0, 60, (rows, channels, side, side))
    return (noise + 60 * (np.arange(rows) % 3)[:, None, None, None]).astype(np.uint8)


def classes(rows: int = ROWS) -> list[str]:
    """Return the class of each picture."""
    return [CLASSES[row % 3] for row in range(rows)]


def image(picture: np.ndarray) -> Image.Image:
    """Return one picture [C, H, W] as Pillow's."""
    return Image.fromarray(picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0))


def encoded(picture: np.ndarray, form: str = "png", **options: object) -> bytes:
    """Return the file of one picture."""
    buffer = io.BytesIO()
    image(picture).save(buffer, form, **options)
    return buffer.getvalue()


def folders(path: Path, pictures: np.ndarray, names: list[str], suffix: str = "png", **options: object) -> Path:
    """Write a folder for each class, with a picture a file; names keep the order of the rows within a class."""
    for row, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        (path / name).mkdir(parents=True, exist_ok=True)
        form = {"jpg": "jpeg", "tif": "tiff"}.get(suffix, suffix)
        (path / name / f"{row:05d}.{suffix}").write_bytes(encoded(picture, form, **options))
    return path


def idx(array: np.ndarray) -> bytes:
    """Return an IDX file of bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def mnist_like(path: Path, train: np.ndarray, test: np.ndarray, pack: bool = False) -> Path:
    """Write four files as MNIST has them; the class of row n is n % 3."""
    path.mkdir(parents=True, exist_ok=True)
    for name, pictures in (("train", train), ("t10k", test)):
        for kind, array in (("images-idx3", pictures[:, 0]), ("labels-idx1", np.arange(len(pictures)) % 3)):
            content = idx(array)
            file = path / f"{name}-{kind}-ubyte{'.gz' if pack else ''}"
            file.write_bytes(gzip.compress(content) if pack else content)
    return path


def table_of_paths(path: Path, pictures: np.ndarray, names: list[str]) -> Path:
    """Write a CSV with a column of paths beside the pictures."""
    path.mkdir(parents=True, exist_ok=True)
    files = [f"pictures/{row:05d}.png" for row in range(len(pictures))]
    (path / "pictures").mkdir()
    for file, picture in zip(files, pictures, strict=True):
        (path / file).write_bytes(encoded(picture))
    pl.DataFrame({"file_name": files, "label": names}).write_csv(path / "rows.csv")
    return path / "rows.csv"


def table_of_bytes(path: Path, pictures: np.ndarray, names: list[str], nested: bool = False) -> Path:
    """Write a Parquet file with the pictures' bytes, in a struct with their path as data hubs do if `nested`."""
    path.mkdir(parents=True, exist_ok=True)
    cells: list[object] = [encoded(picture) for picture in pictures]
    if nested:
        cells = [{"bytes": cell, "path": f"{row}.png"} for row, cell in enumerate(cells)]
    pl.DataFrame({"image": cells, "label": names}).write_parquet(path / "rows.parquet")
    return path / "rows.parquet"


def table_of_letters(path: Path, pictures: np.ndarray, names: list[str]) -> Path:
    """Write a CSV with the pictures' bytes in base64, every other one as an address."""
    path.mkdir(parents=True, exist_ok=True)
    cells = [base64.b64encode(encoded(picture)).decode() for picture in pictures]
    cells[1::2] = [f"data:image/png;base64,{cell}" for cell in cells[1::2]]
    pl.DataFrame({"image": cells, "label": names}).write_csv(path / "rows.csv")
    return path / "rows.csv"


def archive(path: Path, pictures: np.ndarray, names: list[str]) -> Path:
    """Write an .npz of pictures and labels."""
    path.mkdir(parents=True, exist_ok=True)
    np.savez(path / "set.npz", images=pictures, labels=np.array(names))
    return path / "set.npz"


def plain_arrays(path: Path, pictures: np.ndarray, names: list[str]) -> Path:
    """Write two .npy files."""
    path.mkdir(parents=True, exist_ok=True)
    np.save(path / "images.npy", pictures)
    np.save(path / "labels.npy", np.array(names))
    return path / "images.npy"


Writer = Callable[[Path, np.ndarray, list[str]], Path]
EXACT: dict[str, Writer] = {
    **{f"folders of {suffix}": lambda p, x, y, s=suffix: folders(p, x, y, s) for suffix in ("png", "bmp", "tif")},
    "folders of webp": lambda p, x, y: folders(p, x, y, "webp", lossless=True),
    "a table of paths": table_of_paths,
    "a table of bytes": table_of_bytes,
    "a table of structs": lambda p, x, y: table_of_bytes(p, x, y, nested=True),
    "a table of base64": table_of_letters,
    "npz": archive,
    "npy": plain_arrays,
}
"""Forms that keep every byte of grey and of colour pictures."""
