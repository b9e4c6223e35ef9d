"""What sections of a report may look at; None, or a reason in words, where the run does not have it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelwright.evaluate.result import Result
from modelwright.plan.plan import Plan

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from torch import Tensor, nn

    from modelwright.data.batches import Rows as Examples
    from modelwright.model.trace import LayerTrace
    from modelwright.report.track import Track

Record = Mapping[str, Any]
SHARE, LEAST = 0.05, 0.2
"""What a section may cost: a share of the training's operations, but so much of what is most at least."""
MOVED = 10
"""Operations in the time that it takes to write one number: masks, poolings and vectors of words count hardly any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows that were scored: as they were read, their number in the table, target, answers and weights.

    Shapes as in `evaluate.metrics`. `media` are the pictures and sequences that cells of `frame` stand for, `files` the
    file of each row, where it has one.
    """

    part: str
    frame: pl.DataFrame
    numbers: np.ndarray
    target: np.ndarray
    answers: np.ndarray
    weight: np.ndarray | None = None
    media: Mapping[str, np.ndarray] = field(default_factory=dict[str, "np.ndarray"])
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """Windows of the part that was scored, evenly spread over it if they were too many; numbers in the user's units.

    `starts` [N] are the rows where targets begin, `past` [N, L, K] the targets before them, `truth` and `answers`
    [N, H, K] what followed and what was forecast, as each of the `baselines` forecasts it. `windows` counts all.
    `times` are those of all rows, or None; `names` the series of each window, where there are several. Of a cohort,
    `folds` are the plan and the windows of each fold, and `seeds` [S, N, H, K] what the model of each seed forecast:
    `answers` are then their mean.
    """

    starts: np.ndarray
    past: np.ndarray
    truth: np.ndarray
    answers: np.ndarray
    baselines: Mapping[str, np.ndarray]
    windows: int
    times: pl.Series | None = None
    names: Sequence[str] = ()
    seeds: np.ndarray | None = None
    folds: Sequence[tuple[Plan, slice]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """The trained model as tensors: `core` takes `inputs` (preprocessed), `preprocess` makes them of raw arrays.

    `answer` turns the core's inputs into answers in the user's units; `objective(core, *batch)` is the loss of a batch;
    `fresh` builds the core anew with the weights that training began with. `batches` are those of the training.
    """

    core: nn.Module
    preprocess: Callable[..., tuple[Tensor, ...]]
    answer: Callable[[tuple[Examples, ...]], np.ndarray]
    inputs: tuple[Examples, ...]
    objective: Callable[..., Tensor]
    batches: Any
    fresh: Callable[[], nn.Module]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Embeddings of scored rows on their two main directions, `points` [S · N, 2] (one side under another).

    `told` [N] says of each row what it is, `labels` [N] its target; `share` [2] is what each direction holds of the
    variance. `positives` and `negatives` are cosine similarities of rows that belong together, and of others.
    """

    part: str
    points: np.ndarray
    share: np.ndarray
    sides: tuple[str, ...]
    labels: tuple[str, ...] | None
    told: tuple[str, ...]
    positives: np.ndarray
    negatives: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One model of a cohort: its name, epochs and score as JSON values."""

    name: str
    history: Sequence[Record]
    score: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One run, or the models of a cohort together. `run` is the folder as its user writes it.

    `seconds` are those of the parts of the run; `layers` the trace of the model; `track` the weights of epochs that
    were kept; `absent` says why there is no learner, no rows, no track or no seconds. `running`: training goes on.
    """

    run: str
    plan: Plan
    history: Sequence[Record] = ()
    result: Result | None = None
    checks: Mapping[str, Any] = field(default_factory=dict[str, Any])
    split: Mapping[str, Any] = field(default_factory=dict[str, Any])
    environment: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    ended: str = ""
    layers: Sequence[LayerTrace] = ()
    rows: Rows | None = None
    forecasts: Forecasts | None = None
    learner: Learner | None = None
    embedded: Embedded | None = None
    track: Track | None = None
    members: Sequence[Member] = ()
    absent: Mapping[str, str] = field(default_factory=dict[str, str])
    running: bool = False
    memo: dict[str, Any] = field(default_factory=dict[str, Any])
    """What several sections look at and is computed once."""

    @property
    def of_columns(self) -> bool:
        """Whether rows are columns of numbers and categories, which can be changed one at a time."""
        return all(column.encoding in ("number", "date", "one_hot", "embedding") for column in self.plan.inputs)

    @property
    def answered(self) -> bool:
        """Whether each row has an answer, and a truth to hold it against."""
        return self.plan.task in ("binary", "multiclass", "multilabel", "regression", "forecasting")

    @property
    def of_pictures(self) -> bool:
        """Whether rows are pictures."""
        return self.plan.inputs[0].encoding == "pixels"

    @property
    def of_texts(self) -> bool:
        """Whether rows are texts."""
        return self.plan.inputs[0].encoding == "tokens"

    @property
    def of_steps(self) -> bool:
        """Whether rows are texts, sequences or windows of series: one step after another."""
        return self.plan.inputs[0].encoding in ("tokens", "steps")

    @property
    def flops(self) -> float:
        """What the model costs for one row, in operations: those that are counted, and the numbers that are moved."""
        moved = sum(MOVED * math.prod(layer.output) for layer in self.layers)
        return max(float(moved + sum(layer.flops or 0 for layer in self.layers)), 1.0)

    def budget(self, most: float) -> float:
        """Return the operations that a section may spend: `most` after a long training, a fifth of it after a short
        one. Counted, not timed, so that a report made again is the same.
        """
        trained = 3 * self.flops * self.plan.split.rows[0] * len(self.history)
        return min(most, max(LEAST * most, SHARE * trained))

    @property
    def best(self) -> Record | None:
        """The record of the epoch whose weights are kept."""
        kept = [record for record in self.history if record.get("best")]
        return kept[-1] if kept else None

    @property
    def weights(self) -> int:
        """How many numbers the model learned."""
        return sum(layer.parameters for layer in self.layers)

    def lacks(self, what: str) -> str:
        """Say why something is not there."""
        told = "comes when training has ended" if self.running else "the run does not have it"
        return self.absent.get(what, told)
