"""`modelwright predict`: files of every format in and out, pipes, and rows unlike those of the training."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import modelwright
from modelwright import DataError
from modelwright.cli import run as command
from modelwright.plan.plan import InputPlan
from modelwright.ship.drift import drift
from modelwright.ship.model import Ensemble
from real import PENGUINS, needs_data, penguins

pytestmark = needs_data
READ: dict[str, Any] = {
    "csv": pl.read_csv,
    "tsv": lambda path: pl.read_csv(path, separator="\t"),
    "parquet": pl.read_parquet,
    "arrow": pl.read_ipc,
    "jsonl": pl.read_ndjson,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> modelwright.Run:
    runs = tmp_path_factory.mktemp("runs")
    return modelwright.train(PENGUINS, target="species", model="mlp(hidden=[8])", train={"epochs": 2}, runs=runs)


def rows_as(format: str, folder: Path, frame: pl.DataFrame) -> Path:
    path = folder / f"new.{format}"
    match format:
        case "csv":
            frame.write_csv(path)
        case "tsv":
            frame.write_csv(path, separator="\t")
        case "parquet":
            frame.write_parquet(path)
        case "arrow":
            frame.write_ipc(path)
        case _:
            frame.write_ndjson(path)
    return path


@pytest.mark.parametrize("format", READ)
def test_any_format_in_and_out(format: str, run: modelwright.Run, tmp_path: Path) -> None:
    frame = penguins()[::9]
    expected = run.predict(frame)
    rows = rows_as(format, tmp_path, frame.drop("species").with_columns(note=pl.lit("kept out")))
    assert command(["predict", str(run.path), str(rows), "-o", str(tmp_path / f"out.{format}")]) == 0
    found = READ[format](tmp_path / f"out.{format}")
    assert found.equals(expected)
    assert found.columns == ["prediction", "probability_Adelie", "probability_Chinstrap", "probability_Gentoo"]


def test_pipes(run: modelwright.Run) -> None:
    words = [sys.executable, "-m", "modelwright", "predict", str(run.path / "model.safetensors"), "-"]
    frame = penguins().head(5)
    text = frame.drop("species").write_csv()
    done = subprocess.run(words, input=text.encode(), capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert pl.read_csv(io.BytesIO(done.stdout)).equals(run.predict(frame))


@pytest.mark.parametrize("format", ["csv", "parquet", "arrow"])
def test_no_rows_give_no_answers(format: str, run: modelwright.Run, tmp_path: Path) -> None:
    rows = rows_as(format, tmp_path, penguins().clear())
    assert command(["predict", str(run.path), str(rows), "-o", str(tmp_path / "out.parquet")]) == 0
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found.schema == run.predict(penguins()).schema and found.is_empty()


def test_what_cannot_be_answered_is_told_and_nothing_is_written(
    run: modelwright.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = rows_as("csv", tmp_path, penguins().rename({"body_mass_g": "body_mass"}).head(3))
    cases = {
        (str(run.path), str(rows), "-o", str(tmp_path / "out.csv")): ("F009", "rename `body_mass` to `body_mass_g`"),
        (str(run.path), str(rows), "-o", str(tmp_path / "out.xlsx")): ("F008", "out.csv"),
        (str(run.path), str(tmp_path / "nowhere.csv")): ("F001", "nowhere.csv"),
        (str(tmp_path), str(rows)): ("R001", "modelwright train FILE"),
    }
    for words, (code, fix) in cases.items():
        assert command(["predict", *words]) == 1
        told = capsys.readouterr().err
        assert f"[{code}]" in told and fix in told
    assert [path.name for path in tmp_path.iterdir()] == ["new.csv"]
    with pytest.raises(DataError, match="F009"):
        run.predict(penguins().select("sex"))


def test_drift_is_told_a_line_a_column(
    run: modelwright.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = (
        penguins()
        .drop_nulls()
        .with_columns(
            pl.col("body_mass_g") / 1000,
            island=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("Mars")).otherwise("island"),
            flipper_length_mm=pl.lit(None, dtype=pl.Int64),
        )
    )
    rows = rows_as("csv", tmp_path, odd)
    assert command(["predict", str(run.path), str(rows)]) == 0
    told = capsys.readouterr()
    lines = told.err.splitlines()
    assert [line.split("`")[1] for line in lines] == ["island", "body_mass_g"]
    assert all(line.startswith("warning[E811]: ") for line in lines)
    assert "3 values that training rows had once or never: `Mars`" in lines[0]
    assert "333 values outside the training range 2700 to 6300: 2.7 to 6.3" in lines[1]
    assert len(told.out.splitlines()) == 334  # answered all the same


def test_rows_like_the_training_rows_have_no_drift(run: modelwright.Run) -> None:
    assert drift(run.model.read(penguins()).frame, run.model.inputs) == []
    assert drift(run.model.read(penguins().clear()).frame, run.model.inputs) == []


NUMBER = InputPlan(name="x", kind="numeric", encoding="number", why="", low=0.0, high=10.0)
WORD = InputPlan(name="x", kind="category", encoding="one_hot", why="", categories=("a", "b"))


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        (NUMBER, [-4.9, 14.9, None], ""),
        (NUMBER, [-5.1], "1 value outside the training range 0 to 10: -5.1"),
        (NUMBER, [11.0] * 6 + [5.0] * 5, "6 values outside"),  # most of them beyond: another unit, perhaps
        (NUMBER, [11.0] * 5 + [5.0] * 6, ""),
        (NUMBER, [11.0] * 5, ""),
        (NUMBER, [None, None], "is empty in all 2 rows"),
        (NUMBER.model_copy(update={"flag": True}), [None, None], ""),
        (WORD, ["a", None, "b"], ""),
        (WORD, ["a", "A", "c", "A"], "3 values that training rows had once or never: `A`, `c`"),
        (WORD, [None], "is empty in the only row"),
        (WORD.model_copy(update={"categories": ("a", None)}), [None], ""),
        (InputPlan(name="x", kind="date", encoding="date", why="", dates=("year",)), [date(1, 1, 1)], ""),
    ],
)
def test_what_counts_as_drift(column: InputPlan, values: list[Any], told: str) -> None:
    found = drift(pl.DataFrame({"x": values, "y": values}), [column])
    assert [told in each.message for each in found] == ([True] if told else [])
    assert all((each.code, each.severity) == ("E811", "warning") for each in found)


def test_a_cohort_knows_what_any_of_its_models_knows(tmp_path: Path) -> None:
    frame = penguins().drop_nulls()
    halves = (
        frame.filter(pl.col("island") != "Dream"),
        frame.filter(pl.col("species") != "Chinstrap", pl.col("year") > 2007),
    )
    given: dict[str, Any] = {"target": "sex", "model": "linear", "train": {"epochs": 1}, "runs": tmp_path}
    models = [modelwright.train(half, **given, data={"drop": ["species"]}).model for half in halves]
    assert all(drift(frame, model.inputs) for model in models)
    both = Ensemble(models)
    assert [column.name for column in both.inputs] == [column.name for column in models[0].inputs]
    assert drift(both.read(frame).frame, both.inputs) == []
