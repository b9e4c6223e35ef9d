"""New rows for a trained model, and writing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from modelwright.data.columns import Table
from modelwright.data.table import from_frame, read, read_rows, write
from modelwright.errors import DataError, RunError
from modelwright.plan.plan import DataPlan, InputPlan
from modelwright.spec.schema import DataSpec

HEADED = "age,size,job,member,joined,income\n" + "".join(
    f"{20 + i},{i / 4},{('cook', 'clerk')[i % 2]},{('yes', 'no')[i % 2]},"
    f"{i % 28 + 1:02d}.03.2024,{('low', 'high')[i % 2]}\n"
    for i in range(60)
)


def plan_of(table: Table, targets: tuple[str, ...] = ("income",)) -> tuple[DataPlan, list[InputPlan]]:
    encodings = {"date": "date", "category": "one_hot"}
    inputs = [
        InputPlan(name=column.name, kind=column.kind, encoding=encodings.get(column.kind, "number"), why="")  # type: ignore[arg-type]
        for column in table.columns
        if column.name not in targets
    ]
    reading = table.reading
    options = dict(reading.options)
    plan = DataPlan(
        paths=reading.paths, format=reading.format, options=options, rows=60, fingerprint=reading.fingerprint
    )
    return plan, inputs


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Table, DataPlan, list[InputPlan]]:
    (tmp_path / "train.csv").write_text(HEADED)
    table = read(DataSpec(path="train.csv"), tmp_path)
    return table, *plan_of(table)


def test_the_training_file_reads_alike(trained: tuple[Table, DataPlan, list[InputPlan]], tmp_path: Path) -> None:
    table, plan, inputs = trained
    assert read_rows(tmp_path / "train.csv", plan, inputs).equals(table.frame)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "arrow", "jsonl"])
def test_rows_of_any_format_are_typed_as_in_training(
    suffix: str, trained: tuple[Table, DataPlan, list[InputPlan]], tmp_path: Path
) -> None:
    table, plan, inputs = trained
    new = table.frame.drop("income")
    write(new, tmp_path / f"new.{suffix}")
    plan = plan.model_copy(update={"options": plan.options | {"dates": {}}})  # written as ISO dates
    assert read_rows(str(tmp_path / f"new.{suffix}"), plan, inputs).equals(new)
    for rows in (new, new.to_pandas(), new.to_dict(as_series=False)):
        back = read_rows(rows, plan, inputs)
        assert back.with_columns(pl.col("joined").cast(pl.Date)).equals(new)


def test_one_row_with_the_date_format_of_training(trained: tuple[Table, DataPlan, list[InputPlan]]) -> None:
    _, plan, inputs = trained
    row = {"age": 30, "size": None, "job": "pilot", "member": "YES", "joined": "05.04.2024"}
    frame = read_rows(row, plan, inputs)
    assert frame["joined"].dt.month().to_list() == [4]
    assert frame["member"].to_list() == [True]
    assert frame["job"].to_list() == ["pilot"]  # an unseen category is no error
    assert frame["size"].null_count() == 1


def test_missing_and_renamed_columns(trained: tuple[Table, DataPlan, list[InputPlan]]) -> None:
    table, plan, inputs = trained
    with pytest.raises(DataError) as caught:
        read_rows(table.frame.rename({"age": "Age "}).drop("job"), plan, inputs)
    found = caught.value.diagnostics[0]
    assert found.code == "F009"
    assert "`age`, `job`" in found.message
    assert found.help == "rename `Age ` to `age`"
    assert read_rows(table.frame.with_columns(extra=pl.lit(1)), plan, inputs).width == 7


def test_cells_that_do_not_fit(trained: tuple[Table, DataPlan, list[InputPlan]], tmp_path: Path) -> None:
    _, plan, inputs = trained
    (tmp_path / "new.csv").write_text(
        "age,size,job,member,joined\n30,1.5,cook,yes,01.02.2024\nold,inf,cook,maybe,2024-01-01\n"
    )
    with pytest.raises(DataError) as caught:
        read_rows(str(tmp_path / "new.csv"), plan, inputs)
    assert {found.code for found in caught.value.diagnostics} == {"F009"}
    text = str(caught.value)
    assert len(caught.value.diagnostics) == 4
    assert all(cell in text for cell in ("`old`", "row 2: inf", "maybe", "`2024-01-01`")) or "row 2" in text


def test_rows_without_header_and_target(tmp_path: Path) -> None:
    body = [f"{i % 7}, {i / 8}, {('Private', 'State-gov', '?')[i % 3]}, {('<=50K', '>50K')[i % 2]}" for i in range(40)]
    (tmp_path / "train.csv").write_text("\n".join(body))
    table = read(DataSpec(path="train.csv"), tmp_path)
    plan, inputs = plan_of(table, ("column_4",))
    (tmp_path / "new.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in body))
    assert read_rows(tmp_path / "new.csv", plan, inputs).equals(table.frame.drop("column_4"))
    first = ["a" + line for line in body]  # the target first: the other columns move up by one
    (tmp_path / "train.csv").write_text("\n".join(first))
    table = read(DataSpec(path="train.csv", target="column_1"), tmp_path)
    plan, inputs = plan_of(table, ("column_1",))
    (tmp_path / "new.csv").write_text("\n".join(line.split(",", 1)[1].strip() for line in first))
    assert read_rows(tmp_path / "new.csv", plan, inputs).equals(table.frame.drop("column_1"))


@pytest.mark.parametrize("target", ["column_4", "column_1", "column_2"])
def test_rows_whose_columns_are_counted_from_0_are_those_that_are_meant(target: str, tmp_path: Path) -> None:
    pl.DataFrame({f"{at}": np.random.default_rng(at).normal(size=40) for at in range(4)}).write_csv(
        tmp_path / "train.csv", include_header=False
    )
    table = read(DataSpec(path="train.csv", target=target), tmp_path)
    plan, inputs = plan_of(table, (target,))
    frame = pl.read_csv(tmp_path / "train.csv", has_header=False)
    frame.columns = [f"column_{at}" for at in range(4)]  # as polars 2.1 names them
    wanted = [column.name for column in inputs]
    for rows in (frame, frame.drop(f"column_{int(target[-1]) - 1}")):
        assert read_rows(rows, plan, inputs).select(wanted).equals(table.frame.select(wanted))


def test_one_line_alone(trained: tuple[Table, DataPlan, list[InputPlan]], tmp_path: Path) -> None:
    _, plan, inputs = trained
    (tmp_path / "one.csv").write_text("age,size,job,member,joined\n30,1.5,cook,yes,01.02.2024\n")
    assert read_rows(tmp_path / "one.csv", plan, inputs).height == 1


def test_standard_input(trained: tuple[Table, DataPlan, list[InputPlan]], monkeypatch: pytest.MonkeyPatch) -> None:
    _, plan, inputs = trained
    lines = b'{"age": 3, "size": 1, "job": "cook", "member": true, "joined": "01.02.2024"}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    assert read_rows("-", plan, inputs).height == 1


def test_arrays_as_new_rows() -> None:
    table = from_frame(np.arange(60.0).reshape(-1, 3) % 7 + 0.5, DataSpec())
    plan, inputs = plan_of(table, ("column_3",))
    assert read_rows(np.ones((4, 2)), plan, inputs).shape == (4, 2)


def test_a_category_of_codes_stays_words(tmp_path: Path) -> None:
    table = from_frame({"code": [1, 2, 3], "y": [0.5, 1, 2]}, DataSpec(columns={"code": "category"}))
    plan, inputs = plan_of(table, ("y",))
    (tmp_path / "new.csv").write_text("code\n1\n3\n")
    assert read_rows(tmp_path / "new.csv", plan, inputs)["code"].to_list() == ["1", "3"]
    assert read_rows({"code": [1.0, 3.0]}, plan, inputs)["code"].to_list() == ["1", "3"]


def test_writing_is_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    with pytest.raises(RunError) as caught:  # a list cannot be written as CSV
        write(pl.DataFrame({"a": [[1]]}), path)
    assert caught.value.diagnostics[0].code == "R006"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]
    assert path.read_text() == "before"
    with pytest.raises(RunError):
        write(pl.DataFrame({"a": [1]}), tmp_path / "nowhere" / "out.csv")
    with pytest.raises(DataError, match=r"F008"):
        write(pl.DataFrame({"a": [1]}), tmp_path / "out.docx")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.csv"
    (tmp_path / f".out.csv.tmp-{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(RunError) as caught:
        write(pl.DataFrame({"a": list(range(100_000))}), target)
    assert caught.value.diagnostics[0].code == "R006"
    assert not list(tmp_path.iterdir())


def test_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write(pl.DataFrame({"a": [1]}), "-")
    assert capsys.readouterr().out == "a\n1\n"


def test_reading_loads_no_torch() -> None:
    code = (
        "import sys, modelwright.data.table as t; assert not {'torch', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
