"""A finished run as its user holds it: score, plan, history, the model, predictions."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.evaluate.result import Result, Score
from modelwright.plan.plan import Plan
from modelwright.run.folder import METRICS, SCORE, SPLIT, Folder, open_folder

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from modelwright.ship.model import Model


class Run:
    """A finished run and its folder; `modelwright.train` returns one, `Run(path)` opens one.

    `model` is your own class, where the run trained one, `transform` what changed its pictures: code is never loaded
    from a run folder. Raises RunError R001 where the folder is no run, or one that has not ended yet.
    """

    def __init__(self, path: str | Path, model: Callable[..., Any] | None = None, *, transform: Any = None) -> None:
        self._own, self._transform = model, transform
        self._folder: Folder = open_folder(Path(path))
        if not self._folder.finished:
            raise RunError(_unfinished(self._folder.path))

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.score.metric}={self.score.value:.4g})"

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._folder.path

    @property
    def members(self) -> int:
        """How many models a cohort has; 0 for a single run."""
        return len(self._folder.members)

    @cached_property
    def plan(self) -> Plan:
        """The plan: every value and, in `plan.why`, its reason; for a cohort that of its first model."""
        return self._folder.plan()

    @cached_property
    def result(self) -> Result:
        """All scores with their intervals, and the baselines."""
        return Result.from_json(self._folder.read_json(SCORE))

    @property
    def score(self) -> Score:
        """The score that leads, with its 95 % interval."""
        return self.result.score

    @cached_property
    def split(self) -> dict[str, str]:
        """What names the rows that were scored: the data's fingerprint, and a hash of the row numbers of each fold."""
        folders = self._folder.members or [self._folder]
        receipts = [folder.read_json(SPLIT) for folder in folders]
        hashes = {str(each["fold"] or 0): str(each["sha256"][self.result.part]) for each in receipts}
        return {"data": self.plan.data.fingerprint, "part": self.result.part, **hashes}

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """One record an epoch: loss, learning rate, validation scores; for a cohort those of its first model."""
        folder = next(iter(self._folder.members), self._folder)
        return [json.loads(line) for line in (folder.path / METRICS).read_text().splitlines()]

    @cached_property
    def model(self) -> Model:
        """The trained model; a cohort answers with the mean of its members' answers, generators in turn."""
        from modelwright.ship.artifact import load

        return load(self.path, self._own, transform=self._transform)

    @overload
    def predict(self, rows: pl.DataFrame) -> pl.DataFrame: ...
    @overload
    def predict(self, rows: np.ndarray) -> np.ndarray: ...
    @overload
    def predict(self, rows: Any) -> Any: ...
    def predict(self, rows: Any) -> Any:
        """Return the answers to raw rows, in the kind of table that was given; see `Model.predict`."""
        return self.model.predict(rows)

    def sample(self, rows: int, seed: int = 0) -> Any:
        """Return new rows that a GAN makes; see `GenerativeModel.sample`. RunError R010 for a run of another task."""
        from modelwright.ship.gan import GenerativeModel

        if not isinstance(self.model, GenerativeModel):
            raise RunError(_no_gan(self))
        return self.model.sample(rows, seed)

    def embed(self, rows: Any) -> np.ndarray:
        """Return the embeddings of raw rows, `[N, D]` of unit length; TypeError for a run of another task."""
        if self.plan.contrast is None:
            raise TypeError(f"{self.plan.task} has no embeddings: use predict")
        return self.model.answers(rows)

    def nearest(self, rows: Any, among: Any = None, k: int = 5) -> pl.DataFrame:
        """Return the `k` training rows (or rows of `among`) that are nearest to each of `rows`; see `Model.nearest`.

        `row` is then the number of the row in the data. RunError R001 where the data are not those of the training.
        """
        if among is not None or self.plan.contrast is None:
            return self.model.nearest(rows, among, k)
        return nearest_in_training(self.path, self.model, rows, k)


def _no_gan(run: Run) -> Diagnostic:
    return Diagnostic(
        code="R010",
        severity="error",
        message=f"the run `{run.path}` makes no rows: its task is {run.plan.task}",
        where=Place(file=str(run.path)),
        expected="a run of `task: gan`",
        help="modelwright predict RUN ROWS answers rows",
    )


def nearest_in_training(path: Path, model: Model, rows: Any, k: int) -> pl.DataFrame:
    """Return the training rows of a run that are nearest to each of `rows`, by their number in the data."""
    from modelwright.run.again import training_rows
    from modelwright.ship.contrast import nearest

    among, numbers = training_rows(path)
    found = nearest(model.plan, model.read(rows), among, model.answers_to, k)
    return found.with_columns(row=numbers[found["row"].to_numpy() - 1] + 1)


def _unfinished(path: Path) -> Diagnostic:
    return Diagnostic(
        code="R001",
        severity="error",
        message=f"the run `{path}` has not ended: it has no score and no model yet",
        where=Place(file=str(path / SCORE)),
        help=f"modelwright resume {path}",
    )
