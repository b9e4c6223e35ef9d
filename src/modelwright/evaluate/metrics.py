"""The closed table of metrics: which task each belongs to, which way is better, and its value on whole rows.

Conventions, N rows: binary outputs are probabilities of the positive class [N]; multiclass [N, K]; multilabel [N, K];
regression [N, T] in the user's units; contrastive the measures of `retrieval` [N, 4], whose target is not looked at.
Targets: 0/1 [N] or [N, 1]; class numbers [N]; 0/1 [N, K]; numbers [N, T].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.evaluate import confusion, probability, ranking, regression, retrieval
from modelwright.evaluate.prepared import Floats, Prepared
from modelwright.spec.schema import Task

Unit = Literal["share", "nats", "target", "target squared", "rank", "squared distance", "own", "distance", "ratio"]
Rows = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: `prepare` by task, whether more is better, and the unit of its value."""

    name: str
    prepare: dict[Task, Callable[[Floats, Floats], Prepared]]
    higher_is_better: bool
    unit: Unit

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks the metric is defined for."""
        return tuple(self.prepare)


_METRICS = (
    Metric(
        "accuracy",
        {"binary": confusion.accuracy, "multiclass": confusion.accuracy, "multilabel": confusion.subset_accuracy},
        True,
        "share",
    ),
    Metric(
        "balanced_accuracy",
        {"binary": confusion.balanced_accuracy, "multiclass": confusion.balanced_accuracy},
        True,
        "share",
    ),
    Metric(
        "f1",
        {"binary": confusion.f1_binary, "multiclass": confusion.f1_macro, "multilabel": confusion.f1_labels},
        True,
        "share",
    ),
    Metric("roc_auc", {"binary": ranking.roc_auc, "multiclass": ranking.roc_auc}, True, "share"),
    Metric(
        "average_precision",
        {"binary": ranking.average_precision, "multiclass": ranking.average_precision},
        True,
        "share",
    ),
    Metric("log_loss", {"binary": probability.log_loss, "multiclass": probability.log_loss}, False, "nats"),
    Metric("brier_score", {"binary": probability.brier_score, "multiclass": probability.brier_score}, False, "share"),
    Metric(
        "calibration_error",
        {"binary": probability.calibration_error, "multiclass": probability.calibration_error},
        False,
        "share",
    ),
    Metric("hamming_loss", {"multilabel": confusion.hamming_loss}, False, "share"),
    Metric("rmse", {"regression": regression.rmse, "forecasting": regression.rmse_of_all}, False, "target"),
    Metric("mae", {"regression": regression.mae, "forecasting": regression.mae}, False, "target"),
    Metric("r2", {"regression": regression.r2}, True, "share"),
    Metric("mse", {"regression": regression.mse, "forecasting": regression.mse}, False, "target squared"),
    Metric("median_absolute_error", {"regression": ranking.median_absolute_error}, False, "target"),
    # Of generated rows, which no target stands beside: `evaluate.generated`.
    Metric("frechet_distance", {}, False, "distance"),
    Metric("told_apart", {}, False, "share"),
    Metric("coverage", {}, True, "share"),
    Metric("density", {}, True, "ratio"),
    Metric("column_distance", {}, False, "ratio"),
    Metric("closest_row", {}, True, "ratio"),
    Metric("classes_present", {}, True, "share"),
    Metric("recall_at_1", {"contrastive": retrieval.recall(1)}, True, "share"),
    Metric("recall_at_5", {"contrastive": retrieval.recall(5)}, True, "share"),
    Metric("recall_at_10", {"contrastive": retrieval.recall(10)}, True, "share"),
    Metric("mean_rank", {"contrastive": retrieval.mean_rank}, False, "rank"),
    Metric("alignment", {"contrastive": retrieval.alignment}, False, "squared distance"),
    Metric("uniformity", {"contrastive": retrieval.uniformity}, False, "nats"),
    *(Metric(f"probe_{name}", {}, True, "share") for name in ("accuracy", "f1", "r2")),  # of a linear model, afterwards
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _METRICS}
Lead = str | Metric
"""A metric of the table by its name, or one of the user's own."""

ALIASES = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "pr_auc": "average_precision",
    "ap": "average_precision",
    "f1_macro": "f1",
    "f1_score": "f1",
    "cross_entropy": "log_loss",
    "brier": "brier_score",
    "brier_score_loss": "brier_score",
    "ece": "calibration_error",
    "hamming": "hamming_loss",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "r2_score": "r2",
    "recall": "recall_at_1",
    "recall@1": "recall_at_1",
    "recall@5": "recall_at_5",
    "recall@10": "recall_at_10",
}

