"""What the readers of pictures give, whatever they read, and the table that is made of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from modelwright.data.columns import Column, Reading, Table
from modelwright.data.kind import Kind
from modelwright.data.problems import SHOWN, count, problem, some
from modelwright.data.schemas import unknown_columns
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec

IMAGE, LABEL = "image", "label"
"""Names of the columns where the data give none, as data hubs call them."""
NUMBERED = 20  # problems that are told one by one; the others are counted
PARTS = {"train": 0, "validation": 1, "test": 2}


@dataclass(slots=True, kw_only=True)
class Found:
    """Pictures `[N, C, H, W]` uint8 with their labels. `rows` are the pictures that can be used, `labels` theirs."""

    array: np.ndarray
    rows: np.ndarray
    labels: dict[str, pl.Series]
    format: str
    paths: tuple[str, ...]
    digest: str
    parts: np.ndarray | None = None
    files: Sequence[str] = ()
    options: dict[str, object] = field(default_factory=dict[str, object])
    why: dict[str, str] = field(default_factory=dict[str, str])
    findings: list[Diagnostic] = field(default_factory=list[Diagnostic])


def to_table(found: Found, data: DataSpec, started: float) -> Table:
    """Return pictures and labels as a table: a column `image` of row numbers into them, and one a label."""
    frame = pl.DataFrame([pl.Series(IMAGE, found.rows.astype(np.int64)), *found.labels.values()])
    unknown = unknown_columns(_named(data), frame.columns)
    if unknown:
        raise DataError(*unknown)
    columns = [image_column(IMAGE, found.array, len(found.rows))]
    columns += [_label(series, data.columns) for series in found.labels.values()]
    options = {**found.options, **picture_options(found.array)}
    labels = "\n".join(str(hash_of(series)) for series in found.labels.values())
    parts = b"" if found.parts is None else found.parts.tobytes()
    reading = Reading(
        paths=found.paths,
        format=found.format,
        options=options,
        why={"format": "", **found.why},
        fingerprint=hashlib.sha256(f"{found.digest}\n{labels}\n".encode() + parts).hexdigest(),
        seconds=time.perf_counter() - started,
    )
    return Table(
        frame=frame,
        columns=tuple(columns),
        reading=reading,
        parts=found.parts,
        findings=tuple(found.findings),
        media={IMAGE: found.array},
        files=tuple(found.files),
    )


def picture_options(array: np.ndarray) -> dict[str, object]:
    """Return what a reader of new pictures must know of those of the training."""
    return {"colours": int(array.shape[1]), "size": [int(array.shape[2]), int(array.shape[3])]}


def image_column(name: str, array: np.ndarray, rows: int) -> Column:
    """Return the column of row numbers into the pictures."""
    colours = "grey" if array.shape[1] == 1 else "RGB" if array.shape[1] == 3 else f"{array.shape[1]} channels"
    why = f"pictures of {array.shape[2]}×{array.shape[3]} pixels, {colours}"
    return Column(name=name, kind="image", why=why, count=rows, missing=0, unique=rows)


def _label(series: pl.Series, forced: Mapping[str, Kind]) -> Column:
    known = series.drop_nulls()
    kind = forced.get(series.name, "numeric" if series.dtype.is_float() else "category")
    numbers = series.dtype.is_numeric() and len(known) > 0
    values = known.unique().sort()
    return Column(
        name=series.name,
        kind=kind,
        why="given" if series.name in forced else "the label of a picture",
        count=len(known),
        missing=series.null_count(),
        unique=len(values),
        low=float(values[0]) if numbers else None,
        high=float(values[-1]) if numbers else None,
        examples=tuple(str(value) for value in values.head(SHOWN).to_list()),
    )


def _named(data: DataSpec) -> list[tuple[str, str]]:
    targets = [] if data.target == "auto" else [data.target] if isinstance(data.target, str) else data.target
    named = [("data.target", name) for name in targets] + [("data.drop", name) for name in data.drop]
    named += [(f"data.columns.{name}", name) for name in data.columns]
    roles = (("data.group", data.group), ("data.time", data.time), ("data.weight", data.weight))
    return named + [(key, name) for key, name in roles if name is not None]


def hash_of(series: pl.Series) -> str:
    """Return a SHA-256 over the values of a column."""
    digest = hashlib.sha256(f"{series.name} {series.dtype}\n".encode())
    if series.dtype.is_numeric():
        digest.update(series.fill_null(0).to_numpy().tobytes() + series.is_null().to_numpy().tobytes())
    else:
        texts = series.cast(pl.String)
        digest.update("\0".join("\1" if text is None else text for text in texts.to_list()).encode())
    return digest.hexdigest()


def damaged(bad: Mapping[int, str], names: Sequence[str], skip: bool, total: int) -> list[Diagnostic]:
    """Return a warning about pictures that are left out; DataError D111 that names each where none may be."""
    if not bad:
        return []
    listed = [f"`{names[number]}`: {why}" for number, why in sorted(bad.items())]
    fix = "mend or remove them, or leave them out: `data: {on_error: skip}`"
    if skip and len(bad) < total:
        are = "is" if len(bad) == 1 else "are"
        message = f"{count(len(bad), 'picture')} of {total:,} cannot be decoded and {are} left out"
        return [_finding("warning", message, some(listed, quote=""), "mend or remove them")]
    problems = [
        problem(
            "D111",
            f"the picture `{names[number]}` cannot be decoded: {why}",
            where=Place(file=names[number]),
            expected="a whole picture: png, jpeg, webp, bmp, gif or tiff",
            fix=fix,
        )
        for number, why in sorted(bad.items())[:NUMBERED]
    ]
    if len(bad) > NUMBERED:
        problems.append(problem("D111", f"{len(bad) - NUMBERED:,} further pictures cannot be decoded", fix=fix))
    raise DataError(*problems)


def _finding(severity: str, message: str, received: str, fix: str) -> Diagnostic:
    level = "warning" if severity == "warning" else "note"
    return Diagnostic(
        code="D111", severity=level, message=message, expected="pictures as they are", received=received, help=fix
    )


def noticed(notes: Mapping[str, int], left_out: Sequence[str]) -> list[Diagnostic]:
    """Return notes about what decoding changed, and what was no picture."""
    words = {
        "rotated": "are turned as the camera's EXIF mark says",
        "16 bits": "have 16 bits a number; the upper 8 are used",
        "CMYK": "are CMYK; they become RGB",
        "transparent": "have transparency; it is left out",
        "animated": "hold several pictures; the first is used",
    }
    found = [
        _finding("note", f"{count(number, 'picture')} {words.get(note, note)}", "", "")
        for note, number in sorted(notes.items())
    ]
    if left_out:
        message = f"{count(len(left_out), 'file')} beside the pictures {'is' if len(left_out) == 1 else 'are'} none"
        found.append(_finding("note", message, some(left_out), ""))
    return found
