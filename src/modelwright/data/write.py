"""Writing a table: by the suffix of the file, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl

from modelwright.data.formats import suffix_format
from modelwright.data.problems import fail
from modelwright.diagnostic import Place
from modelwright.errors import RunError
from modelwright.files import cannot_write

Writer = Callable[[pl.DataFrame, Path], None]


def write(frame: pl.DataFrame, target: Path | str) -> None:
    """Write rows as .csv, .tsv, .parquet, .arrow or .jsonl; `-` is standard output, as CSV.

    The file appears whole: it is written beside its name, flushed, and renamed. Raises DataError F008 for an unknown
    suffix, RunError R006 where the disk is full or the folder may not be written.
    """
    if str(target) == "-":
        sys.stdout.write(frame.write_csv())
        sys.stdout.flush()
        return
    path = Path(target)
    writer = writer_for(path)
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        writer(frame, temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        reason = error if isinstance(error, OSError) else OSError(str(error))
        raise RunError(cannot_write(path, reason)) from error


def writer_for(path: Path) -> Writer:
    """Return what writes a file of this name; raises DataError F008, before any work is done, where nothing does."""
    writer = WRITERS.get(suffix_format(path.name) or "") if path.suffix.lower() in _PLAIN else None
    if writer is None:
        raise fail(
            "F008",
            f"`{path.name}`: a table cannot be written in this format",
            where=Place(file=str(path)),
            expected=", ".join(_PLAIN),
            received=path.suffix or "no suffix",
            fix=f"{path.name.split('.')[0]}.csv",
        )
    return writer


def _csv(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path)


def _tsv(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path, separator="\t")


def _parquet(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path)


def _arrow(frame: pl.DataFrame, path: Path) -> None:
    frame.write_ipc(path)


def _jsonl(frame: pl.DataFrame, path: Path) -> None:
    frame.write_ndjson(path)


_PLAIN = (".csv", ".tsv", ".parquet", ".arrow", ".jsonl")
WRITERS: dict[str, Writer] = {"csv": _csv, "tsv": _tsv, "parquet": _parquet, "arrow": _arrow, "jsonl": _jsonl}
