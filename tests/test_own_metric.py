"""A metric of one's own: it leads selection and score, with an interval, as those of the table do."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score, log_loss, mean_absolute_error, roc_auc_score

import modelwright
from bad_input import Desk
from modelwright import RunError
from modelwright.evaluate.intervals import paired_difference
from modelwright.evaluate.own import better_way, own_metric
from modelwright.evaluate.score import evaluate

FEW: dict[str, Any] = {"model": "mlp(hidden=[8])", "train": {"epochs": 3, "patience": 1}}
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(200, 3)).astype(np.float32)
SOURCE = """import numpy as np

def gain(y_true, y_pred, win=1.0):
    return win * float((y_true == y_pred).mean())

def words(y_true, y_pred):
    return "good"

def same(y_true, y_pred):
    return 1.0

def broken(y_true, y_pred):
    return y_true.no_such_thing
"""


def right(y_true: np.ndarray, y_pred: np.ndarray, share: float = 1.0) -> float:
    return share * float((y_true == y_pred).mean())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder with a table in it, and a file of metrics."""
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path, capsys)
    desk.put("metrics.py", SOURCE)
    return desk


@pytest.mark.parametrize(
    ("task", "function", "known"),
    [("binary", f1_score, "f1"), ("binary", roc_auc_score, "roc_auc"), ("binary", log_loss, "log_loss")],
)
def test_scikit_learns_functions_give_the_numbers_of_the_table(task: Any, function: Any, known: str) -> None:
    truth = RANDOM.integers(0, 2, 150)
    outputs = np.clip(truth * 0.3 + RANDOM.random(150) * 0.7, 0.01, 0.99)
    more, why = better_way(function, function.__name__, task, truth, weighted=True)
    assert more == (known != "log_loss") and "right answers give" in why
    ours = own_metric("mine", function, task, more)
    result = evaluate(ours, task, outputs, truth)
    table = evaluate(known, task, outputs, truth).score
    assert result.score.metric == "mine" and result.score.value == pytest.approx(table.value)
    assert result.score.low == pytest.approx(table.low, abs=0.03) and result.score.high == pytest.approx(
        table.high, abs=0.03
    )
    assert result.scores["accuracy"].value == evaluate("accuracy", task, outputs, truth).score.value
    weight = RANDOM.random(150)
    weighted = evaluate(ours, task, outputs, truth, weight=weight).score
    assert weighted.value == pytest.approx(evaluate(known, task, outputs, truth, weight=weight).score.value)
    difference = paired_difference(ours, task, truth, outputs, RANDOM.random(150))
    assert difference.verdict == "better" and difference.metric == "mine"


def test_it_chooses_the_epoch_and_leads_the_score(tmp_path: Path) -> None:
    y = X @ np.array([1.0, -2.0, 0.5]) * 100
    run = modelwright.train(X, y, evaluate={"metric": mean_absolute_error}, runs=tmp_path, report=True, **FEW)
    plain = modelwright.train(X, y, evaluate={"metric": "mae"}, runs=tmp_path, **FEW)
    assert (run.plan.metric, run.plan.own["better"]) == ("own_mean_absolute_error", "less")
    ours = [record["validation_own_mean_absolute_error"] for record in run.history]
    assert ours == pytest.approx([record["validation_mae"] for record in plain.history])
    assert [record["best"] for record in run.history] == [record["best"] for record in plain.history]
    assert run.score.value == pytest.approx(plain.score.value) and run.score.low < run.score.value < run.score.high
    assert (run.path / "report.html").exists() and "own_mean_absolute_error" in (run.path / "report.html").read_text()
    saved = json.loads((run.path / "score.json").read_text())
    assert {one["metric"] for one in saved["baselines"]} == {"own_mean_absolute_error"}


def test_folds_and_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import modelwright.run.session as session

    macro: Any = partial(right, share=100)
    frame = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": np.where(X[:, 0] > 0, "yes", "no")})
    common: dict[str, Any] = {"target": "y", "evaluate": {"metric": macro}, "runs": tmp_path, **FEW}
    folds = modelwright.train(frame, split={"folds": 2}, **common)
    assert folds.score.metric == "right" and np.isfinite(folds.score.low)
    whole = modelwright.train(frame, **common)
    monkeypatch.setattr(session, "score_run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        modelwright.train(frame, name="cut", **common)
    monkeypatch.undo()
    with pytest.raises(modelwright.ModelwrightError, match=r"metric=right"):
        modelwright.resume(tmp_path / "cut-1")
    assert modelwright.resume(tmp_path / "cut-1", metric=macro).score == whole.score


def test_from_a_file(desk: Desk) -> None:
    desk.put("own.yaml", "data: {path: good.csv, target: answer}\nevaluate: {metric: metrics.py:gain(win=2.0)}\n")
    code, out, told = desk.run("train", "own.yaml", "--json", "train.epochs=1")
    assert code == 0, told
    assert json.loads(out.splitlines()[-1])["score"]["metric"] == "gain"
    assert desk.run("show", "own.yaml")[0] == 0
    assert desk.run("report", "runs/own-1")[0] == 0


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("metrics.py:gian", "did you mean `gain`?"),
        ("metrics.py:gain(loss=2)", "has no argument `loss`"),
        ("metrics.py:words", "the metric `words` cannot be computed: ValueError"),
        ("metrics.py:same", "gives 1 for right answers, and 1 for the same, shuffled"),
        ("metrics.py:broken", "metrics.py:13"),
        ("accuracies", "there is no metric `accuracies`"),
    ],
)
def test_a_metric_that_cannot_be_used(metric: str, says: str, desk: Desk) -> None:
    desk.put("own.yaml", f"data: {{path: good.csv, target: answer}}\nevaluate: {{metric: {metric}}}\n")
    code, _, told = desk.run("train", "own.yaml", "-q")
    assert code == 1 and says in told and not (desk.folder / "runs").exists()


def test_weights_need_a_metric_that_takes_them() -> None:
    with pytest.raises(RunError, match="rows have weights"):
        better_way(lambda y_true, y_pred: float((y_true == y_pred).mean()), "mine", "binary", np.arange(4) % 2, True)
