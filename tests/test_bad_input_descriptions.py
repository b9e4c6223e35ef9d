"""Bad descriptions and bad words: exit 1 or 2, all problems at once, each with its place and fix."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bad_input import Desk

DATA = "data: {path: good.csv, target: answer}\n"
LAUGHS = "a: &a [x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
WITHOUT_TORCH = """
import sys
from modelwright.cli import run
code = run(sys.argv[1:])
print({"torch", "polars", "sklearn", "numpy"} & set(sys.modules), code)
"""


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


@pytest.mark.parametrize(
    ("line", "code", "said", "fix"),
    [
        ("model: [Conv2D(3, 16, 3), ReLU]", "Y004", "did you mean `Conv2d`?", "Conv2d(3, 16, 3)"),
        ("optimiser: AdamW", "Y001", "did you mean `optimizer`?", "optimizer: AdamW"),
        ("train: {epochs: ten}", "Y002", "cannot be `ten`", "epochs: auto"),
        ("split: {test_size: 1.5}", "Y003", "cannot be `1.5`", "test_size: 0.2"),
        ("split: {random_state: 99999999999}", "Y003", "cannot be", "random_state: 0"),
        ("train: {threads: 100000}", "Y003", "cannot be", "threads: auto"),
        ("train: {epochs: 100000000000000000000}", "Y003", "cannot be", "epochs: auto"),
        ("train: {seeds: 100000000}", "Y003", "cannot be", "seeds: 1"),
        ("optimizer: SGD(lr=0.1, momentun=0.9)", "Y005", "did you mean `momentum`?", "SGD(lr=0.1, momentum=0.9)"),
        ("optimizer: __import__('os').system('ls')", "Y006", "a name such as", ""),
        ("model: mlp(hidden=[9**9**9])", "Y006", "too large", ""),
        ("model: " + "Sequential(" * 300 + ")" * 300, "Y006", "too many nested parentheses", ""),
        ("model: [Upsample(2), Linear(..., 1)]", "S303", "channels × length", ""),
        ("model: [Linear(..., 4), Linear(5, 1)]", "S301", "expects 5", "Linear(..., 1)"),
        ("train: {device: cuda:99}", "Y003", "no device `cuda:99`", "train.device=cpu"),
        ("scale: MinMaxScaler(feature_range=(1, 0))", "Y003", "no range", "MinMaxScaler(feature_range=(0, 1))"),
    ],
)
def test_one_wrong_line(desk: Desk, line: str, code: str, said: str, fix: str) -> None:
    desk.put("bad.yaml", DATA + line + "\n")
    text = desk.text("train", "bad.yaml", "--quiet")
    assert f"error[{code}]" in text and said in text
    assert f"= fix: {fix}" in text or not fix
    assert "bad.yaml:2:" in text or "`train.device`" in text or "`scale`" in text
    assert not any((desk.folder / "runs").glob("*"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "F002"),
        ("# nothing\n", "F002"),
        ("- a\n", "Y002"),
        ("data: \0\n", "F004"),
        ("data:\n\tpath: x\n", "Y006"),
        (LAUGHS, "Y006"),
        ("data: {path: *nobody}\n", "Y006"),
        ("a: &a [*a]\n", "Y006"),
        ("[" * 100_000, "Y006"),
    ],
)
def test_files_that_are_no_description_end_at_once_and_say_that_nothing_was_checked(
    desk: Desk, content: str, code: str
) -> None:
    desk.put("bad.yaml", content)
    assert code in [found["code"] for found in desk.refused("train", "bad.yaml")]
    _, out, _ = desk.run("check", "bad.yaml", "--json")
    receipt = json.loads(out)["receipt"]
    assert receipt["ran"] == []
    assert set(receipt["not_run"].values()) == {"needs a description that can be read"}


def test_problems_of_description_and_data_are_told_together(desk: Desk) -> None:
    desk.put(
        "all.yaml",
        "data: {path: good.csv, target: anser}\noptimiser: SGD\nmodel: [Conv2D(3), Relu]\n"
        "train: {epochs: ten, batch_size: -1}\nsplit: {test_size: 1.5}\nloss: CrossEntropy\n",
    )
    found = desk.refused("check", "all.yaml")
    assert [each["where"]["line"] for each in found] == [1, 2, 3, 3, 4, 4, 5, 6]
    assert found[0]["code"] == "F006"
    assert found[0]["help"] == "did you mean `answer`?"


def test_a_missing_file_does_not_hide_what_is_wrong_in_the_description(desk: Desk) -> None:
    desk.put("lost.yaml", "data: {path: god.csv}\ntask: binary\noptimizer: SGD(lr=100)\nloss: MSELoss\n")
    found = desk.refused("check", "lost.yaml")
    assert [(each["code"], each["where"]["line"]) for each in found] == [("F001", 1), ("H504", 4), ("O605", 3)]
    _, out, _ = desk.run("check", "lost.yaml")
    assert "need data that can be read (D101, D102" in " ".join(out.split())


def test_what_no_plan_can_be_made_of_is_told_once(desk: Desk) -> None:
    desk.put("wide.yaml", DATA + "model: [Linear(..., 4), ReLU]\n")
    found = desk.refused("check", "wide.yaml")
    assert [each["code"] for each in found] == ["S304", "L214"]


def test_a_description_without_data_is_checked_as_far_as_it_goes_without_torch_and_polars(desk: Desk) -> None:
    desk.put("model.yaml", "task: binary\nmodel: [Linear(8, 4), ReLU, Linear(5, 1)]\noptimizer: SGD(lr=100)\n")
    words = [sys.executable, "-c", WITHOUT_TORCH, "check", "model.yaml"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=desk.folder, timeout=60, check=True)
    assert "error[S301]: layer 3: receives 4 numbers" in done.stdout
    assert "warning[O605]" in done.stdout
    assert "need data, and `data.path` names no file" in done.stdout
    assert done.stdout.splitlines()[-1] == "set() 1"
    assert done.stderr == ""
    desk.put("fine.yaml", "task: binary\nmodel: [Linear(..., 4), ReLU, Linear(..., 1)]\n")
    code, out, _ = desk.run("check", "fine.yaml", "--json")
    told = json.loads(out)
    assert (code, told["diagnostics"]) == (0, [])
    assert {"L201", "H503", "H504", "O605"} <= set(told["receipt"]["ran"])
    assert "D101" in told["receipt"]["not_run"]


def test_overrides_are_shown_as_they_were_typed(desk: Desk) -> None:
    text = desk.text("train", "good.csv", "train.epochs=ten", "data.rows=3", "train.epoch=3", "foo", "train={")
    assert "--> the command line\n   |\n   | train.epochs=ten\n   |              ^^^\n" in text
    assert "= fix: train.epochs=auto" in text and "= fix: train.epochs=3" in text
    assert "`foo` is not an override" in text and "unknown key `data.rows`" in text
    assert "a list or mapping is not closed" in text
    assert "data.drop" not in text


@pytest.mark.parametrize(
    "words",
    [
        ["--nope"],
        ["train"],
        ["trian", "good.csv"],
        ["train", "good.csv", "--target"],
        ["train", "good.csv", "--epochs", "3"],
        ["predict", "runs/a"],
        ["resume"],
        ["resume", "a", "b"],
        ["compare"],
        ["check", "--json"],
        ["schema", "x"],
        [],
    ],
)
def test_wrong_words_exit_with_2(desk: Desk, words: list[str]) -> None:
    code, _, err = desk.run(*words)
    assert code == 2
    assert "Usage: modelwright" in err or "Error: " in err


def test_unknown_codes_are_told(desk: Desk) -> None:
    assert "there is no code `L999`" in desk.text("explain", "L999")
    desk.put("codes.yaml", DATA + "ignore: [Z999]\n")
    code, out, _ = desk.run("check", "codes.yaml")
    assert code == 0
    assert "which is not the code of a rule" in out
