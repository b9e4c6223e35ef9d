"""Rows that do not fit into memory: written once, in order, to a file of the cache folder that is mapped into memory.

A data set is read by one thread, in order, since few are made for several; the file is read by any number.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from modelwright.data.images import cache
from modelwright.data.images.behind import Normalised, as_bytes
from modelwright.data.numbers import LIMIT
from modelwright.data.problems import fail
from modelwright.data.row_blocks import BLOCK, NUMBERS, Arrays, Order, frame_of, several
from modelwright.diagnostic import Place
from modelwright.files import write_atomically
from modelwright.spec.own import place_of

SHARE = 0.5  # of the free memory that rows may take
SUFFIX, NAMES = ".rows", ".names"
OTHERWISE = "write them to Parquet files, or pictures to a folder for each class, and give the path"


def free_bytes() -> float:
    """Return the memory that can be had, as far as the system, or the container that this runs in, says."""
    found = [float("inf")]
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.append(1024.0 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]))
    with suppress(OSError, ValueError):  # `max` where there is no limit
        group = Path("/sys/fs/cgroup")
        found.append(float((group / "memory.max").read_text()) - float((group / "memory.current").read_text()))
    return min(found)


def folder() -> Path:
    """Return where rows are kept; it may be deleted when no run needs them any more."""
    return cache.folder().parent / "rows"


@dataclass(frozen=True, slots=True)
class Spilled:
    """Inputs `[N, …]`, mapped into memory; the answers, which are small; the `Normalize` that is undone in them.

    `beside` are the columns of several inputs that stay in memory; None for one input.
    """

    inputs: np.ndarray
    answers: np.ndarray | None
    transform: str
    rows: int
    beside: pl.DataFrame | None = None


def spill(blocks: Iterator[Arrays], one: Any, named: bool = False, known: Sequence[Normalised] | None = ()) -> Spilled:
    """Write the rows of a data set to a file, `named` where they are dicts; DataError F008 where they cannot be
    streamed, or no file can be written."""
    digest = hashlib.sha256()
    folder().mkdir(parents=True, exist_ok=True)
    temporary = folder() / f".{os.getpid()}-{id(digest)}.tmp"
    answers: list[np.ndarray] = []
    beside: list[Arrays] = []
    order: Order | None = None
    transform: str | None = None
    shape, kind, count = (), np.dtype(np.float32), 0
    try:
        with temporary.open("wb") as file:
            for arrays in blocks:
                given, order = _columns(arrays, one, named, beside)
                inputs, found = _plain(given, one, known)
                transform = found if transform is None else transform
                if found != transform or (count and inputs.dtype != kind):
                    raise fail("F003", f"the pictures of `{type(one).__name__}` are bytes up to a row, then numbers")
                shape, kind, count = inputs.shape[1:], inputs.dtype, count + len(inputs)
                answers += [] if named else [arrays["y"]]
                _write(file, inputs, digest)
        path = _named(temporary, digest, order)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _no_room(one, error) from error
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    kept = None if order is None else frame_of(beside)
    found = np.concatenate(answers) if answers else None
    return Spilled(mapped(path, kind, (count, *shape)), found, transform or "", count, kept)


def _columns(arrays: Arrays, one: Any, named: bool, beside: list[Arrays]) -> tuple[np.ndarray, Order | None]:
    """Return the inputs of a block as one array, and the names of its columns where they are several inputs."""
    if set(arrays) == {"x", "y"} and not named:
        if arrays["x"].dtype.kind not in NUMBERS:
            raise _unlike(one, arrays)
        return arrays["x"], None
    if len(arrays) < 2:
        raise _unlike(one, arrays)
    found = several(arrays, one, named)
    beside.append({name: array for name, array in found.beside.items() if named or name != "y"})
    return found.numbers, found.order


def _named(temporary: Path, digest: Any, order: Order | None) -> Path:
    """Give a file of rows the name of what is in it; of several inputs the names of the columns stand beside it."""
    words = "" if order is None else json.dumps(order)
    digest.update(words.encode())
    path = folder() / f"{digest.hexdigest()}{SUFFIX}"
    if words:
        write_atomically(path.with_suffix(NAMES), words)
    temporary.replace(path)
    return path


def names_of(array: np.ndarray) -> Order | None:
    """Return the names of the columns that a file of rows holds, and their order beside others; None: one input."""
    path = file_of(array)
    beside = None if path is None else path.with_suffix(NAMES)
    return json.loads(beside.read_text("utf-8")) if beside is not None and beside.exists() else None


def mapped(path: Path, kind: np.dtype[Any], shape: Sequence[int]) -> np.ndarray:
    """Return a file of rows, mapped into memory; what is written there stays in memory."""
    return np.memmap(path, dtype=kind, mode="c", shape=tuple(shape))


def file_of(array: np.ndarray) -> Path | None:
    """Return the file of rows that an array is mapped from, or is a view of; None for others."""
    base: Any = array
    while base is not None and not isinstance(base, np.memmap):
        base = getattr(base, "base", None)  # memory of another library's has none
    path = None if base is None or base.filename is None else Path(base.filename)
    return path if path is not None and path.suffix == SUFFIX else None


def digest_of(array: np.ndarray) -> str:
    """Return a SHA-256 over shape and values; of a file of rows the one in its name, which is not read again."""
    path = file_of(array)
    content = array.data if path is None and array.flags.c_contiguous else b"" if path else array.tobytes()
    digest = hashlib.sha256(f"{array.shape}".encode() + (path.stem.encode() if path else b""))
    digest.update(content)
    return digest.hexdigest()


def turned(array: np.ndarray) -> np.ndarray:
    """Return rows `[N, W]` of a file as columns `[W, N]`, each in one piece, in a second file beside it."""
    path = file_of(array)
    assert path is not None
    beside = path.with_suffix(f".columns{SUFFIX}")
    if not beside.exists():
        temporary = beside.with_suffix(f".{os.getpid()}.tmp")
        columns = np.memmap(temporary, dtype=array.dtype, mode="w+", shape=array.shape[::-1])
        for start in range(0, len(array), BLOCK * 16):
            columns[:, start : start + BLOCK * 16] = array[start : start + BLOCK * 16].T
        columns.flush()
        temporary.replace(beside)
    return mapped(beside, array.dtype, array.shape[::-1])


def _plain(inputs: np.ndarray, one: Any, known: Sequence[Normalised] | None) -> tuple[np.ndarray, str]:
    """Return inputs as they are kept: pictures as bytes, other numbers as float32."""
    inputs, transform = as_bytes(inputs, one, known)
    if inputs.ndim > 2 and inputs.dtype == np.uint8:
        return inputs, transform
    if inputs.ndim == 4:
        fix = "give bytes, or floats of 0 to 1 as `ToTensor` makes them"
        raise fail("S306", f"the pictures of `{type(one).__name__}` are no bytes", where=place_of(one), fix=fix)
    return np.clip(inputs, -LIMIT, LIMIT).astype(np.float32), transform


def _write(file: BinaryIO, inputs: np.ndarray, digest: Any) -> None:
    content = np.ascontiguousarray(inputs).data
    file.write(content)
    digest.update(content)


def _unlike(one: Any, arrays: Arrays) -> Exception:
    return fail(
        "F008",
        f"the rows of `{type(one).__name__}` do not fit into memory",
        where=place_of(one),
        expected="rows `(x, y)` with numbers as `x`, several inputs `(x1, x2, y)`, or dicts of both",
        received=", ".join(f"{name} {list(array.shape[1:])} of {array.dtype}" for name, array in arrays.items()),
        fix=OTHERWISE,
    )


def _no_room(one: Any, error: OSError) -> Exception:
    return fail(
        "F008",
        f"the rows of `{type(one).__name__}` do not fit into memory, and cannot be written: {error.strerror}",
        where=Place(file=str(folder())),
        expected="a cache folder with room for them",
        fix="MODELWRIGHT_CACHE=/a/larger/disk",
    )
