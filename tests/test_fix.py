"""`check --fix` corrects what has one answer, shows it first, and leaves comments and everything else alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelwright.cli import run
from modelwright.spec.fix import fixed
from modelwright.spec.source import from_text
from modelwright.verbs.fix import corrected
from test_dry_run import frame

BAD = """\
# kinds of answers
data:
  path: rows.csv
  target: y       # what we want
optimiser: AdamW(lr=0.01)
model:
  - Linear(..., 64)
  - Relu
  - Linear(32, 10)      # ten?
  - Softmax(dim=1)
loss: CrossEntropyLoss
"""
GOOD = """\
# kinds of answers
data:
  path: rows.csv
  target: y       # what we want
optimizer: AdamW(lr=0.01)
model:
  - Linear(..., 64)
  - ReLU
  - Linear(..., 2)      # ten?
loss: CrossEntropyLoss
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    frame().write_csv(tmp_path / "rows.csv")
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


def test_everything_safe_is_corrected_and_comments_stay(folder: Path) -> None:
    text, codes = corrected(BAD, folder / "bad.yaml")
    assert text == GOOD
    assert {"Y001", "Y004", "S301", "H501", "S304"} == set(codes)
    assert corrected(GOOD, folder / "bad.yaml") == (GOOD, [])


def test_the_difference_is_shown_and_written_only_with_yes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(folder / "bad.yaml")
    assert run(["check", file, "--fix"]) == 1
    shown = capsys.readouterr().out
    assert "-optimiser: AdamW(lr=0.01)\n+optimizer: AdamW(lr=0.01)" in shown and "nothing was written" in shown
    assert Path(file).read_text() == BAD
    assert run(["check", file, "--fix", "--yes"]) == 0
    assert Path(file).read_text() == GOOD
    assert run(["check", file, "--fix", "--yes"]) == 1
    assert "nothing in" in capsys.readouterr().out


def test_data_files_are_not_corrected(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(folder / "rows.csv"), "--fix"]) == 1
    assert "corrects descriptions" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "model: [Linear(..., 8), ReLU, Linear(..., 3), Softmax(1)]\n",
            "model: [Linear(..., 8), ReLU, Linear(..., 3)]\n",
        ),
        ("model:\n- Linear(..., 3)\n- Softmax(1)\n", "model:\n- Linear(..., 3)\n"),
        ("model:\n- Linear(..., 3)\n- Softmax(1)", "model:\n- Linear(..., 3)\n"),
    ],
)
def test_the_last_layer_is_taken_out_of_either_kind_of_list(before: str, after: str) -> None:
    from modelwright.checks.facts import Facts
    from modelwright.checks.run import run as run_checks

    given = from_text(before + "\nloss: CrossEntropyLoss\n")
    found = run_checks("description", Facts(description=given, task="multiclass")).diagnostics
    assert fixed(before + "\nloss: CrossEntropyLoss\n", found)[0] == after + "\nloss: CrossEntropyLoss\n" or (
        fixed(before + "\nloss: CrossEntropyLoss\n", found)[0] == after + "loss: CrossEntropyLoss\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("split: {test_size: 0.2}\n", "split: {stratify: true, test_size: 0.2}\n"),
        ("split:\n  test_size: 0.2\n", "split:\n  stratify: true\n  test_size: 0.2\n"),
        ("task: multiclass\n", "task: multiclass\nsplit: {stratify: true}\n"),
        ("split: {stratify: false}\n", "split: {stratify: false}\n"),
    ],
)
def test_stratify_is_added_where_it_belongs(before: str, after: str) -> None:
    from modelwright.diagnostic import Diagnostic

    missing = Diagnostic(code="L213", severity="warning", message="a class is missing", help="split: {stratify: true}")
    assert fixed(before, [missing])[0] == after


def test_what_is_not_in_the_text_is_left_alone() -> None:
    from modelwright.diagnostic import Diagnostic, Place

    elsewhere = Place(line=1, column=1, length=3, source="another line")
    found = Diagnostic(code="Y001", severity="error", message="no `los`; did you mean `loss`?", where=elsewhere)
    assert fixed("los: MSELoss\n", [found]) == ("los: MSELoss\n", [])
