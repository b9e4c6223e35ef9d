"""Outputs of whole rows → a `Result`: every metric of the task, each with its interval."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.evaluate.intervals import FEWEST, Interval, Sample, bootstrap, perfect, resamples_for
from modelwright.evaluate.metrics import METRICS, Lead, Metric, metric_of, metrics_for, prepare
from modelwright.evaluate.prepared import Prepared
from modelwright.evaluate.result import Baseline, Result, Score
from modelwright.spec.schema import Task


def evaluate(
    metric: Lead,
    task: Task,
    outputs: NDArray[Any],
    target: NDArray[Any],
    *,
    weight: NDArray[Any] | None = None,
    groups: NDArray[Any] | None = None,
    baselines: tuple[Baseline, ...] = (),
    part: str = "test",
    seed: int = 0,
) -> Result:
    """Return all scores of one part; `metric` leads. Shapes as in `metrics`; the rows are scored whole, never by batch.

    The leading metric gets 1,000 resamples, those that need the single rows 200, as one of the user's own does; each
    score says so in `method`.

    >>> result = evaluate("rmse", "regression", np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]]))
    >>> result.score.value, result.rows
    (1.4142135623730951, 2)
    """
    sample = Sample.of(len(target), weight, groups)
    known = {name: METRICS[name] for name in metrics_for(task)}
    known |= {metric.name: metric} if isinstance(metric, Metric) else {}
    prepared = {name: prepare(each, task, outputs, target) for name, each in known.items()}
    resamples = {name: resamples_for(sample.rows) if name == metric else FEWEST for name in prepared}
    intervals = bootstrap(prepared, sample, resamples, seed)
    scores = {name: _score(known[name], prepared[name], intervals[name], sample) for name in prepared}
    return Result(scores[metric_of(metric).name], scores, baselines, sample.rows, part)


def _score(metric: Metric, prepared: Prepared, interval: Interval, sample: Sample) -> Score:
    value = prepared.value(sample.weight)
    nothing_varies = np.isnan(interval.low) or interval.low == interval.high == value
    chosen = (perfect(value, prepared.trials, sample) if nothing_varies else None) or interval
    # Resamples of a gap that cannot be negative (calibration error) lie above it: the interval holds the value anyway.
    low, high = float(np.minimum(chosen.low, value)), float(np.maximum(chosen.high, value))
    return Score(metric.name, value, low, high, metric.higher_is_better, chosen.method, prepared.note)
