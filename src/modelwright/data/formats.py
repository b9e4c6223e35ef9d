"""What a file is, by its first bytes rather than its name, and how it is opened."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl

from modelwright.data.problems import fail
from modelwright.diagnostic import Place

SUFFIXES: dict[str, str] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "csv",
    ".data": "csv",
    ".psv": "csv",
    ".ts": "ts",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".ipc": "arrow",
    ".feather": "arrow",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".db": "sql",
    ".sqlite": "sql",
    ".sqlite3": "sql",
}
TOLD: dict[str, str] = {
    "parquet": "a Parquet file",
    "arrow": "an Arrow file",
    "excel": "an Excel workbook",
    "sql": "an SQLite database",
}
"""Formats in words."""
COMPRESSED = (".gz", ".zst", ".zstd", ".bz2", ".xz", ".zip")

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"),
    (b"SQLite format 3\0", "sql"),
    (b"\xd0\xcf\x11\xe0", "excel"),
    (b"\x1f\x8b", "gz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"PK\x03\x04", "zip"),
)
NOT_TABLES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\x93NUMPY", "a NumPy array; load it and give the array to modelwright.train"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x80\x04\x95", "a Python pickle, which modelwright never opens"),
    (b"\x80\x05\x95", "a Python pickle, which modelwright never opens"),
    (b"\x7fELF", "a program"),
)


def suffix_format(name: str) -> str | None:
    """Return the format that a file name promises, its compression left aside.

    >>> suffix_format("a.csv.gz"), suffix_format("notes.docx")
    ('csv', None)
    """
    path = Path(name.lower())
    if path.suffix in COMPRESSED:
        path = path.with_suffix("")
    return SUFFIXES.get(path.suffix)


def magic(head: bytes) -> str | None:
    """Return the format or compression that the first bytes tell, None for text."""
    return next((name for start, name in MAGIC if head.startswith(start)), None)


def refuse_other_files(head: bytes, name: str) -> None:
    """Raise F008 for a file that is known to be no table."""
    for start, what in NOT_TABLES:
        if head.startswith(start):
            raise fail(
                "F008",
                f"`{name}` is {what}",
                where=Place(file=name),
                expected="a table: CSV, TSV, Parquet, Arrow, JSON lines, Excel, SQLite",
                fix="give the path of a table, or a folder of images",
            )


def text_format(head: bytes, name: str) -> str:
    """Return csv, tsv or jsonl for the first bytes of a text."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    promised = suffix_format(name)
    if promised == "ts" and (start in (b"@", b"#") or not start):
        return "ts"
    if start == b"{" or (start == b"[" and promised == "jsonl"):
        return "jsonl"
    return "tsv" if promised == "tsv" else "csv"


def opened(place: Path | bytes, head: bytes, name: str) -> BinaryIO:
    """Open a file, or bytes, decompressed where its first bytes say so."""
    match magic(head):
        case "gz":
            return cast(BinaryIO, gzip.open(_file(place)))
        case "bz2":
            return cast(BinaryIO, bz2.open(_file(place)))
        case "xz":
            return cast(BinaryIO, lzma.open(_file(place)))
        case "zst":
            return io.BytesIO(_zstandard(place, name))
        case "zip" if not is_excel(place):
            return io.BytesIO(_only_member(place, name))
        case _:
            return io.BytesIO(place) if isinstance(place, bytes) else place.open("rb")


def _file(place: Path | bytes) -> Any:
    return io.BytesIO(place) if isinstance(place, bytes) else place


def is_excel(place: Path | bytes) -> bool:
    """Tell a workbook from other zip files."""
    with zipfile.ZipFile(_file(place)) as archive:
        return any(name.startswith("xl/") or name == "content.xml" for name in archive.namelist())


def _only_member(place: Path | bytes, name: str) -> bytes:
    with zipfile.ZipFile(_file(place)) as archive:
        members = [member for member in archive.namelist() if not member.endswith("/") and "__MACOSX" not in member]
        if len(members) == 1:
            return archive.read(members[0])
    raise fail(
        "F008",
        f"the archive `{name}` holds {len(members)} files",
        expected="one table",
        received=", ".join(members[:5]),
        fix="unpack it and name one file",
    )


def _zstandard(place: Path | bytes, name: str) -> bytes:
    """Decompress with polars, which reads zstandard CSV itself: each line is taken as one value."""
    try:
        lines = pl.read_csv(place, has_header=False, schema={"line": pl.String}, separator="\x01", quote_char=None)
    except pl.exceptions.PolarsError as error:
        raise fail("F004", f"`{name}` cannot be decompressed", received=str(error).splitlines()[0]) from error
    return "\n".join(lines["line"].fill_null("").to_list()).encode()
