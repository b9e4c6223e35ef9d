"""The lines of the terminal: facts in columns, what was read, the score beside its baselines. Text exactly as shown."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest

from modelwright.checks.run import Receipt
from modelwright.console.checks import receipt_lines
from modelwright.console.reading import read_lines
from modelwright.console.score import ending_lines, score_line, score_lines
from modelwright.data.table import read
from modelwright.evaluate.result import NAN, Baseline, Result, Score
from modelwright.plan.plan import Plan
from modelwright.run.events import Scored
from modelwright.spec.schema import DataSpec
from modelwright.text import Line, aligned, coloured, facts, plain, show


@pytest.fixture(autouse=True)
def _columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def text(lines: list[Line]) -> list[str]:
    return [plain(line) for line in lines]


def scored(result: Result, task: str = "binary") -> Scored:
    outputs = {"targets": ("price",)}
    plan = Plan.model_construct(task=task, outputs=type("Outputs", (), outputs))  # pyright: ignore[reportArgumentType]
    return Scored(path=Path("runs/a-1"), plan=plan, result=result, receipt=Receipt(), seconds={})


def test_facts_stand_in_three_columns() -> None:
    rows = [("model", "mlp", "default for tables"), ("loss", "CrossEntropyLoss", "classes that exclude each other")]
    assert text(facts(rows)) == [
        "  model        mlp               default for tables",
        "  loss         CrossEntropyLoss  classes that exclude each other",
    ]


def test_a_long_reason_goes_on_in_its_own_column() -> None:
    found = text(facts([("a", "value", "word " * 20), ("b", "v", "short")]))
    assert found == [
        "  a            value  " + " ".join(["word"] * 11),
        " " * 22 + " ".join(["word"] * 9),
        "  b            v      short",
    ]
    assert all(len(line) <= 80 for line in found)


def test_a_long_value_has_its_reason_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    rows = [("optimizer", "AdamW(lr=0.005, weight_decay=0.01)", "default"), ("epochs", "5", "given")]
    assert text(facts(rows)) == [
        "  optimizer    AdamW(lr=0.005, weight_decay=0.01)",
        "               default",
        "  epochs       5  given",
    ]


def test_wide_characters_take_two_columns() -> None:
    assert aligned([["温度", "a"], ["abcd", "b"]]) == ["温度  a", "abcd  b"]
    found = text(facts([("温度", "1", "x"), ("abcd", "1", "x")]))
    assert found == ["  温度         1  x", "  abcd         1  x"]


def test_what_a_table_holds_cannot_steer_the_terminal() -> None:
    assert plain([("", "\x1b[31mred")]) == r"\x1b[31mred"
    assert coloured([("strong", "\x1b]0;title\x07")]) == "\x1b[1m\\x1b]0;title\\x07\x1b[0m"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_on_a_terminal_only_and_not_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal, pipe, quiet = Terminal(), io.StringIO(), Terminal()
    line: Line = [("strong", "data"), ("", "  x")]
    show([line], terminal)
    show([line], pipe)
    monkeypatch.setenv("NO_COLOR", "1")
    show([line], quiet)
    assert terminal.getvalue() == "\x1b[1mdata\x1b[0m  x\n"
    assert pipe.getvalue() == quiet.getvalue() == "data  x\n"


def test_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "birds.csv"
    path.write_text("weight;wing;species\n" + "".join(f"{1.5 + k};{k};{'ab'[k % 2]}\n" for k in range(30)))
    assert text(read_lines(read(DataSpec(path=str(path)), tmp_path))) == [
        "data  birds.csv: 30 rows × 3 columns",
        "  format       csv    text with one row a line",
        "  encoding     utf-8  the bytes are valid UTF-8",
        "  separator    ;      each line has 3 cells with a semicolon between them",
        "  header       yes    the first line names the columns: `weight` stands above",
        "                      numbers",
        "  numeric      1      weight",
        "  integer      1      wing",
        "  category     1      species",
    ]


def test_many_columns_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    pl.DataFrame({f"measurement_{k}": [0.5, 1.5, 2.5] for k in range(40)}).write_parquet(path)
    line = " ".join(part.strip() for part in text(read_lines(read(DataSpec(path=str(path)), tmp_path)))[2:])
    assert line.startswith("numeric      40       measurement_0, measurement_1")
    assert line.endswith("more")


def test_the_receipt_of_the_checks() -> None:
    receipt = Receipt(ran=("D101", "D102"), not_run={"L207": "needs a time column"}, ignored={"D106": 2})
    assert text(receipt_lines(receipt)) == [
        "checks  2 rules: nothing found",
        "  L207         could not run: it needs a time column",
        "  D106         ignored, as the description asks (2 found)",
    ]


def test_the_score_stands_beside_its_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    lead = Score("accuracy", 0.8571, 0.8514, 0.8629, True)
    baselines = (
        Baseline("majority", "accuracy", 0.7592, low=0.092, high=0.104),
        Baseline("linear", "accuracy", 0.8562, low=-0.0021, high=0.0039),
        Baseline("majority", "log_loss", 0.55),
    )
    others = {"accuracy": lead, "roc_auc": Score("roc_auc", 0.9123, 0.9061, 0.9189, True)}
    assert text(score_lines(scored(Result(lead, others, baselines, 6513)))) == [
        "score  on 6,513 test rows",
        "            accuracy  95 % interval",
        "  model        0.857  0.851 to 0.863",
        "  linear       0.856  not told apart from the model  difference -0.0021 to +0.0039",
        "  majority     0.759  the model is better  difference +0.092 to +0.104",
        "  also  roc_auc 0.912",
    ]


def test_an_error_names_its_units_and_less_is_better() -> None:
    lead = Score("rmse", 48713.2, 46911.0, 50702.5, False)
    baselines = (
        Baseline("mean", "rmse", 115000.0, low=-68000.0, high=-64000.0),
        Baseline("linear", "rmse", 47000.0, low=900.0, high=2500.0),
    )
    found = text(score_lines(scored(Result(lead, {"rmse": lead}, baselines, 4128), "regression")))
    assert found == [
        "score  on 4,128 test rows, in units of price",
        "             rmse  95 % interval",
        "  model    48,700  46,900 to 50,700",
        "  linear   47,000  the model is worse  difference +900 to +2,500",
        "  mean    115,000  the model is better  difference -68,000 to -64,000",
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.7, "the model is better"), (0.95, "the model is worse"), (0.8, "not told apart from the model")],
)
def test_without_paired_rows_the_interval_decides(value: float, told: str) -> None:
    lead = Score("accuracy", 0.85, 0.75, 0.9, True)
    found = score_lines(scored(Result(lead, {}, (Baseline("linear", "accuracy", value),), 50)))
    assert plain(found[3]).endswith(f"  {told}")


def test_a_score_without_interval_or_value() -> None:
    lead = Score("roc_auc", NAN, NAN, NAN, True, note="one class only in these rows")
    found = text(score_lines(scored(Result(lead, {"roc_auc": lead}, (), 1))))
    assert found[0] == "score  on 1 test row"
    assert found[2:] == ["  model  undefined", "  one class only in these rows"]


def test_the_quiet_line_and_the_end() -> None:
    lead = Score("accuracy", 0.8571, 0.8514, 0.8629, True)
    result = Result(lead, {}, (Baseline("linear", "accuracy", 0.8562),), 6513)
    expected = "runs/a-1: accuracy 0.857 (0.851 to 0.863) on 6,513 test rows; baseline linear 0.856"
    assert score_line(scored(result)) == expected
    seconds = {"import": 1.21, "read": 0.04, "train": 75.2, "evaluate": 0.31, "total": 77.0}
    assert text(ending_lines(Path("my runs/a-1"), seconds)) == [
        "run  my runs/a-1  1 min 17 s: import 1.2 s, read 0.0 s, train 1 min 15 s, evaluate 0.3 s",
        "  predict  modelwright predict 'my runs/a-1' NEW.csv -o predictions.csv",
        "  compare  modelwright compare 'my runs'/*",
    ]
