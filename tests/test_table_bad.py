"""Bad files: each is refused with its code, place and fix, and nothing is read wrongly in silence."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from modelwright.data.table import from_frame, read
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec
from somebody import posix, unreadable

GOOD = b"a,b,c\n" + b"1,2.5,x\n3,4.5,y\n" * 30


def refused(tmp_path: Path, content: bytes | None, name: str = "rows.csv", **data: object) -> DataError:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(DataSpec.model_validate({"path": name, **data}), tmp_path)
    return caught.value


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", "F002", "is empty"),
        (b"\n\n \n", "F002", "is empty"),
        (b"a,b\n", "F002", "a header and no rows"),
        (b"a,b\n1,\x002\n", "F004", "NUL"),
        (b"a,b,a\nx,2,3\nx,2,3\n", "F005", "`a` in columns 1, 3"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "F008", "a PNG image"),
        (b"\x80\x04\x95" + bytes(40), "F008", "pickle"),
        (gzip.compress(GOOD, mtime=0)[:-12], "F004", "damaged"),
        (b"a,b\n1,inf\n2,3\n-4,-Infinity\n", "F007", "row 1: inf, row 3: -inf"),
    ],
)
def test_bad_content(content: bytes, code: str, said: str, tmp_path: Path) -> None:
    error = refused(tmp_path, content)
    assert [found.code for found in error.diagnostics] == [code]
    assert said in str(error)


def test_ragged_lines_are_all_listed(tmp_path: Path) -> None:
    content = GOOD + b"7,8\n" + GOOD[6:] + b"1,2,3,4\n" + b"9\n"
    found = refused(tmp_path, content).diagnostics[0]
    assert found.code == "F003"
    assert found.message == "3 lines of `rows.csv` do not have 3 cells"
    assert found.received == "line 62: 2 cells, line 123: 4 cells, line 124: 1 cell"
    assert found.where.line == 62


@pytest.mark.parametrize("quoted", [b'"x, z"', b"x"])
def test_a_short_line_is_found_though_the_last_column_has_gaps(quoted: bytes, tmp_path: Path) -> None:
    rows = b"a,b,c\n" + b"1," + quoted + b",3\n4,y,\n" + b"1,y,2\n" * 40 + b"5,z\n"
    assert refused(tmp_path, rows).diagnostics[0].received == "line 44: 2 cells"


def test_many_ragged_lines_are_counted(tmp_path: Path) -> None:
    found = refused(tmp_path, GOOD + b"1,2\n" * 8 + GOOD[6:]).diagnostics[0]
    assert found.received.endswith("and 3 more lines")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "adult.csv").write_bytes(GOOD)
    found = refused(tmp_path, None, "adlut.csv").diagnostics[0]
    assert (found.code, found.help) == ("F001", "did you mean `adult.csv`?")
    both = refused(tmp_path, None, "adult.csv", path=["x.csv", "y.csv"])
    assert len(both.diagnostics) == 2


def test_folders(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path, None, "empty").diagnostics[0].code == "F008"
    (tmp_path / "rows.csv").write_bytes(GOOD)
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n')
    assert refused(tmp_path, None, ".").diagnostics[0].received == "1 csv, 1 jsonl"


@posix
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(GOOD)
    with unreadable(path):
        assert refused(Path(), None).diagnostics[0].help == "make it readable: chmod u+r rows.csv"


def test_bad_cells_in_a_column_of_numbers(tmp_path: Path) -> None:
    rows = "size,b\n" + "".join(f"{i / 8},{i}\n" for i in range(200)) + "n.v.,1\nkaputt,2\n"
    found = refused(tmp_path, rows.encode()).diagnostics[0]
    assert (found.code, found.where.row) == ("D104", 201)
    assert found.received == "row 201: `n.v.`, row 202: `kaputt`"
    fixed = read(DataSpec(path="rows.csv", missing=["n.v.", "kaputt"]), tmp_path)
    assert fixed.column("size").missing == 2
    assert read(DataSpec(path="rows.csv", columns={"size": "category"}), tmp_path).column("size").kind == "category"
    assert read(DataSpec(path="rows.csv", drop=["size"]), tmp_path).frame.height == 202


def test_mixed_dates(tmp_path: Path) -> None:
    rows = "day,x\n" + "".join(f"2024-01-{i:02d},{i}\n" for i in range(1, 29)) + "31/12/2024,5\n"
    found = refused(tmp_path, rows.encode(), target="x").diagnostics[0]
    assert (found.code, found.received) == ("F007", "row 29: `31/12/2024`")


@pytest.mark.parametrize(
    ("kind", "received"), [("integer", "row 2: 2.5"), ("boolean", "`1.5`, `2.5`"), ("date", "row 1: `1.5`")]
)
def test_a_forced_kind_that_does_not_fit(kind: str, received: str, tmp_path: Path) -> None:
    content = b"a,b\n1,1\n2.5,2\n" if kind == "integer" else b"a,b\n1.5,1\n2.5,2\n"
    found = refused(tmp_path, content, columns={"a": kind}).diagnostics[0]
    assert found.code == "F007"
    assert found.received.startswith(received)


def test_every_unknown_column_is_told_with_near_misses(tmp_path: Path) -> None:
    error = refused(tmp_path, b"Species,mass\nx,1\ny,2\n", target="species", drop=["mas"], columns={"wing": "numeric"})
    assert [found.code for found in error.diagnostics] == ["F006"] * 3
    assert {found.help for found in error.diagnostics} >= {"did you mean `Species`?", "did you mean `mass`?"}


def test_files_with_other_columns(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(b"age,class\n1,x\n2,y\n")
    found = refused(tmp_path, b"Age,class\n1,x\n2,y\n", path="train.csv", test="rows.csv").diagnostics[0]
    assert (found.code, found.help) == ("F006", "rename `Age` → `age`")


def test_classes_spelt_otherwise(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(b"39, <=50K\n50, >50K\n41, <=50K\n")
    (tmp_path / "test.csv").write_bytes(b"39, <=50K.\n50, >50K.\n41, <=50K.\n")
    found = refused(tmp_path, None, path="train.csv", test="test.csv").diagnostics[0]
    assert found.code == "D112"
    assert found.help == 'data: {replace: {column_2: {"<=50K.": "<=50K", ">50K.": ">50K"}}}'
    replace = {"column_2": {"<=50K.": "<=50K", ">50K.": ">50K"}}
    table = read(DataSpec(path="train.csv", test="test.csv", replace=replace), tmp_path)
    assert table.column("column_2").unique == 2


def test_a_replacement_without_effect_is_said() -> None:
    table = from_frame({"a": ["x", "y"], "b": [1, 2]}, DataSpec(replace={"a": {"z": "x"}}))
    assert [found.code for found in table.findings] == ["Y007"]


def test_nested_values_are_refused_unless_dropped() -> None:
    frame = pl.DataFrame({"a": [[1], [2]], "b": [1, 2]})
    with pytest.raises(DataError, match="holds list values"):
        from_frame(frame, DataSpec())
    assert from_frame(frame, DataSpec(drop=["a"])).frame.width == 2


def test_a_database_is_never_written(tmp_path: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(tmp_path / "rows.db")
    connection.execute("CREATE TABLE one (a)")
    connection.execute("CREATE TABLE two (a)")
    connection.commit()
    connection.close()
    assert "`one`, `two`" in refused(tmp_path, None, "rows.db").diagnostics[0].known
    assert "readonly" in str(refused(tmp_path, None, "rows.db", query="DROP TABLE one"))


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    error = refused(tmp_path, None, "postgresql://ada:secret@localhost:1/db", query="SELECT 1")
    assert "secret" not in str(error)
