"""95 % intervals of scores from one split: the percentile bootstrap, and what replaces it where no error was made.

Percentile bootstrap: Efron & Tibshirani 1993, ch. 13. Rows are drawn with replacement (whole groups, where rows belong
to groups), each draw becomes the weights of the rows, and every metric is computed from those weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.evaluate.metrics import Lead, metric_of, prepare
from modelwright.evaluate.prepared import Floats, Integers, Prepared
from modelwright.spec.schema import Task

RESAMPLES = 1000
FEWEST = 200
LEVEL = 0.95
_DRAWS = 20_000_000  # rows drawn in all for the leading metric: 1,000 resamples up to 20,000 rows
_CHUNK = 1 << 17  # weights held at a time: 1 MiB, which stays near the processor
_FEW_CELLS = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of the 95 % interval and how they were found; NaN where there is none."""

    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows that scores stand on: how many, their weights [N] and the group of each [N], if they have any."""

    rows: int
    weight: Floats | None = None
    group: Integers | None = None

    @classmethod
    def of(cls, rows: int, weight: NDArray[Any] | None = None, groups: NDArray[Any] | None = None) -> Sample:
        """Return a sample from row weights [N] and group labels [N] of any kind."""
        codes = None if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
        return cls(rows, None if weight is None else np.asarray(weight, dtype=np.float64).reshape(-1), codes)

    @property
    def plain(self) -> bool:
        """Whether rows are drawn one by one and count alike."""
        return self.weight is None and self.group is None

    @property
    def units(self) -> int:
        """How many independent things are drawn: groups, or rows."""
        return self.rows if self.group is None else int(self.group.max(initial=-1)) + 1

    @property
    def unit(self) -> str:
        """What is drawn, as a word."""
        return "rows" if self.group is None else "groups"


def resamples_for(rows: int) -> int:
    """Return how many resamples the leading metric gets: 1,000 up to 20,000 rows, then fewer, never under 200."""
    return int(np.clip(_DRAWS // max(rows, 1), FEWEST, RESAMPLES))


def bootstrap(
    prepared: Mapping[str, Prepared], sample: Sample, resamples: Mapping[str, int], seed: int = 0
) -> dict[str, Interval]:
    """Return the interval of each metric; where rows fall into few cells, the cells are drawn: exact, and faster."""
    random = np.random.Generator(np.random.SFC64(seed))
    values: dict[str, Floats] = {}
    by_rows: dict[str, Prepared] = {}
    for name, metric in prepared.items():
        if sample.plain and metric.cell is not None and metric.cells <= _FEW_CELLS:
            values[name] = metric.of(_cell_draws(metric.cell, metric.cells, RESAMPLES, random))
        else:
            by_rows[name] = metric
    values.update(_by_rows(by_rows, sample, resamples, random))
    return {name: _percentiles(values[name], sample) for name in prepared}


def _cell_draws(cell: Integers, cells: int, resamples: int, random: np.random.Generator) -> Floats:
    """Return how many of N drawn rows fall into each cell [resamples, cells]: what drawing rows gives, directly."""
    shares = np.bincount(cell, minlength=cells) / len(cell)
    return random.multinomial(len(cell), shares, size=resamples).astype(np.float64)


def _by_rows(
    prepared: Mapping[str, Prepared], sample: Sample, resamples: Mapping[str, int], random: np.random.Generator
) -> dict[str, Floats]:
    values: dict[str, list[Floats]] = {name: [] for name in prepared}
    done = 0
    for weights in draws(sample, max((resamples[name] for name in prepared), default=0), random):
        for name, metric in prepared.items():
            wanted = weights[: max(resamples[name] - done, 0)]
            if len(wanted):
                values[name].append(metric.of(metric.collapse(wanted)))
        done += len(weights)
    return {name: np.concatenate(parts) for name, parts in values.items()}


def draws(sample: Sample, resamples: int, random: np.random.Generator) -> Iterator[Floats]:
    """Yield weights of the rows [b, N], `resamples` in all: how often each row was drawn, times its own weight."""
    units, at_once = sample.units, max(_CHUNK // max(sample.rows, 1), 1)
    for start in range(0, resamples, at_once):
        count = min(at_once, resamples - start)
        drawn = random.integers(0, units, size=(count, units)) + units * np.arange(count)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=count * units).reshape(count, units).astype(np.float64)
        if sample.group is not None:
            weights = np.take(weights, sample.group, axis=1)
        yield weights if sample.weight is None else weights * sample.weight


def _percentiles(values: Floats, sample: Sample) -> Interval:
    known = values[np.isfinite(values)]
    if sample.units < 2 or 2 * len(known) < len(values):
        return Interval(np.nan, np.nan, f"too few {sample.unit} for an interval")
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    left_out = len(values) - len(known)
    method = f"percentile bootstrap, {len(values):,} resamples of {sample.units:,} {sample.unit}"
    return Interval(float(low), float(high), method + (f", undefined in {left_out:,} of them" if left_out else ""))


def perfect(value: float, trials: int, sample: Sample) -> Interval | None:
    """Return the exact interval where every trial went the same way and the bootstrap has nothing to vary; else None.

    All of n right: from (α/2)^(1/n) to 1 (Clopper & Pearson 1934; Brown, Cai & DasGupta 2001 on why it is needed).
    n is the number of rows for an accuracy, that of the rarest class for F1, balanced accuracy, ROC-AUC and average
    precision (a wider claim than rows of one class support would be wrong); never more than there are groups, and with
    row weights Kish's effective number.
    """
    if trials < 1 or value not in (0.0, 1.0):
        return None
    count = float(trials if sample.group is None else min(trials, sample.units))
    if sample.weight is not None:
        kish = float(sample.weight.sum() ** 2 / np.square(sample.weight).sum())
        count = min(count, kish * trials / sample.rows)
    tail = ((1 - LEVEL) / 2) ** (1 / count)
    method = f"Clopper-Pearson, {count:,.0f} trials without {'an error' if value else 'a success'}"
    return Interval(tail, 1.0, method) if value else Interval(0.0, 1 - tail, method)


@dataclass(frozen=True, slots=True)
class Difference:
    """Score of a minus score of b on the same rows, with its 95 % interval; `verdict` reads it."""

    metric: str
    value: float
    low: float
    high: float
    higher_is_better: bool

    @property
    def verdict(self) -> str:
        """`better`, `worse` or `not different`: whether a differs from b beyond the interval."""
        if not (self.low > 0 or self.high < 0):
            return "not different"
        return "better" if (self.low > 0) == self.higher_is_better else "worse"


def paired_difference(
    metric: Lead,
    task: Task,
    target: NDArray[Any],
    outputs_a: NDArray[Any],
    outputs_b: NDArray[Any],
    weight: NDArray[Any] | None = None,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
) -> Difference:
    """Return the bootstrap interval of a difference: both models are scored on the same resampled rows.

    The rows' difficulty cancels, so it sees differences that lie within the two single intervals.
    """
    first, second = prepare(metric, task, outputs_a, target), prepare(metric, task, outputs_b, target)
    sample = Sample.of(len(target), weight, groups)
    random = np.random.Generator(np.random.SFC64(seed))
    most = resamples_for(sample.rows) if isinstance(metric, str) else FEWEST
    interval = _percentiles(_differences(first, second, sample, random, most), sample)
    value = first.value(sample.weight) - second.value(sample.weight)
    known = metric_of(metric)
    return Difference(known.name, value, interval.low, interval.high, known.higher_is_better)


def _differences(
    first: Prepared, second: Prepared, sample: Sample, random: np.random.Generator, resamples: int
) -> Floats:
    """Return the difference in each resample; where both metrics have few cells, pairs of cells are drawn."""
    if sample.plain and first.cell is not None and second.cell is not None:
        shape = first.cells, second.cells
        if shape[0] * shape[1] <= _FEW_CELLS:
            pair = first.cell * shape[1] + second.cell
            drawn = _cell_draws(pair, shape[0] * shape[1], RESAMPLES, random).reshape(-1, *shape)
            return first.of(drawn.sum(2)) - second.of(drawn.sum(1))
    values = [
        first.of(first.collapse(weights)) - second.of(second.collapse(weights))
        for weights in draws(sample, resamples, random)
    ]
    return np.concatenate(values)
