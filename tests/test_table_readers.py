"""Every reader gets the same table in its own format and must give the same frame."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import json
import lzma
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from modelwright.data.table import from_frame, read
from modelwright.spec.schema import DataSpec

ROWS = 30
FRAME = pl.DataFrame(
    {
        "count": [None if i == 3 else i * 7 % 11 for i in range(ROWS)],
        "size": [None if i == 5 else i / 4 - 2 for i in range(ROWS)],
        "flag": [None if i == 6 else i % 3 == 0 for i in range(ROWS)],
        "day": [None if i == 7 else dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(ROWS)],
        "colour": [None if i == 8 else ("red", "grün", "bl,ue")[i % 3] for i in range(ROWS)],
        "note": [f'the {i}th "note", with words of its own' for i in range(ROWS)],
        "class": [("yes", "no")[i % 2] for i in range(ROWS)],
    }
)
KINDS = ["integer", "numeric", "boolean", "date", "category", "text", "category"]


def as_text(separator: str = ",", **options: object) -> str:
    return FRAME.write_csv(separator=separator, **options)


def csv(path: Path) -> None:
    path.write_text(as_text())


def sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE rows ({', '.join(f'[{name}]' for name in FRAME.columns)})")
        rows = [
            [None if v is None else (str(v) if isinstance(v, dt.date | bool) else v) for v in row]
            for row in FRAME.rows()
        ]
        connection.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * FRAME.width)})", rows)
        connection.commit()


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.csv", as_text())


WRITERS = {
    "plain.csv": csv,
    "tabs.tsv": lambda path: path.write_text(as_text("\t")),
    "semicolons.csv": lambda path: path.write_text(as_text(";")),
    "bars.txt": lambda path: path.write_text(as_text("|")),
    "german.csv": lambda path: path.write_text(re.sub(r"(?<=;)(-?\d+)\.(\d+)(?=;)", r"\1,\2", as_text(";"))),
    "windows.csv": lambda path: path.write_bytes(as_text(line_terminator="\r\n").encode("cp1252")),
    "mark.csv": lambda path: path.write_bytes(as_text().encode("utf-8-sig")),
    "wide.csv": lambda path: path.write_bytes(as_text().encode("utf-16")),
    "missing.csv": lambda path: path.write_text(as_text(null_value="NA")),
    "blank.csv": lambda path: path.write_text("\n" + as_text().replace("\n", "\n\n") + "\n\n"),
    "rows.csv.gz": lambda path: path.write_bytes(gzip.compress(as_text().encode())),
    "rows.csv.bz2": lambda path: path.write_bytes(bz2.compress(as_text().encode())),
    "rows.csv.xz": lambda path: path.write_bytes(lzma.compress(as_text().encode())),
    "rows.csv.zst": lambda path: path.write_bytes(pa.compress(as_text().encode(), codec="zstd", asbytes=True)),
    "rows.csv.zip": zipped,
    "rows.parquet": FRAME.write_parquet,
    "parquet-called.csv": FRAME.write_parquet,
    "rows.arrow": FRAME.write_ipc,
    "stream.arrow": FRAME.write_ipc_stream,
    "rows.jsonl": FRAME.write_ndjson,
    "rows.json": FRAME.write_json,
    "rows.jsonl.gz": lambda path: path.write_bytes(gzip.compress(FRAME.write_ndjson().encode())),
    "rows.db": sqlite,
    "rows.xlsx": lambda path: FRAME.to_pandas().to_excel(path, index=False),
}


@pytest.mark.parametrize("name", WRITERS)
def test_each_format_gives_the_same_frame(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    table = read(DataSpec(path=name), tmp_path)
    frame = table.frame
    if name == "rows.xlsx":  # pandas writes dates as dates with a time
        frame = frame.with_columns(pl.col("day").cast(pl.Date), pl.col("count").cast(pl.Int64))
    assert frame.equals(FRAME), frame
    assert frame.schema == FRAME.schema
    kinds = [column.kind for column in table.columns]
    assert kinds == KINDS or (name == "rows.xlsx" and kinds[1:] == KINDS[1:])
    assert table.reading.seconds > 0
    assert len(table.reading.fingerprint) == 64


@pytest.mark.parametrize("source", ["polars", "lazy", "pandas", "pandas-arrow", "dict", "dicts"])
def test_each_frame_gives_the_same_frame(source: str) -> None:
    given = {
        "polars": lambda: FRAME,
        "lazy": FRAME.lazy,
        "pandas": FRAME.to_pandas,
        "pandas-arrow": lambda: FRAME.to_pandas(use_pyarrow_extension_array=True),
        "dict": lambda: FRAME.to_dict(as_series=False),
        "dicts": FRAME.to_dicts,
    }[source]()
    table = from_frame(given, DataSpec())
    assert [column.kind for column in table.columns][1:] == KINDS[1:]
    assert table.frame.with_columns(pl.col("count").cast(pl.Int64), pl.col("day").cast(pl.Date)).equals(FRAME)


def test_arrays() -> None:
    table = from_frame(np.array([[1.5, 2.0], [np.nan, 3.0]]), DataSpec())
    assert table.frame.to_dict(as_series=False) == {"column_1": [1.5, None], "column_2": [2.0, 3.0]}
    structured = np.array([(1, 2.5, "a"), (2, 3.5, "b")], dtype=[("x", "i4"), ("y", "f8"), ("z", "U3")])
    table = from_frame(structured, DataSpec())
    assert [column.kind for column in table.columns] == ["integer", "numeric", "category"]
    mixed = np.array([[1, "a"], [None, "b"]], dtype=object)
    assert from_frame(mixed, DataSpec()).frame.to_dict(as_series=False) == {
        "column_1": [1, None],
        "column_2": ["a", "b"],
    }


def test_a_fingerprint_follows_content_alone() -> None:
    whole = from_frame(FRAME, DataSpec()).reading.fingerprint
    chunked = pl.concat([FRAME[:11], FRAME[11:]], rechunk=False)
    assert from_frame(chunked, DataSpec()).reading.fingerprint == whole
    changed = FRAME.with_columns(pl.col("size") + 1e-9)
    assert from_frame(changed, DataSpec()).reading.fingerprint != whole


def test_several_files_one_table(tmp_path: Path) -> None:
    for part in range(3):
        columns = FRAME.columns if part != 1 else FRAME.columns[::-1]
        FRAME[part * 10 : part * 10 + 10].select(columns).write_csv(tmp_path / f"part-{part}.csv")
    for path in ("part-*.csv", ".", [f"part-{part}.csv" for part in range(3)]):
        table = read(DataSpec(path=path), tmp_path)
        assert table.frame.equals(FRAME)
        assert len(table.reading.paths) == 3


def test_given_parts(tmp_path: Path) -> None:
    FRAME[:20].write_csv(tmp_path / "train.csv")
    FRAME[20:24].write_csv(tmp_path / "valid.csv")
    FRAME[24:].write_csv(tmp_path / "test.csv")
    table = read(DataSpec(path="train.csv", validation="valid.csv", test="test.csv"), tmp_path)
    assert table.parts is not None
    assert table.parts.dtype == np.int8
    assert np.bincount(table.parts).tolist() == [20, 4, 6]
    assert table.frame.equals(FRAME)


def test_a_query(tmp_path: Path) -> None:
    sqlite(tmp_path / "rows.db")
    data = DataSpec(path="rows.db", query="SELECT size, [class] FROM rows WHERE size > 0")
    assert read(data, tmp_path).frame.shape == (FRAME.filter(pl.col("size") > 0).height, 2)


def test_memory_url(tmp_path: Path) -> None:
    import fsspec

    with fsspec.open("memory://folder/rows.csv", "w") as file:
        file.write(as_text())
    assert read(DataSpec(path="memory://folder/rows.csv"), tmp_path).frame.equals(FRAME)
    assert read(DataSpec(path="memory://folder/*.csv"), tmp_path).frame.equals(FRAME)


def test_reading_options_are_json(tmp_path: Path) -> None:
    csv(tmp_path / "rows.csv")
    options = read(DataSpec(path="rows.csv"), tmp_path).reading.options
    assert json.loads(json.dumps(options)) == options
