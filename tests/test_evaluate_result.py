"""Results survive JSON, and text shows as many digits as the interval supports."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from modelwright.evaluate.calibration import reliability
from modelwright.evaluate.metrics import compute
from modelwright.evaluate.result import Baseline, Result, Score, format_number, format_score
from modelwright.evaluate.score import evaluate


def test_a_result_survives_json() -> None:
    random = np.random.default_rng(0)
    baselines = (Baseline("majority", "accuracy", 0.6), Baseline("linear", "accuracy", 0.7, "fitted on 5 rows"))
    result = evaluate("accuracy", "binary", random.random(50), random.integers(0, 2, 50), baselines=baselines)
    assert Result.from_json(json.loads(json.dumps(result.to_json(), allow_nan=False))) == result
    assert result.baseline == baselines[1]
    assert (result.rows, result.part) == (50, "test")


def test_undefined_numbers_are_null_in_json() -> None:
    result = evaluate("roc_auc", "binary", np.array([0.2, 0.9]), np.array([1, 1]))
    written = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert written["score"]["value"] is None
    assert written["score"]["note"] == "all rows here are of one class"
    again = Result.from_json(written)
    assert math.isnan(again.score.value)
    assert format_score(again.score) == "undefined"


def test_the_best_baseline_follows_the_metric() -> None:
    lines = (Baseline("mean", "rmse", 3.0), Baseline("linear", "rmse", 2.0), Baseline("median", "mae", 0.1))
    assert Result(Score("rmse", 1.0, 0.9, 1.1, False), baselines=lines).baseline == lines[1]
    assert Result(Score("rmse", 1.0, 0.9, 1.1, False)).baseline is None


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0.8571, 0.8514, 0.8629), "0.857 (0.851 to 0.863)"),
        ((1.0, 0.9479, 1.0), "1.000 (0.948 to 1.000)"),
        ((0.9, 0.7, 1.0), "0.90 (0.70 to 1.00)"),
        ((0.52311, 0.50999, 0.53712), "0.523 (0.510 to 0.537)"),
        ((68713.0, 66911.0, 70702.0), "68,700 (66,900 to 70,700)"),
        ((12.3, 11.0, 14.0), "12.3 (11.0 to 14.0)"),
        ((-0.0201, -0.1, 0.06), "-0.02 (-0.10 to 0.06)"),
        ((0.5, math.nan, math.nan), "0.5000"),
    ],
)
def test_digits_follow_the_interval(numbers: tuple[float, float, float], text: str) -> None:
    assert format_score(Score("m", *numbers, True)) == text


def test_plain_numbers() -> None:
    assert [format_number(value) for value in (0.0, 3.14159, 1234567.0, math.inf, math.nan)] == [
        "0",
        "3.142",
        "1,235,000",
        "inf",
        "undefined",
    ]


def test_the_reliability_table_gives_the_calibration_error() -> None:
    random = np.random.default_rng(0)
    shares = random.random(400)
    target = (random.random(400) < shares**2).astype(int)
    bins = reliability("binary", shares, target)
    assert sum(one.count for one in bins) == 400
    assert all(one.low <= one.confidence <= one.high for one in bins)
    error = sum(one.count * abs(one.confidence - one.accuracy) for one in bins) / 400
    assert error == pytest.approx(compute("calibration_error", "binary", shares, target))
    assert reliability("multiclass", np.eye(3), np.array([0, 1, 2]))[0].accuracy == 1.0
    with pytest.raises(ValueError, match="regression"):
        reliability("regression", shares, target)


def test_scores_need_no_torch_and_no_scikit_learn() -> None:
    code = (
        "import sys, modelwright.evaluate.score, modelwright.evaluate.cohort, modelwright.evaluate.calibration;"
        "sys.exit(bool({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
