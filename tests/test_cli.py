"""The command line as its users call it: what verbs print, their exit codes, and one JSON object for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelwright.cli import run
from modelwright.text import display_width

EXAMPLE = Path(__file__).parent.parent / "examples/penguins/penguins.csv"
FAST = ("train.epochs=2", "train.device=cpu")


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def train(*words: str) -> int:
    return run(["train", str(EXAMPLE), "--target", "species", *FAST, *words])


def test_train_tells_everything_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert train() == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == "data  penguins.csv: 344 rows × 8 columns"
    heads = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    order = [name for name in heads if name in ("data", "checks", "plan", "training", "score", "run")]
    assert order == ["data", "checks", "plan", "training", "score", "run"]
    words = [" ".join(line.split()) for line in lines]
    assert "target species given" in words and "epochs 2 given on the command line" in words
    assert "  Ctrl-C saves and stops; modelwright resume runs/penguins-1 goes on" in lines
    assert sum(line.startswith("  epoch ") for line in lines) == 2
    assert any(line.startswith("  linear ") for line in lines) and any(line.startswith("  majority ") for line in lines)
    assert lines[-2:] == [
        "  predict  modelwright predict runs/penguins-1 NEW.csv -o predictions.csv",
        "  compare  modelwright compare runs/*",
    ]
    assert "\x1b" not in out
    assert max(map(display_width, lines)) <= 110


def test_a_target_that_is_left_out_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", str(EXAMPLE), *FAST]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "target year the last column, as in most public tables; `data.target` names another" in words


def test_values_of_a_description_say_their_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("birds.yaml").write_text(f"data:\n  path: {EXAMPLE}\n  target: species\nmodel: linear\ntrain: {{epochs: 1}}\n")
    assert run(["train", "birds.yaml", "train.batch_size=64"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    for expected in (
        "target species given in birds.yaml, line 3",
        "model linear given in birds.yaml, line 4",
        "epochs 1 given in birds.yaml, line 5",
        "batch_size 64 given on the command line",
    ):
        assert expected in words


def test_quiet_prints_the_score_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--quiet") == 0
    found = capsys.readouterr()
    assert found.err == ""
    (line,) = found.out.splitlines()
    assert line.startswith("runs/penguins-1: accuracy 0.")
    assert " on 69 test rows; baseline linear 0." in line


def test_json_is_one_object_with_the_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert list(found) == ["run", "task", "score", "baseline", "seconds"]
    assert (found["run"], found["task"]) == ("runs/penguins-1", "multiclass")
    assert list(found["score"]) == ["metric", "value", "low", "high"]
    assert found["score"]["low"] <= found["score"]["value"] <= found["score"]["high"]
    assert list(found["baseline"]) == ["name", "metric", "value"]
    seconds = found["seconds"]
    assert list(seconds) == ["import", "read", "train", "evaluate", "total"]
    assert all(value > 0 for value in seconds.values())
    assert sum(value for name, value in seconds.items() if name != "total") <= seconds["total"]


def test_a_finished_run_is_not_trained_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--quiet") == 0
    first = capsys.readouterr().out
    assert run(["resume", "runs/penguins-1"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "runs/penguins-1 was finished already: nothing was left to train"
    assert "training" not in out and "score  on 69 test rows" in out
    assert run(["resume", "runs/penguins-1", "--quiet"]) == 0
    assert capsys.readouterr().out == first
    assert run(["resume", "runs/penguins-1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["seconds"]["train"] == 0 and found["score"]["value"] > 0


def test_a_cohort_shows_its_members_and_one_score(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("split.folds=2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("plan  ") for line in lines) == 1
    assert "model  2 of 2: fold-2-seed-0" in lines
    assert sum(line.startswith("  runs/penguins-1/members/fold-") for line in lines) == 2
    assert "score  on 344 test rows" in lines
    assert "the model is better" in next(line for line in lines if line.startswith("  majority"))


def test_problems_are_exit_code_1_and_stand_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", str(EXAMPLE), "--target", "specis"]) == 1
    found = capsys.readouterr()
    assert found.out == "" and found.err.startswith("error[F006]: there is no column `specis`")
    assert run(["train", "nowhere.csv", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["code"] == "F001"
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    "words", [[], ["trian"], ["train"], ["train", "a.csv", "--no-such-option"], ["explain", "A", "B"]]
)
def test_wrong_usage_is_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    found = capsys.readouterr()
    assert "Usage: modelwright" in found.out + found.err


def test_a_verb_misspelt_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trian"]) == 2
    assert "trian" in capsys.readouterr().err


VERBS = ("init", "check", "show", "train", "resume", "predict", "report", "compare", "explain", "schema")


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_a_short_help_with_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--help", "-h"):
        assert run([verb, flag]) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"Usage: modelwright {verb} ")
        assert f"Examples:\n    modelwright {verb}" in out
        assert len(out.splitlines()) <= 30


def test_the_help_lists_every_verb_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {verb} " in out for verb in VERBS)
    assert "..." not in out.partition("Commands:")[2].partition("Examples")[0]


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("modelwright 0.")


def test_explain_explains_one_code_or_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "l205"]) == 0
    assert capsys.readouterr().out.startswith("# L205: ")
    assert run(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 30 and all(line[1:4].isdigit() and line[4:6] == ": " for line in lines)
    assert run(["explain", "L999"]) == 1


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert "optimizer" in json.loads(capsys.readouterr().out)["properties"]
