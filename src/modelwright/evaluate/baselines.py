"""Simple models on the same rows, for comparison: the constant answer and the linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from modelwright.evaluate.linear import apply, fit_logistic, fit_ridge, fit_softmax
from modelwright.evaluate.metrics import Lead, compute, metric_of
from modelwright.evaluate.prepared import Floats
from modelwright.evaluate.ranking import weighted_medians
from modelwright.evaluate.result import Baseline
from modelwright.evaluate.words import Words, linear_answers
from modelwright.spec.schema import Task

ROWS = 50_000
_FEWEST_ROWS = 2_000
_GRAM = 5_000_000_000  # rows x columns² of the normal equations: about 0.3 s on one core
_STEPS = 20_000_000  # rows x columns x outputs of the descent: about 0.6 s on one core
LABELS = ("accuracy", "balanced_accuracy", "f1", "hamming_loss")
ABSOLUTE = ("mae", "median_absolute_error")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A baseline with its outputs on the test rows, shaped as the model's, for `intervals.paired_difference`."""

    baseline: Baseline
    outputs: Floats


class Matrix(Protocol):
    """Numbers [N, W] of which some rows are taken: a tensor, or what makes rows when they are asked for."""

    @property
    def shape(self) -> Sequence[int]: ...

    def __getitem__(self, rows: Tensor | slice, /) -> Tensor: ...


def fit_baselines(
    task: Task,
    x_train: Matrix | Words,
    y_train: NDArray[Any],
    x_test: Matrix | Words,
    y_test: NDArray[Any],
    metric: Lead,
    weight: NDArray[Any] | None = None,
    test_weight: NDArray[Any] | None = None,
    classes: int | None = None,
    fewest: int = _FEWEST_ROWS,
) -> tuple[Fitted, ...]:
    """Return the constant answer and the linear model, fitted on the training rows and scored on the test rows.

    `x` are preprocessed inputs [N, W] float32, without embedded columns; targets as `data.arrays.targets` gives them;
    `classes` is the number of classes of a multiclass task (left out: as many as occur); `fewest` rows are fitted on
    even where that takes long. The constant answer is the
    majority class or the shares of the classes, the mean or the median, whichever the metric rewards.
    """
    truth = _two_dimensional(task, np.asarray(y_train), classes)
    rows = np.ones(len(truth)) if weight is None else np.asarray(weight, dtype=np.float64).reshape(-1)
    lead = metric_of(metric).name
    name, outputs = _constant(task, truth, rows, lead, x_test.shape[0])
    made = [(name, outputs, "")]
    if isinstance(x_train, Words):
        assert isinstance(x_test, Words)
        made.append(("bag of words", linear_answers(task, x_train, truth, rows, x_test), ""))
    elif x_train.shape[1]:
        assert not isinstance(x_test, Words)
        chosen, note = _chosen(len(truth), x_train.shape[1], truth.shape[1], fewest)
        linear = _linear(task, x_train[torch.from_numpy(chosen)], truth[chosen], rows[chosen], x_test)
        made.append(("linear", linear, note))
    return tuple(
        Fitted(Baseline(name, lead, compute(metric, task, outputs, y_test, test_weight), note), outputs)
        for name, outputs, note in made
    )


def baselines(
    task: Task,
    x_train: Tensor,
    y_train: NDArray[Any],
    x_test: Tensor,
    y_test: NDArray[Any],
    metric: str,
    weights: NDArray[Any] | None = None,
) -> tuple[Baseline, ...]:
    """Return what `fit_baselines` returns, without the outputs."""
    fitted = fit_baselines(task, x_train, y_train, x_test, y_test, metric, weights)
    return tuple(one.baseline for one in fitted)


def _two_dimensional(task: Task, target: NDArray[Any], classes: int | None) -> NDArray[Any]:
    if task != "multiclass":
        return target.reshape(len(target), -1).astype(np.float64)
    numbers = target.reshape(-1).astype(np.int64)
    return np.eye(max(classes or 0, int(numbers.max()) + 1))[numbers]


def _constant(task: Task, truth: Floats, rows: Floats, metric: str, count: int) -> tuple[str, Floats]:
    if task == "regression" and metric in ABSOLUTE:
        medians = [float(weighted_medians(column, rows[None])[0]) for column in truth.T]
        return "median", np.tile(medians, (count, 1))
    mean = rows @ truth / rows.sum()
    if task == "regression":
        return "mean", np.tile(mean, (count, 1))
    outputs = np.full(count, mean[0]) if task == "binary" else np.tile(mean, (count, 1))
    return ("majority" if metric in LABELS else "prior"), outputs


def _chosen(rows: int, width: int, outputs: int, fewest: int) -> tuple[NDArray[np.int64], str]:
    wide = max(width, 1)
    most = min(ROWS, max(min(_GRAM // wide**2, _STEPS // (wide * outputs)), fewest))
    if rows <= most:
        return np.arange(rows), ""
    chosen = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
    return chosen, f"fitted on {most:,} of {rows:,} training rows, drawn at random"


def _applied(x: Matrix, weights: Tensor) -> Tensor:
    """Return the linear model's outputs, in pieces: rows need not be in memory, nor all at once in float64."""
    starts = range(0, max(1, x.shape[0]), ROWS)
    return torch.cat([apply(x[at : at + ROWS], weights) for at in starts])


def _linear(task: Task, x: Tensor, truth: Floats, rows: Floats, x_test: Matrix) -> Floats:
    weight = torch.from_numpy(rows).to(x.dtype)
    with torch.inference_mode():
        if task == "regression":
            return _applied(x_test, fit_ridge(x, torch.from_numpy(truth), weight)).numpy()
        if task == "multiclass":
            y = torch.from_numpy(truth.argmax(1))
            return _applied(x_test, fit_softmax(x, y, truth.shape[1], weight)).double().softmax(1).numpy()
        shares = _applied(x_test, fit_logistic(x, torch.from_numpy(truth).to(x.dtype), weight)).double().sigmoid()
        return (shares[:, 0] if task == "binary" else shares).numpy()
