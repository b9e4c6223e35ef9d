"""Cohorts: seeds, folds and both, their scores, their answers, and going on where one was stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import modelwright
from modelwright import Run
from modelwright.api import request_for
from modelwright.evaluate.cohort import corrected_interval, seeds_interval
from modelwright.evaluate.result import Result
from modelwright.run.events import Member, Scored
from modelwright.run.request import Interrupted, Stop
from modelwright.run.start import resume, start
from real import BODY, PENGUINS, needs_data, penguins

pytestmark = needs_data
MODEL = "mlp(hidden=[6], dropout=0.2)"
BOTH: dict[str, Any] = {"model": MODEL, "split": {"folds": 3}, "train": {"seeds": 2, "epochs": 3}}
IN_TURNS: dict[str, Any] = {**BOTH, "train": {**BOTH["train"], "accumulate": 2}}  # which members together cannot do
KEPT = ("model.safetensors", "metrics.jsonl", "score.json", "split.json", "plan.json", "checks.json")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.name in KEPT}


def members(run: Run) -> list[Result]:
    return [Result.from_json(json.loads(path.read_text())) for path in sorted(run.path.glob("members/*/score.json"))]


def test_seeds_share_the_split_and_their_answers_are_averaged(tmp_path: Path) -> None:
    run = modelwright.train(PENGUINS, target="species", model=MODEL, train={"seeds": 3, "epochs": 2}, runs=tmp_path)
    folders = sorted((run.path / "members").iterdir())
    assert [folder.name for folder in folders] == ["seed-0", "seed-1", "seed-2"] and run.members == 3
    assert len({(folder / "split.json").read_bytes() for folder in folders}) == 1
    found = members(run)
    assert (run.score.value, run.score.low, run.score.high) == seeds_interval([each.score for each in found])
    assert "3 seeds" in run.score.method and run.result.rows == found[0].rows
    models = [modelwright.load(folder) for folder in folders]
    mean = np.mean([model.answers(penguins()) for model in models], axis=0)
    np.testing.assert_array_equal(run.model.answers(penguins()), mean)
    np.testing.assert_array_equal(modelwright.load(run.path).predict_proba(penguins()), mean)
    assert set(run.predict(penguins())["prediction"]) <= set(models[0].classes)
    assert run.history[0]["epoch"] == 1
    single = modelwright.train(PENGUINS, target="species", model=MODEL, train={"seed": 1, "epochs": 2}, runs=tmp_path)
    np.testing.assert_allclose(single.model.answers(penguins()), models[1].answers(penguins()), atol=1e-4)


def test_folds_test_every_row_once_and_correct_the_interval(tmp_path: Path) -> None:
    run = modelwright.train(PENGUINS, target="species", runs=tmp_path, **BOTH)
    found = members(run)
    assert len(found) == run.members == 6
    values = np.array([each.score.value for each in found]).reshape(3, 2)
    train, _, test = run.plan.split.rows
    mean, low, high = corrected_interval(values, train, test)
    assert (run.score.value, run.score.low, run.score.high) == (mean, max(low, 0), min(high, 1))
    assert run.result.rows == 344
    for baseline in run.result.baselines:
        own = [
            b.value for each in found for b in each.baselines if (b.name, b.metric) == (baseline.name, baseline.metric)
        ]
        gains = [each.scores[baseline.metric].value - value for each, value in zip(found, own, strict=True)]
        assert baseline.value == pytest.approx(np.mean(own))
        expected = corrected_interval(np.array(gains).reshape(3, 2), train, test)[1:]
        assert (baseline.low, baseline.high) == pytest.approx(expected)
    receipts = [json.loads(path.read_text()) for path in sorted(run.path.glob("members/*seed-0/split.json"))]
    assert sum(receipt["rows"]["test"] for receipt in receipts) == 344
    assert sorted(receipt["fold"] for receipt in receipts) == [1, 2, 3]
    assert len(run.split) == 2 + 3
    assert {b.name for b in run.result.baselines} == {b.name for b in found[0].baselines}


def test_a_regression_cohort_answers_in_units(tmp_path: Path) -> None:
    frame = penguins().drop_nulls().select(BODY)
    run = modelwright.train(
        frame, model="linear", split={"folds": 2}, train={"epochs": 30}, optimizer="SGD(lr=0.1)", runs=tmp_path
    )
    assert 3000 < run.predict(frame)["prediction"].mean() < 5500


@pytest.mark.parametrize("how", ["asked", "dropped", "before a member"])
def test_a_stopped_cohort_finishes_only_what_is_missing(how: str, tmp_path: Path) -> None:
    whole = modelwright.train(PENGUINS, target="species", runs=tmp_path / "whole", name="run", **IN_TURNS)
    request = request_for(PENGUINS, target="species", description=IN_TURNS)
    events = start(request, tmp_path / "stopped", "run")
    with pytest.raises((Interrupted, StopIteration)):
        for event in events:
            in_fourth = isinstance(event, Member) and event.number == 4
            if how == "before a member" and in_fourth:
                break
            if in_fourth:
                request.stop.asked = how == "asked"
            begun = len(list(tmp_path.glob("stopped/run-1/members/fold-*")))
            if how == "dropped" and isinstance(event, dict) and begun == 4:
                break
        events.close()
        raise StopIteration
    stopped = tmp_path / "stopped/run-1"
    with pytest.raises(modelwright.RunError, match="R001"):
        modelwright.load(stopped)
    done = {path: path.stat().st_mtime_ns for path in stopped.glob("members/*/score.json")}
    assert len(done) == 3
    last = list(resume(stopped, Stop()))[-1]
    assert isinstance(last, Scored) and last.path == stopped
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert contents(stopped) == contents(whole.path)
    assert Run(stopped).score == whole.score


def test_ctrl_c_in_a_cohort_says_how_to_go_on(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "modelwright"]
    given = ["split.folds=3", "train.epochs=80", "train.patience=none", "train.accumulate=2", f"model={MODEL}"]
    command = [*words, "train", str(PENGUINS), "--target", "species", "--quiet", *given]
    child = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    second = tmp_path / "runs/penguins-1/members"
    deadline = time.monotonic() + 60
    while not (second.exists() and len(list(second.glob("fold-*"))) >= 2) and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 1 and "modelwright resume runs/penguins-1" in told, told
    done = subprocess.run(
        [*words, "resume", str(second.parent), "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run"] == os.fspath(second.parent)
    assert Run(second.parent).members == 3
