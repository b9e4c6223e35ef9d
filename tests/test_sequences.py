"""Tables of sequences: wide, long and from files of the UEA & UCR archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from modelwright.data.columns import Table
from modelwright.data.sequences import NAME, as_sequences, lengths_of, whole
from modelwright.data.table import from_frame, read
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec
from tables import DATA

HEAD = (
    "@problemName Toy\n@timeStamps false\n@univariate false\n@dimensions 2\n@equalLength false\n@classLabel true a b\n"
)


def toy(folder: Path, lines: str, head: str = HEAD) -> Table:
    file = folder / "toy.ts"
    file.write_text(head + "@data\n" + lines, encoding="utf-8")
    return read(DataSpec(path=str(file)), folder)


def codes(caught: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [found.code for found in caught.value.diagnostics]


def test_a_file_of_the_archive(tmp_path: Path) -> None:
    table = toy(tmp_path, "1,2,3:4,5,6:a\n\n7,8:9,?:b\n")
    sequences = table.media[NAME]
    assert sequences.shape == (2, 3, 2)
    assert sequences[0].tolist() == [[1, 4], [2, 5], [3, 6]]
    assert sequences[1, :2].tolist() == [[7, 9], [8, 9]]  # the hole at the end of a channel has its nearest value
    assert np.isnan(sequences[1, 2]).all()
    assert table.frame["class"].to_list() == ["a", "b"]
    assert table.column(NAME).kind == "series"
    assert [found.code for found in table.findings] == ["D101"]


def test_a_file_with_a_number_to_predict_and_times(tmp_path: Path) -> None:
    head = "#comment\n@timeStamps true\n@univariate true\n@targetLabel true\n"
    table = toy(tmp_path, "(0,1.5),(1,2.5):0.25\n(0,3),(1,4):1\n", head)
    assert table.media[NAME][:, :, 0].tolist() == [[1.5, 2.5], [3.0, 4.0]]
    assert table.frame["target"].to_list() == [0.25, 1.0]


@pytest.mark.parametrize(
    ("head", "lines", "code", "says"),
    [
        (HEAD, "1,2:3,4:c\n", "F003", "class is not one that the header names"),
        (HEAD, "1,2:a\n", "F003", "another number of channels"),
        (HEAD, "1,2:3:a\n", "F003", "channels differ in length"),
        (HEAD, "1,x:3,4:a\n", "F007", "no number"),
        (HEAD, "", "F002", "no sequences"),
        (HEAD.replace("false\n@class", "true\n@seriesLength 3\n@class"), "1,2:3,4:a\n", "F003", "not the one of"),
        (HEAD.replace("@equalLength false", "@equalLength true"), "1,2:3,4:a\n1:2:a\n", "F003", "though the header"),
        (HEAD.replace("@univariate false", "@univariate true"), "1:2:a\n", "F003", "@univariate true"),
        (HEAD, "1,x:2,3:a\n", "F007", "no number"),
        ("@targetLabel true\n", "1,2:high\n", "F003", "number to predict"),
        ("@timeStamps true\n@targetLabel true\n", "1,2:4\n", "F003", "values without times"),
    ],
)
def test_a_header_that_disagrees_with_the_data(tmp_path: Path, head: str, lines: str, code: str, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        toy(tmp_path, lines, head)
    assert code in codes(caught)


def test_every_line_that_is_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        toy(tmp_path, "1:2:a\n1:2:c\n1:a\n")
    assert [found.where.line for found in caught.value.diagnostics] == [9, 10]
    with pytest.raises(DataError, match="no line `@data`"):
        file = tmp_path / "cut.ts"
        file.write_text(HEAD, encoding="utf-8")
        read(DataSpec(path=str(file)), tmp_path)


def long_frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "who": ["b", "b", "a", "a", "a"],
            "t": [2, 1, 1, 2, 3],
            "x": [20.0, 10.0, 1.0, 2.0, 3.0],
            "label": ["no", "no", "yes", "yes", "yes"],
        }
    )


def sequences_of(frame: pl.DataFrame, **settings: object) -> Table:
    data = DataSpec.model_validate(settings)
    return as_sequences(from_frame(frame, data), data)


def test_a_long_table_has_a_sequence_for_each_series_in_order_of_time() -> None:
    table = sequences_of(long_frame(), series="who", time="t", target="label")
    assert table.frame["who"].to_list() == ["a", "b"]
    assert table.frame["label"].to_list() == ["yes", "no"]
    assert table.media[NAME][0, :, 0].tolist() == [1.0, 2.0, 3.0]
    assert table.media[NAME][1, :2, 0].tolist() == [10.0, 20.0]
    assert lengths_of(table.media[NAME]).tolist() == [3, 2]


def test_a_target_that_varies_inside_a_series_is_refused_beside_doubled_times() -> None:
    frame = long_frame().with_columns(label=pl.Series(["no", "yes", "yes", "yes", "yes"]), t=pl.lit(1))
    with pytest.raises(DataError, match="varies inside 1 of 2 series") as caught:
        sequences_of(frame, series="who", time="t", target="label")
    assert codes(caught) == ["D114", "F007"]
    assert "horizon" in caught.value.diagnostics[1].help


def test_a_wide_table_has_its_numbers_as_steps() -> None:
    frame = pl.DataFrame({"y": ["a", "b"], "s1": [1, 4], "s2": [2.0, None], "s3": [3.0, 6.0], "note": ["m n", "o"]})
    table = sequences_of(frame, kind="series", target="y")
    assert table.media[NAME][:, :, 0].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert table.names == ["y", "note", NAME]
    assert NAME not in sequences_of(frame, target="y").media


def test_files_of_the_archive_as_tables_have_the_class_first(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = ["\t".join(map(str, [row % 2 + 1, *random.normal(size=12).round(3)])) for row in range(20)]
    (tmp_path / "Toy_TRAIN.tsv").write_text("\n".join(lines), encoding="utf-8")
    data = DataSpec(path=str(tmp_path / "Toy_TRAIN.tsv"))
    table = as_sequences(read(data, tmp_path), data)
    assert table.media[NAME].shape == (20, 12, 1)
    assert table.names == ["column_1", NAME]
    as_table = data.model_copy(update={"kind": "table"})
    assert NAME not in as_sequences(read(as_table, tmp_path), as_table).media


def test_holes_are_bridged_and_ends_stay_ends() -> None:
    nan = float("nan")
    found, filled = whole(np.array([[[nan], [1.0], [nan], [3.0], [nan]]], dtype=np.float32))
    assert found[0, :4, 0].tolist() == [1.0, 1.0, 2.0, 3.0]
    assert np.isnan(found[0, 4, 0])
    assert filled == 2


@pytest.mark.parametrize(
    ("name", "shape"),
    [("BasicMotions", (40, 100, 6)), ("JapaneseVowels", (270, 26, 12)), ("GunPoint", (50, 150, 1))],
)
def test_real_files(name: str, shape: tuple[int, ...]) -> None:
    path = DATA / "ucr-uea" / name / f"{name}_TRAIN.ts"
    if not path.exists():
        pytest.skip(f"{path} is not at hand")
    assert read(DataSpec(path=str(path)), Path()).media[NAME].shape == shape


@pytest.mark.parametrize("given", ["folder", "glob", "list"])
@pytest.mark.parametrize("form", ["ts", "tsv"])
def test_the_two_files_of_a_set_are_training_and_test(form: str, given: str, tmp_path: Path) -> None:
    """As MNIST's four files are: the archive's split is the one that published scores stand on."""
    lines = {"ts": HEAD + "@data\n", "tsv": ""}[form]
    for part, rows in (("TRAIN", 6), ("TEST", 4)):
        for n in range(rows):
            numbers = [str(n + k * 0.5) for k in range(12)]
            name = "ab"[n % 2]
            lines += f"{','.join(numbers)}:{','.join(numbers)}:{name}\n" if form == "ts" else ""
            lines += "\t".join([str(n % 2), *numbers]) + "\n" if form == "tsv" else ""
        (tmp_path / f"Toy_{part}.{form}").write_text(lines, encoding="utf-8")
        lines = HEAD + "@data\n" if form == "ts" else ""
    (tmp_path / "README.md").write_text("where it comes from\n")
    train, test = (str(tmp_path / f"Toy_{part}.{form}") for part in ("TRAIN", "TEST"))
    path = {"folder": str(tmp_path), "glob": str(tmp_path / f"*.{form}"), "list": [test, train]}[given]
    data = DataSpec(path=path)
    table = as_sequences(read(data, tmp_path), data)
    assert table.parts is not None and table.parts.tolist() == [0] * 6 + [2] * 4
    named = as_sequences(read(DataSpec(path=train, test=test), tmp_path), data)
    assert np.array_equal(table.media[NAME], named.media[NAME])
    assert table.reading.fingerprint == named.reading.fingerprint


def test_other_files_of_a_folder_are_one_table(tmp_path: Path) -> None:
    for name in ("A_TRAIN", "B_TEST"):
        (tmp_path / f"{name}.csv").write_text("x,y\n1,2\n3,4\n")
    assert read(DataSpec(path=str(tmp_path)), tmp_path).parts is None
