"""`modelwright compare`: one readable table of what differs, and a word where runs cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import modelwright
from modelwright import Run, RunError
from modelwright.verbs.compare import by_score, compare, fitting, notes, opened, shortened, table
from real import PENGUINS, needs_data

pytestmark = needs_data


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folder = tmp_path_factory.mktemp("runs")
    long = ["Linear(..., 8)", "ReLU", "Linear(..., 8)", "ReLU", "Linear(..., 8)", "ReLU", "Linear(..., 3)"]
    given = {"target": "species", "runs": folder}
    return [
        modelwright.train(PENGUINS, **given, model="mlp(hidden=[8])", train={"epochs": 1}),
        modelwright.train(PENGUINS, **given, model="mlp(hidden=[64])", train={"epochs": 15}),
        modelwright.train(PENGUINS, **given, model=long, train={"epochs": 15}),
        modelwright.train(PENGUINS, **given, model="linear", train={"epochs": 15, "seeds": 2}),
        modelwright.train(PENGUINS, **given, model="linear", split={"random_state": 3}, train={"epochs": 15}),
    ]


def test_best_first_with_what_differs_and_nothing_else(runs: list[Run]) -> None:
    ordered = by_score(runs)
    values = [run.score.value for run in ordered]
    assert values == sorted(values, reverse=True)
    header, *rows = table(runs[:2])
    assert header[:4] == ["run", "metric", "score (95 %)", "baseline"]
    assert header[4:] == ["recipe", "train.epochs"]
    assert not [key for key in header if key.startswith(("data.", "split.", "outputs", "why", "execution"))]
    assert rows[0][header.index("train.epochs")] == "1" and rows[1][header.index("recipe")] == "mlp(hidden=[64])"
    assert all(len(cell) <= 28 for row in rows for cell in row[4:])
    assert table([runs[0], runs[0]])[0][4:] == []


def test_one_network_under_two_names_of_its_recipe(runs: list[Run], tmp_path: Path) -> None:
    """As `init` writes a recipe out, whose layers are then those of the run without a description."""
    whole = "mlp(hidden=[8], activation=ReLU)"
    other = modelwright.train(PENGUINS, target="species", runs=tmp_path, model=whole, train={"epochs": 1})
    assert list(other.plan.layers) == list(runs[0].plan.layers) and other.plan.recipe != runs[0].plan.recipe
    header, *_ = table([runs[0], other])
    assert header[4:] == []


def test_a_cohort_stands_beside_single_runs(runs: list[Run]) -> None:
    header, *rows = table(runs)
    assert [row[header.index("models")] for row in rows] == ["1", "1", "1", "2", "1"]


def test_other_test_rows_are_told(runs: list[Run]) -> None:
    assert notes(runs[:4]) == []
    told = "\n".join(notes(runs))
    assert "not scored on the same test rows" in told
    assert str(runs[4].path) in told.splitlines()[-1] and str(runs[0].path) not in told.splitlines()[-1]


def test_other_metrics_are_told(runs: list[Run]) -> None:
    given = {"target": "species", "train": {"epochs": 1}, "evaluate": {"metric": "log_loss"}}
    other = modelwright.train(PENGUINS, runs=runs[0].path.parent, name="loss", **given)
    assert "different metrics" in "\n".join(notes([runs[0], other]))


def test_lines_fit_the_terminal(runs: list[Run]) -> None:
    rows = [[Path(row[0]).name, *row[1:]] for row in table(runs)]
    for width in (60, 80, 120, 400):
        lines = fitting(rows, width)
        assert max(map(len, lines)) <= width
        cells = {cell for row in rows for cell in row if cell}
        assert all(any(cell in line for line in lines) for cell in cells)
    assert len(fitting(rows, 400)) == len(rows) < len(fitting(rows, 80))
    assert shortened("a" * 20 + "b" * 20) == "a" * 18 + "…" + "b" * 9


def test_json_has_all_of_it(runs: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    compare([run.path for run in runs], as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [each["run"] for each in told] == [str(run.path) for run in by_score(runs)]
    best = by_score(runs)[0]
    assert told[0]["score"]["value"] == best.score.value and told[0]["score"]["low"] == best.score.low
    assert told[0]["plan"]["train"]["epochs"] == best.plan.train.epochs
    assert {each["models"] for each in told} == {1, 2}
    compare([run.path for run in runs], as_json=False)
    text = capsys.readouterr().out
    assert str(best.path) in text.splitlines()[1] and "not scored on the same test rows" in text


def test_every_folder_that_is_no_run_is_told(runs: list[Run], tmp_path: Path) -> None:
    with pytest.raises(RunError) as error:
        opened([tmp_path, runs[0].path, tmp_path / "nowhere"])
    assert [found.code for found in error.value.diagnostics] == ["R001", "R001"]
