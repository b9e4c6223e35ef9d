"""How text files are understood: separators, quotes, headers, dates, kinds; what is written comes back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from modelwright.data.blocks import BLOCK
from modelwright.data.header import has_header
from modelwright.data.kinds import column
from modelwright.data.spellings import suggest
from modelwright.data.table import from_frame, read
from modelwright.spec.schema import DataSpec


def table(tmp_path: Path, content: str | bytes, **data: object):
    (tmp_path / "t.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return read(DataSpec.model_validate({"path": "t.csv", **data}), tmp_path)


def rows(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return frame.rows()


WORDS = st.text(st.sampled_from("ab ,;\"'\n\té|"), max_size=8).map(str.strip)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.tuples(st.integers(-99, 99), st.floats(-1e6, 1e6), WORDS), min_size=3, max_size=12),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_comes_back(
    cells: list[tuple[int, float, str]], separator: str, end: str, tmp_path: Path
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    writer.writerow(["whole", "number", "words"])
    writer.writerows(cells)
    lines = text.getvalue().removesuffix(end).split("\n")
    # Lines that are whole records by themselves are taken for such: `1,"` is more often an inch than an opened quote.
    assume(len(lines) == len(cells) + 1 or any(line.count(separator) != 2 for line in lines))
    data = {"columns": {"words": "category", "number": "numeric"}, "separator": separator}
    frame = table(tmp_path, text.getvalue(), **data).frame
    assert frame["whole"].to_list() == [cell[0] for cell in cells]
    assert frame["number"].to_list() == [cell[1] for cell in cells]
    assert frame["words"].to_list() == [cell[2] or None for cell in cells]


@pytest.mark.parametrize(
    ("first", "rest", "expected"),
    [
        (["a", "b"], [["1", "x"], ["2", "y"]], True),
        (["1", "x"], [["2", "y"], ["3", "x"]], False),
        (["ham", "hello you there"], [["spam", "win"], ["ham", "ok"]], False),
        (["kind", "text"], [["spam", "win"], ["ham", "ok"]], True),
        (["0", "1", "2"], [["0.5", "1.5", "2"], ["1.5", "2", "3"]], True),
        (["", "a", "b"], [["0", "1", "2"], ["1", "2", "3"]], True),
        (["2020-01-01", "x"], [["2020-01-02", "y"], ["2020-01-03", "x"]], False),
        (["5.1", "3.5", "Iris-setosa"], [["4.9", "3.0", "Iris-setosa"]], False),
        (["?", "a"], [["x", "a"], ["y", "b"]], False),
    ],
)
def test_headers(first: list[str], rest: list[list[str]], expected: bool) -> None:
    assert has_header(first, rest, ["", "?"])[0] is expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1.0  2.0   3\n4.0 5.0  6\n 7 8 9\n", [(1.0, 2.0, 3), (4.0, 5.0, 6), (7.0, 8.0, 9)]),
        ("a,b\r1,2\r3,4\r", [(1, 2), (3, 4)]),
        ("a,b\n1,2,\n3,4,\n", [(1, 2), (3, 4)]),
        ('a,b\n1,5" pipe\n2,x "y" z\n', [(1, '5" pipe'), (2, 'x "y" z')]),
        ('a,b\n1,"x, y"\n2,5" pipe\n', [(1, "x, y"), (2, '5" pipe')]),
        ('a,b\n1,"x\ny"\n\n2,"p\n\nq"\n', [(1, "x\ny"), (2, "p\n\nq")]),
        ('a, b\n1, "x, y"\n2, "z"\n', [(1, "x, y"), (2, "z")]),
        ("a;b\n1.234,5;2\n0,5;3\n", [(1234.5, 2), (0.5, 3)]),
        ("a,b\n1,x\n-,y\n.,-\n", [(1, "x"), (None, "y"), (None, "-")]),
        ("zip,n\n01234,1\n99999,2\n", [("01234", 1), ("99999", 2)]),
        ("a§b\n1§2\n", [(1, 2)]),
    ],
)
def test_odd_files(content: str, expected: list[tuple[object, ...]], tmp_path: Path) -> None:
    data = {"separator": "§"} if "§" in content else {}
    assert rows(table(tmp_path, content, **data).frame) == expected


def test_surprises_after_the_sample(tmp_path: Path) -> None:
    start = "n,w\n" + "1,anna\n" * 20_000
    assert table(tmp_path, start + "1.5,x\n").frame["n"].sum() == 20_001.5
    assert table(tmp_path, (start + "1,José\n").encode("latin-1")).frame["w"][-1] == "José"
    late = table(tmp_path, start + '2,say "hi\n3,"x" y\n')
    assert late.frame["w"].to_list()[-2:] == ['say "hi', '"x" y']
    assert table(tmp_path, start + "zz,x\n").column("n").kind == "category"


def test_blocks_are_cut_between_records(tmp_path: Path) -> None:
    cell = ("long text, with\nlines and \u00e9 " * 10).strip()
    lines = 2 * BLOCK // len(cell.encode())
    content = "n,w\n" + "".join(f'{i},"{cell}"\n' for i in range(lines))
    frame = table(tmp_path, content).frame
    assert frame["n"].to_list() == list(range(lines))
    assert frame["w"].unique().to_list() == [cell]


@pytest.mark.parametrize(
    ("values", "first_day", "warned"),
    [
        (["2024-02-01", "2024-03-05"], (2, 1), False),
        (["02/01/2024", "03/05/2024"], (2, 1), True),
        (["02/01/2024", "03/25/2024"], (2, 1), False),
        (["01/02/2024", "25/03/2024"], (2, 1), False),
        (["01.02.2024", "05.03.2024"], (2, 1), False),
        (["2024-02-01T10:00:00Z", "2024-03-05T10:00:00+02:00"], (2, 1), False),
        (["1 Feb 2024", "5 Mar 2024"], (2, 1), False),
        (["2/1/2024 3:04 PM", "3/25/2024 1:02 AM"], (2, 1), False),
        (["2024-02", "2024-03"], (2, 1), False),
    ],
)
def test_dates(values: list[str], first_day: tuple[int, int], warned: bool) -> None:
    found = from_frame({"when": values, "y": [1, 2]}, DataSpec())
    assert found.column("when").kind == "date"
    assert (found.frame["when"][0].month, found.frame["when"][0].day) == first_day
    assert any(each.severity == "warning" for each in found.findings) is warned


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("x", [0.5, 1.5, None] * 10, "numeric"),
        ("grade", [1, 2, 3] * 10, "integer"),
        ("flag", [0, 1, None] * 10, "boolean"),
        ("PassengerId", list(range(100, 130)), "identifier"),
        ("column_1", list(range(30)), "identifier"),
        ("height", list(range(30)), "integer"),
        ("year", list(range(1990, 2020)), "integer"),
        ("colour", ["red", "blue", "red"] * 10, "category"),
        ("uuid", [f"k{i:x}-9" for i in range(30)], "identifier"),
        ("comment", [f"some words about thing {i}" for i in range(30)], "text"),
        ("nothing", [None] * 30, "category"),
    ],
)
def test_kinds(name: str, values: list[object], kind: str) -> None:
    found = column(pl.Series(name, values))
    assert found.kind == kind
    assert found.why
    assert column(pl.Series(name, values), target=True).kind not in ("identifier", "text")
    assert (found.count, found.missing) == (30, values.count(None))


def test_thousands_are_read_and_said() -> None:
    found = from_frame({"price": ["1,234", "12,000.5", "7"], "y": [1, 2, 3]}, DataSpec())
    assert found.frame["price"].to_list() == [1234.0, 12000.5, 7.0]
    assert [finding.code for finding in found.findings] == ["D104"]


def test_suggested_spellings() -> None:
    assert suggest(["<=50K", ">50K"], [" <=50k. ", ">50K."]) == {" <=50k. ": "<=50K", ">50K.": ">50K"}
    assert suggest(["a b", "a-b"], ["A_B"]) == {}
    assert suggest(["yes", "no"], ["maybe"]) == {}


def test_missing_numbers_in_every_format() -> None:
    found = from_frame({"a": [1.5, -999.0], "b": ["-999", "x"]}, DataSpec(missing=["-999"]))
    assert found.frame.null_count().row(0) == (1, 1)
