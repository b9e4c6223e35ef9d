"""Intervals cover what they promise, whole groups are drawn, and perfect scores do not collapse to a point."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from modelwright.evaluate.cohort import corrected_interval, seeds_interval, student_quantile
from modelwright.evaluate.intervals import (
    Sample,
    bootstrap,
    draws,
    paired_difference,
    perfect,
    resamples_for,
)
from modelwright.evaluate.metrics import compute, metrics_for, prepare
from modelwright.evaluate.result import Score
from modelwright.evaluate.score import evaluate


def coverage(metric: str, task: str, make, truth: float, trials: int = 150) -> float:
    hits = 0
    for seed in range(trials):
        outputs, target = make(np.random.default_rng(seed))
        sample = Sample.of(len(target))
        interval = bootstrap({metric: prepare(metric, task, outputs, target)}, sample, {metric: 400}, seed)[metric]
        hits += interval.low <= truth <= interval.high
    return hits / trials


def binary(random: np.random.Generator):
    """Return probabilities that are true as they are stated."""
    shares = random.random(300)
    return shares, (random.random(300) < shares).astype(int)


def test_bootstrap_of_accuracy_covers() -> None:
    assert 0.90 <= coverage("accuracy", "binary", binary, 0.75) <= 0.985


def test_bootstrap_of_auc_covers() -> None:
    # P(a positive's stated share exceeds a negative's), shares uniform: 1 - 2 * integral of (1 - (1-p)^2)(1-p) dp
    assert 0.90 <= coverage("roc_auc", "binary", binary, 5 / 6) <= 0.985


def test_bootstrap_of_rmse_covers() -> None:
    def make(random: np.random.Generator):
        return np.zeros((300, 1)), random.normal(size=(300, 1))

    assert 0.90 <= coverage("rmse", "regression", make, 1.0) <= 0.985


def test_whole_groups_are_drawn() -> None:
    group = np.repeat(np.arange(20), 15)
    right = np.repeat(np.random.default_rng(0).random(20) < 0.7, 15).astype(float)
    by_rows = evaluate("accuracy", "binary", right, np.ones(300)).score
    by_group = evaluate("accuracy", "binary", right, np.ones(300), groups=group.astype(str)).score
    assert by_group.value == by_rows.value
    assert by_group.high - by_group.low > 2.5 * (by_rows.high - by_rows.low)
    assert by_group.method == "percentile bootstrap, 1,000 resamples of 20 groups"
    for weights in draws(Sample.of(300, None, group), 5, np.random.default_rng(0)):
        assert (weights.reshape(-1, 20, 15).std(2) == 0).all()
        assert (weights.sum(1) == 300).all()


def test_drawing_cells_and_drawing_rows_agree() -> None:
    shares, target = binary(np.random.default_rng(3))
    ones = np.ones(len(target))
    for name in ("accuracy", "balanced_accuracy", "f1"):
        ready = {name: prepare(name, "binary", shares, target)}
        cells = bootstrap(ready, Sample.of(300), {name: 1000})[name]
        rows = bootstrap(ready, Sample.of(300, ones), {name: 1000})[name]
        assert cells.low == pytest.approx(rows.low, abs=0.02)
        assert cells.high == pytest.approx(rows.high, abs=0.02)


def test_rows_of_weight_zero_change_nothing_but_the_draws() -> None:
    shares, target = binary(np.random.default_rng(4))
    weight = np.concatenate([np.ones(300), np.zeros(50)])
    wide = np.concatenate([shares, np.full(50, 0.9)]), np.concatenate([target, np.zeros(50, dtype=int)])
    score = evaluate("log_loss", "binary", *wide, weight=weight)
    assert score.score.value == pytest.approx(compute("log_loss", "binary", shares, target), rel=1e-12)


def test_resamples() -> None:
    assert resamples_for(100) == resamples_for(20_000) == 1000
    assert resamples_for(40_000) == 500
    assert resamples_for(10**7) == 200
    parts = list(draws(Sample.of(50_000), 7, np.random.default_rng(0)))
    assert sum(len(part) for part in parts) == 7


def test_the_same_seed_gives_the_same_interval() -> None:
    shares, target = binary(np.random.default_rng(1))
    first, again = (evaluate("roc_auc", "binary", shares, target, seed=5) for _ in range(2))
    other = evaluate("roc_auc", "binary", shares, target, seed=6)
    assert first == again
    assert first.score.low != other.score.low


def test_no_error_gives_the_exact_interval() -> None:
    target = np.repeat([0, 1, 2], [40, 20, 9])
    result = evaluate("accuracy", "multiclass", np.eye(3)[target], target)
    exact = stats.binomtest(69, 69).proportion_ci(0.95, "exact")
    assert (result.score.low, result.score.high) == pytest.approx((exact.low, exact.high))
    assert result.score.method == "Clopper-Pearson, 69 trials without an error"
    for name in ("balanced_accuracy", "f1", "roc_auc", "average_precision"):
        assert result.scores[name].value == 1.0
        assert result.scores[name].low == pytest.approx(stats.binomtest(9, 9).proportion_ci(0.95, "exact").low), name
    wrong = evaluate("accuracy", "binary", np.ones(30), np.zeros(30)).score
    exact = stats.binomtest(0, 30).proportion_ci(0.95, "exact")
    assert (wrong.low, wrong.high) == pytest.approx((exact.low, exact.high))


def test_groups_and_weights_make_the_exact_interval_wider() -> None:
    alone = perfect(1.0, 100, Sample.of(100))
    grouped = perfect(1.0, 100, Sample.of(100, None, np.repeat(np.arange(5), 20)))
    weighted = perfect(1.0, 100, Sample.of(100, np.repeat([1.0, 0.01], [10, 90])))
    assert alone and grouped and weighted
    assert grouped.low == pytest.approx(0.025 ** (1 / 5))
    assert grouped.low < weighted.low < alone.low
    assert perfect(0.99, 100, Sample.of(100)) is None


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel", "regression"])
def test_one_row_is_scored_without_a_crash(task: str) -> None:
    shapes = {"binary": (1,), "multiclass": (1, 3), "multilabel": (1, 2), "regression": (1, 1)}
    outputs = np.full(shapes[task], 0.6)
    target = np.zeros(1, dtype=int) if task in ("binary", "multiclass") else np.zeros(shapes[task])
    result = evaluate(metrics_for(task)[0], task, outputs, target)
    assert result.rows == 1
    assert set(result.scores) == set(metrics_for(task))
    if task == "regression":
        assert math.isnan(result.score.low)
        assert result.score.method == "too few rows for an interval"


def test_a_value_lies_in_its_interval() -> None:
    for seed in range(10):
        shares, target = binary(np.random.default_rng(seed))
        for score in evaluate("accuracy", "binary", shares, target).scores.values():
            assert score.low <= score.value <= score.high


def test_a_paired_difference_sees_what_two_intervals_hide() -> None:
    random = np.random.default_rng(0)
    target = random.normal(size=(500, 1)) * 10
    noise = random.normal(size=(500, 1)) * 3
    better, worse = target + noise, target + noise * 1.02
    scores = [evaluate("rmse", "regression", outputs, target).score for outputs in (better, worse)]
    assert scores[0].high > scores[1].low  # the two intervals overlap widely
    difference = paired_difference("rmse", "regression", target, better, worse)
    assert difference.verdict == "better"
    assert difference.value == pytest.approx(scores[0].value - scores[1].value)
    assert paired_difference("rmse", "regression", target, worse, better).verdict == "worse"
    assert paired_difference("r2", "regression", target, better, worse).verdict == "better"


def test_no_difference_is_called_so() -> None:
    shares, target = binary(np.random.default_rng(0))
    other = np.clip(shares + np.random.default_rng(1).normal(size=300) * 0.02, 0, 1)
    difference = paired_difference("accuracy", "binary", target, shares, other)
    assert difference.verdict == "not different"
    assert difference.low <= difference.value <= difference.high


def test_drawing_pairs_of_cells_is_drawing_rows() -> None:
    shares, target = binary(np.random.default_rng(0))
    other = np.clip(shares + np.random.default_rng(1).normal(size=300) * 0.3, 0, 1)
    by_cells = paired_difference("accuracy", "binary", target, shares, other)
    by_rows = paired_difference("accuracy", "binary", target, shares, other, weight=np.ones(300))
    assert by_cells.value == pytest.approx(by_rows.value)
    assert (by_cells.low, by_cells.high) == pytest.approx((by_rows.low, by_rows.high), abs=0.008)
    assert by_cells.high - by_cells.low > 0.05


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 10, 29, 100])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_student_quantile_is_scipys(freedom: int, level: float) -> None:
    assert student_quantile(level, freedom) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=1e-9)


def test_corrected_interval_is_the_formula() -> None:
    scores = np.array([0.81, 0.84, 0.79, 0.86, 0.80])
    mean, low, high = corrected_interval(scores, n_train=800, n_test=200)
    width = stats.t.ppf(0.975, 4) * math.sqrt((1 / 5 + 1 / 4) * scores.var(ddof=1))
    assert (mean, low, high) == pytest.approx((scores.mean(), mean - width, mean + width))
    seeds = np.stack([scores + 0.01, scores - 0.01], axis=1)
    assert corrected_interval(seeds, 800, 200) == pytest.approx((mean, low, high))
    assert math.isnan(corrected_interval([0.8], 80, 20)[1])


def test_seeds_add_to_the_interval_of_the_rows() -> None:
    scores = [Score("accuracy", value, value - 0.02, value + 0.01, True) for value in (0.80, 0.82, 0.84)]
    mean, low, high = seeds_interval(scores)
    seed = stats.t.ppf(0.975, 2) * 0.02 / math.sqrt(3)
    assert (mean, mean - low, high - mean) == pytest.approx((0.82, math.hypot(0.02, seed), math.hypot(0.01, seed)))
    assert seeds_interval(scores[:1]) == pytest.approx((0.80, 0.78, 0.81))
