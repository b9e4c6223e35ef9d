"""Every metric equals scikit-learn's, with and without weights, with ties, on hundreds of random tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from modelwright.diagnostic import Diagnostic, Place
from modelwright.evaluate.metrics import ALIASES, METRICS, compute, lead_metric, metrics_for, prepare, resolve

SEEDS = st.integers(0, 2**32 - 1)
NEAR = {"rel": 1e-12, "abs": 1e-12}


def table(seed: int, classes: int = 2, rows: int | None = None):
    """Return probabilities, targets (every class occurs) and weights; some probabilities are tied, some weights 0."""
    random = np.random.default_rng(seed)
    count = rows or int(random.integers(3 * classes, 200))
    shares = random.dirichlet(np.ones(classes), count)
    if seed % 2:
        shares = np.round(shares, 1)
        shares[:, -1] = 1 - shares[:, :-1].sum(1)
        shares = np.abs(shares) / np.abs(shares).sum(1, keepdims=True)
    target = np.concatenate([np.arange(classes), random.integers(0, classes, count - classes)])
    weight = random.choice([0.0, 0.5, 1.0, 2.7], count)
    weight[:classes] = 1.0
    return shares, target, weight


BINARY = {
    "accuracy": lambda y, p, w: reference.accuracy_score(y, p > 0.5, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: reference.balanced_accuracy_score(y, p > 0.5, sample_weight=w),
    "f1": lambda y, p, w: reference.f1_score(y, p > 0.5, sample_weight=w),
    "roc_auc": lambda y, p, w: reference.roc_auc_score(y, p, sample_weight=w),
    "average_precision": lambda y, p, w: reference.average_precision_score(y, p, sample_weight=w),
    "log_loss": lambda y, p, w: reference.log_loss(y, p, sample_weight=w),
    "brier_score": lambda y, p, w: reference.brier_score_loss(y, p, sample_weight=w),
}
MULTICLASS = {
    "accuracy": lambda y, p, w: reference.accuracy_score(y, p.argmax(1), sample_weight=w),
    "balanced_accuracy": lambda y, p, w: reference.balanced_accuracy_score(y, p.argmax(1), sample_weight=w),
    "f1": lambda y, p, w: reference.f1_score(y, p.argmax(1), average="macro", sample_weight=w),
    "roc_auc": lambda y, p, w: reference.roc_auc_score(y, p, multi_class="ovr", sample_weight=w),
    "average_precision": lambda y, p, w: reference.average_precision_score(y, p, sample_weight=w),
    "log_loss": lambda y, p, w: reference.log_loss(y, p, sample_weight=w),
    "brier_score": lambda y, p, w: reference.brier_score_loss(y, p, sample_weight=w),
}
MULTILABEL = {
    "accuracy": lambda y, p, w: reference.accuracy_score(y, p > 0.5, sample_weight=w),
    "f1": lambda y, p, w: reference.f1_score(y, p > 0.5, average="macro", sample_weight=w, zero_division=np.nan),
    "hamming_loss": lambda y, p, w: reference.hamming_loss(y, p > 0.5, sample_weight=w),
}
REGRESSION = {
    "rmse": lambda y, p, w: reference.root_mean_squared_error(y, p, sample_weight=w),
    "mse": lambda y, p, w: reference.mean_squared_error(y, p, sample_weight=w),
    "mae": lambda y, p, w: reference.mean_absolute_error(y, p, sample_weight=w),
    "r2": lambda y, p, w: reference.r2_score(y, p, sample_weight=w),
    "median_absolute_error": lambda y, p, w: reference.median_absolute_error(y, p, sample_weight=w),
}


def test_every_metric_of_every_task_is_compared_here() -> None:
    compared = {"binary": BINARY, "multiclass": MULTICLASS, "multilabel": MULTILABEL, "regression": REGRESSION}
    for task, known in compared.items():
        assert set(metrics_for(task)) - {"calibration_error"} == set(known)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, weighted=st.booleans(), name=st.sampled_from(sorted(BINARY)))
def test_binary(seed: int, weighted: bool, name: str) -> None:
    shares, target, weight = table(seed)
    used = weight if weighted else None
    expected = BINARY[name](target, shares[:, 1], used)
    assert compute(name, "binary", shares[:, 1], target, used) == pytest.approx(expected, **NEAR)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, weighted=st.booleans(), name=st.sampled_from(sorted(MULTICLASS)), classes=st.sampled_from([3, 4, 9]))
def test_multiclass(seed: int, weighted: bool, name: str, classes: int) -> None:
    shares, target, weight = table(seed, classes)
    used = weight if weighted else None
    expected = MULTICLASS[name](target, shares, used)
    assert compute(name, "multiclass", shares, target, used) == pytest.approx(expected, **NEAR)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, weighted=st.booleans(), name=st.sampled_from(sorted(MULTILABEL)))
def test_multilabel(seed: int, weighted: bool, name: str) -> None:
    random = np.random.default_rng(seed)
    outputs, target = random.random((50, 4)), (random.random((50, 4)) < 0.4).astype(int)
    used = random.choice([0.5, 1.0, 3.0], 50) if weighted else None
    expected = MULTILABEL[name](target, outputs, used)
    assert compute(name, "multilabel", outputs, target, used) == pytest.approx(expected, **NEAR)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, weighted=st.booleans(), name=st.sampled_from(sorted(REGRESSION)), offset=st.sampled_from([0.0, 1e6]))
def test_regression(seed: int, weighted: bool, name: str, offset: float) -> None:
    random = np.random.default_rng(seed)
    rows, targets = int(random.integers(2, 100)), int(random.integers(1, 4))
    target = random.normal(size=(rows, targets)) + offset
    outputs = target + random.normal(size=target.shape)
    used = random.choice([0.5, 1.0, 3.0], rows) if weighted else None
    expected = REGRESSION[name](target, outputs, used)
    tolerance = 1e-12 if offset == 0 else 1e-9
    assert compute(name, "regression", outputs, target, used) == pytest.approx(expected, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_calibration_error_is_the_definition(task: str) -> None:
    shares, target, weight = table(7, 2 if task == "binary" else 4, rows=300)
    stated = shares[:, 1] if task == "binary" else shares.max(1)
    right = (target if task == "binary" else shares.argmax(1) == target).astype(float)
    expected = 0.0
    for k in range(15):
        rows = (stated > k / 15) & (stated <= (k + 1) / 15) if k else stated <= 1 / 15
        if weight[rows].sum() > 0:
            gap = np.average(stated[rows], weights=weight[rows]) - np.average(right[rows], weights=weight[rows])
            expected += abs(gap) * weight[rows].sum() / weight.sum()
    outputs = stated if task == "binary" else shares
    assert compute("calibration_error", task, outputs, target, weight) == pytest.approx(expected, **NEAR)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, task=st.sampled_from(["binary", "multiclass", "multilabel", "regression"]))
def test_whole_weights_count_as_repeated_rows_and_order_does_not_matter(seed: int, task: str) -> None:
    random = np.random.default_rng(seed)
    rows, times = 30, random.integers(0, 4, 30)
    times[:3] = 1
    target = {
        "binary": random.integers(0, 2, rows),
        "multiclass": random.integers(0, 3, rows),
        "multilabel": random.integers(0, 2, (rows, 3)),
        "regression": random.normal(size=(rows, 2)),
    }[task]
    if target.ndim == 1:
        target[:3] = [0, 1, 0]
    width = {"binary": (rows,), "multiclass": (rows, 3), "multilabel": (rows, 3), "regression": (rows, 2)}[task]
    outputs = random.random(width)
    repeated = random.permutation(np.repeat(np.arange(rows), times))
    for name in metrics_for(task):
        expected = compute(name, task, outputs[repeated], target[repeated])
        assert compute(name, task, outputs, target, times) == pytest.approx(expected, rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_one_class_has_no_value_but_a_reason(name: str) -> None:
    one = prepare(name, "binary", np.array([0.2, 0.4]), np.array([1, 1]))
    assert math.isnan(one.value())
    assert one.note == "all rows here are of one class"
    assert math.isnan(prepare(name, "multiclass", np.eye(3), np.array([2, 2, 2])).value())


def test_classes_without_rows_are_left_out_and_said() -> None:
    partial = prepare("roc_auc", "multiclass", np.eye(4)[[0, 1, 1, 0]], np.array([0, 1, 1, 0]))
    assert partial.value() == 1.0
    assert partial.note == "mean over the 2 classes that occur; without rows here: 2"
    labels = prepare("f1", "multilabel", np.array([[0.9, 0.1], [0.2, 0.1]]), np.array([[1, 0], [1, 0]]))
    assert labels.value() == pytest.approx(2 / 3)
    assert labels.note == "labels without a positive row or answer are left out: 1"


def test_other_undefined_cases() -> None:
    assert math.isnan(compute("r2", "regression", np.array([[1.0], [2.0]]), np.array([[3.0], [3.0]])))
    assert math.isnan(compute("f1", "binary", np.array([0.1, 0.2]), np.array([0, 0])))
    assert math.isnan(compute("accuracy", "binary", np.array([0.1]), np.array([0]), np.array([0.0])))
    assert compute("log_loss", "binary", np.array([0.0], dtype=np.float32), np.array([1])) == pytest.approx(15.942385)


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"outputs \[3, 1\] and targets \[2, 1\] of a regression task do not fit"):
        compute("rmse", "regression", np.zeros((3, 1)), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="do not fit"):
        compute("accuracy", "multilabel", np.zeros((3, 2)), np.zeros((3, 1)))
    column = compute("accuracy", "binary", np.array([0.9, 0.2]), np.array([[1.0], [0.0]], dtype=np.float32))
    assert column == 1.0


def test_names() -> None:
    assert resolve("ROC-AUC", "binary") == "roc_auc"
    assert all(resolve(alias, METRICS[name].tasks[0]) == name for alias, name in ALIASES.items())
    place = Place(key="evaluate.metric")
    unknown = resolve("acuracy", "binary", place)
    assert isinstance(unknown, Diagnostic)
    assert (unknown.code, unknown.message, unknown.help) == (
        "Y004",
        "there is no metric `acuracy`",
        "metric: accuracy",
    )
    assert unknown.where == place
    unfit = resolve("accuracy", "regression")
    assert isinstance(unfit, Diagnostic)
    assert (unfit.code, unfit.help) == ("H504", "metric: rmse")
    assert "does not score a regression task" in unfit.message


def test_the_metric_that_leads() -> None:
    assert lead_metric("regression")[0] == "rmse"
    assert lead_metric("multilabel")[0] == "f1"
    assert lead_metric("multiclass", [0.5, 0.3, 0.2])[0] == "accuracy"
    assert lead_metric("binary", [0.95, 0.05]) == (
        "roc_auc",
        "always answering the largest class would already be right for 95.0% of the rows, so the score is the order of "
        "the rows, which needs no threshold",
    )
    assert lead_metric("multiclass", [0.95, 0.03, 0.02])[0] == "balanced_accuracy"
    for task in ("binary", "multiclass", "multilabel", "regression"):
        assert lead_metric(task)[0] in metrics_for(task)