IMBALANCE = 0.9
"""Share of the largest class from which accuracy says little: always answering that class already reaches it."""


def metrics_for(task: Task) -> tuple[str, ...]:
    """Return the names of the metrics of a task, in the order they are shown."""
    return tuple(name for name, metric in METRICS.items() if task in metric.prepare)


def lead_metric(task: Task, shares: Sequence[float] | None = None) -> tuple[str, str]:
    """Return the metric that leads when none is named, with the reason; `shares` are those of the classes.

    >>> lead_metric("binary", [0.76, 0.24])[0], lead_metric("binary", [0.97, 0.03])[0]
    ('accuracy', 'roc_auc')
    """
    if task == "regression":
        return "rmse", "the usual score of predicted numbers, in the units of the target"
    if task == "forecasting":
        return "rmse", "the usual score of forecasts, over all steps ahead, in the units of the target"
    if task == "contrastive":
        return "recall_at_1", "the usual score of embeddings: how often a row's partner is the nearest of all"
    if task == "multilabel":
        return "f1", "rows have several labels: the mean of the labels' F1 does not reward answering none"
    largest = max(shares, default=0.0) if shares is not None else 0.0
    if largest < IMBALANCE:
        return "accuracy", "the usual score of classes"
    always = f"always answering the largest class would already be right for {largest:.1%} of the rows"
    if task == "binary":
        return "roc_auc", f"{always}, so the score is the order of the rows, which needs no threshold"
    return "balanced_accuracy", f"{always}, so every class counts the same"


def resolve(name: str, task: Task, where: Place = NOWHERE) -> str | Diagnostic:
    """Return the table's name of a metric (its own or an alias), or the finding that tells the user what is wrong."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    known = ALIASES.get(plain, plain)
    fitting = ", ".join(metrics_for(task))
    if known not in METRICS or not METRICS[known].prepare:
        near = get_close_matches(plain, [*METRICS, *ALIASES], n=1)
        return Diagnostic(
            code="Y004",
            severity="error",
            message=f"there is no metric `{name}`",
            where=where,
            expected=f"one of {fitting}",
            received=name,
            help=f"metric: {near[0]}" if near else f"metric: {lead_metric(task)[0]}",
        )
    if task not in METRICS[known].prepare:
        return Diagnostic(
            code="H504",
            severity="error",
            message=f"`{known}` does not score a {task} task; it is for {' and '.join(METRICS[known].tasks)}",
            where=where,
            expected=f"one of {fitting}",
            received=name,
            help=f"metric: {lead_metric(task)[0]}",
        )
    return known


def metric_of(lead: Lead) -> Metric:
    """Return a metric by its name, or as it is."""
    return METRICS[lead] if isinstance(lead, str) else lead


def tabled(name: str, task: Task) -> str:
    """Return a metric's name, or that of the task's usual one where the table does not have it (one's own)."""
    return name if name in METRICS else lead_metric(task)[0]


def prepare(metric: Lead, task: Task, outputs: Rows, target: Rows) -> Prepared:
    """Return the metric of these outputs, ready for weights; ValueError when the shapes do not belong together."""
    outputs, target = np.asarray(outputs), np.asarray(target)
    if task == "binary":
        outputs, target = outputs.reshape(-1), target.reshape(-1)
    elif task == "multiclass":
        target = target.reshape(-1)
    elif task != "contrastive":
        outputs, target = outputs.reshape(len(outputs), -1), target.reshape(len(target), -1)
    by_rows = task in ("multiclass", "contrastive")
    fits = len(outputs) == len(target) if by_rows else outputs.shape == target.shape
    if not fits or not len(target):
        raise ValueError(f"outputs {list(outputs.shape)} and targets {list(target.shape)} of a {task} task do not fit")
    floats = outputs if outputs.dtype.kind == "f" else outputs.astype(np.float64)
    if metric != "log_loss":  # which clips by the precision of the outputs
        floats = floats.astype(np.float64)
    return metric_of(metric).prepare[task](floats, target.astype(np.float64))


def compute(metric: Lead, task: Task, outputs: Rows, target: Rows, weight: Rows | None = None) -> float:
    """Return one metric of whole rows, in 0..1, nats or the user's units; NaN where it is undefined.

    >>> compute("accuracy", "binary", np.array([0.2, 0.9, 0.6]), np.array([0, 1, 0])) == 2 / 3
    True
    """
    weights = None if weight is None else np.asarray(weight, dtype=np.float64).reshape(-1)
    return prepare(metric, task, outputs, target).value(weights)
