"""New rows that do not fit a model, and answers that cannot be written: exit 1 and nothing half-written."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import polars as pl
import pytest

import modelwright
from bad_input import GOOD, Desk, train_good


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The model file of a short run."""
    folder = tmp_path_factory.mktemp("trained")
    return str(train_good(folder))


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("size,weight\n1,2\n", "F009", "lack 1 column that the model was trained with: `colour`"),
        ("size,color,weight\n1,r,2\n", "F009", "= fix: rename `color` to `colour`"),
        ("size,colour,weight\nbig,r,2\n1,r,2\n", "F009", "row 1: `big`"),
        ("size,colour,weight\ninf,r,2\n1,r,2\n", "F009", "1 infinite value"),
        ("size,colour,weight\n1,r\n1,r,2\n", "F003", "do"),
        ("size,colour,size\n1,r,2\n", "F005", "same name"),
        ("", "F002", "is empty"),
        ("\x89PNG\r\n\x1a\n", "F0", "new.csv"),
        ("size,colour,weight\n1,\0,2\n", "F004", "1 NUL byte"),
    ],
)
def test_rows_that_do_not_fit(desk: Desk, model: str, content: str, code: str, said: str) -> None:
    desk.put("new.csv", content)
    text = desk.text("predict", model, "new.csv", "-o", "answers.csv")
    assert f"error[{code}" in text and said in text
    assert "--> new.csv" in text and ("= expected: " in text or "= received: " in text) and "= fix: " in text


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_standard_input_is_called_so(desk: Desk, model: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert "`standard input` is" in desk.text("predict", model, "-")


@pytest.mark.parametrize(
    ("output", "code", "said"),
    [
        ("answers.docx", "F008", "= fix: answers.csv"),
        ("answers", "F008", "= fix: answers.csv"),
        ("gone/answers.csv", "R006", "= fix: mkdir -p gone"),
        ("good.csv/answers.csv", "R006", "is a file, no folder"),
        ("folder.csv", "R006", "a folder stands there"),
        ("/proc/answers.csv", "R006", "no such file or directory"),
        ("good.csv", "R006", "these are the rows"),
        ("./folder.csv/../good.csv", "R006", "these are the rows"),
    ],
)
def test_answers_that_cannot_be_written(desk: Desk, model: str, output: str, code: str, said: str) -> None:
    (desk.folder / "folder.csv").mkdir()
    text = desk.text("predict", model, "good.csv", "-o", output)
    assert f"error[{code}]" in text and said in text
    assert (desk.folder / "good.csv").read_text() == GOOD


def test_rows_that_are_not_there(desk: Desk, model: str) -> None:
    assert "did you mean `good.csv`?" in desk.text("predict", model, "god.csv")
    (desk.folder / "empty").mkdir()
    assert "error[F008]" in desk.text("predict", model, "empty")


def test_descriptions_that_stand_there_are_kept(desk: Desk) -> None:
    desk.put("good.yaml", "mine")
    assert "it is kept" in desk.text("init", "good.csv", "--target", "answer")
    assert (desk.folder / "good.yaml").read_text() == "mine"
    assert "= fix: mkdir -p gone" in desk.text("init", "good.csv", "-o", "gone/a.yaml")
    assert "error[R006]" in desk.text("init", "good.csv", "-o", "good.csv/a.yaml")


def test_python_says_the_same(model: str) -> None:
    loaded = modelwright.load(model)
    for rows in (pl.DataFrame({"size": [1.0]}), {"size": ["big"], "colour": ["r"], "weight": [1.0]}):
        with pytest.raises(modelwright.DataError, match="F009"):
            loaded.predict(rows)
