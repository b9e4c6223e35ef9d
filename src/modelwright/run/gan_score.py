"""The scores of a GAN: made rows beside real ones that no network was trained on, with intervals and baselines."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import nn

from modelwright.data.arrays import features as coded
from modelwright.data.arrays import raw
from modelwright.evaluate import generated
from modelwright.evaluate.metrics import METRICS
from modelwright.evaluate.result import NAN, Baseline, Result, Score, format_number
from modelwright.evaluate.two_sample import told_apart
from modelwright.model.build import GanModel
from modelwright.model.gan import Generator
from modelwright.model.noise import Purpose, normal
from modelwright.plan.plan import Plan
from modelwright.run.gan_features import Rows, Sight, sight
from modelwright.run.prepare import Prepared
from modelwright.ship.gan import GenerativeModel

MOST_TEST, MOST_TRAIN, FEWEST = 2000, 5000, 500
SHOWN = 64
"""Rows that are shown after each epoch."""


@dataclass(slots=True, kw_only=True)
class Judge:
    """Compares what a generator makes with real rows, as `seen` sees both."""

    prepared: Prepared
    model: GanModel
    seen: Sight
    train: Rows
    test: Rows
    part: str
    validation: np.ndarray
    first: Generator

    @property
    def plan(self) -> Plan:
        """The plan of the run."""
        return self.prepared.plan

    def made(self, generator: Generator, rows: int, purpose: Purpose = "sample") -> Any:
        """Return rows that a generator makes, as users get them: bytes of pictures, or a frame."""
        model = self.holder(generator)
        gan = self.plan.gan
        assert gan is not None
        values = model.of_latents(normal(purpose, rows, gan.latent + gan.noise, self.plan.train.seed).numpy())
        return values.round().astype(np.uint8) if model.pictures else model.frame(values)

    def holder(self, generator: Generator) -> GenerativeModel:
        """Return a model with the weights of a generator as they are now."""
        held = copy.deepcopy(self.model).cpu()
        held.core.load_state_dict(generator.state_dict())
        return GenerativeModel(self.plan, held.eval())

    def by_epoch(self, generator: Generator) -> dict[str, float]:
        """Return the score that chooses the epoch: against the validation rows, never the test rows."""
        made = self.seen.features(self.made(generator, max(FEWEST, len(self.validation)), "watch"))
        return {f"validation_{self.plan.metric}": generated.frechet_distance(self.validation, made)}

    def result(self, generator: Generator) -> tuple[Result, dict[str, Any]]:
        """Return the scores of a generator, and what the report shows beside them."""
        made = self.made(generator, max(FEWEST, len(self.test)))
        real, found = self.seen.features(self.test), self.seen.features(made)
        ceiling = generated.frechet_distance(real, self.seen.features(self.train[: len(made)]))
        lead = self._score(
            "frechet_distance",
            generated.jackknife(generated.frechet_distance, real, found),
            "delete-a-group jackknife, 20 groups",
            f"{self.seen.told}; the training rows themselves: {format_number(ceiling)}",
        )
        scores = {score.metric: score for score in (lead, *self._others(made, real, found))}
        facts: dict[str, Any] = {"features": self.seen.told, "ceiling": ceiling, "columns": self._columns(made)}
        if self.seen.classes is not None:
            counts = np.bincount(self.seen.classes(made), minlength=len(self.seen.names))
            facts["classes"] = dict(zip(self.seen.names, (counts / len(made)).tolist(), strict=True))
        baselines = tuple(self._baselines(real, found, len(made)))
        return Result(score=lead, scores=scores, baselines=baselines, rows=len(self.test), part=self.part), facts

    def _score(self, name: str, found: tuple[float, float, float], method: str, note: str = "") -> Score:
        value, low, high = found  # a distance is not negative; NaN stays
        return Score(name, value, 0.0 if low < 0 else low, high, METRICS[name].higher_is_better, method, note)

    def _others(self, made: Any, real: np.ndarray, found: np.ndarray) -> Iterator[Score]:
        seed = self.plan.train.seed
        numbers, fresh = self.seen.numbers(self.test), self.seen.numbers(made)
        right = told_apart(numbers, fresh, seed)
        yield self._score("told_apart", generated.share(right), "Wilson", "0.5: no network tells made from real")
        covered, density = generated.near(real, found)
        yield self._score("coverage", generated.share(covered), "Wilson", "real rows with a made one near them")
        yield self._score("density", generated.mean(density), "normal", "1: made rows lie where real ones do")
        train = self.seen.numbers(self.train)
        own = np.median(generated.closest(numbers, train)) or 1.0
        yield self._score(
            "closest_row",
            generated.jackknife(lambda rows: float(np.median(rows)), generated.closest(fresh, train) / own),
            "delete-a-group jackknife, 20 groups",
            "median distance to the closest training row, in that of test rows; near 0: copies",
        )
        if isinstance(made, pl.DataFrame):
            note = ", ".join(f"`{name}` {value:.3g}" for name, value in _furthest(self._columns(made)))
            yield self._score("column_distance", self._mean_distance(made), "jackknife, 20 groups", f"largest: {note}")
        if self.seen.classes is not None:
            there = np.isin(np.arange(len(self.seen.names)), self.seen.classes(self.made(self.model.generator, 1000)))
            yield self._score("classes_present", (float(there.mean()), NAN, NAN), "", "of 1,000 made rows")

    def _columns(self, made: Any) -> dict[str, float]:
        """Return how far each column of made rows lies from that of the test rows; none for pictures."""
        if not isinstance(made, pl.DataFrame) or not isinstance(self.test, pl.DataFrame):
            return {}
        return {
            column.name: _distance(self.plan, at, _values(self.plan, self.test, at), _values(self.plan, made, at))
            for at, column in enumerate(self.plan.inputs)
        }

    def _mean_distance(self, made: pl.DataFrame) -> tuple[float, float, float]:
        places = range(len(self.plan.inputs))
        assert isinstance(self.test, pl.DataFrame)
        both = [np.stack([_values(self.plan, rows, at) for at in places], axis=1) for rows in (self.test, made)]
        return generated.jackknife(
            lambda a, b: float(np.mean([_distance(self.plan, at, a[:, at], b[:, at]) for at in places])), *both
        )

    def _baselines(self, real: np.ndarray, found: np.ndarray, rows: int) -> Iterator[Baseline]:
        noun = "columns" if isinstance(self.train, pl.DataFrame) else "pixels"
        rivals = {
            "untrained": (self.made(self.first, rows), "the generator before its first step"),
            f"independent {noun}": (
                independent(self.train, rows, self.plan.train.seed),
                f"each of the {noun} drawn by itself from the training rows",
            ),
        }
        if noun == "pixels":
            mean = np.asarray(self.train, dtype=np.float64).mean(0, keepdims=True).round().astype(np.uint8)
            rivals["mean picture"] = (
                np.repeat(mean, rows, axis=0),
                "the mean of the training pictures",
            )
        for name, (made, note) in rivals.items():
            rival = self.seen.features(made)
            value = generated.frechet_distance(real, rival)
            _, low, high = generated.jackknife(_difference, real, found, rival)
            yield Baseline(name, self.plan.metric, value, note, low, high)


def _difference(real: np.ndarray, found: np.ndarray, rival: np.ndarray) -> float:
    return generated.frechet_distance(real, found) - generated.frechet_distance(real, rival)


def _furthest(columns: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(columns.items(), key=lambda each: -each[1])[:3]


def _values(plan: Plan, rows: pl.DataFrame, at: int) -> np.ndarray:
    """Return a column as numbers: those of the user, or codes of categories."""
    found = coded(rows, (plan.inputs[at],))
    return (found.numbers if plan.inputs[at].encoding == "number" else found.codes)[:, 0].astype(np.float64)


def _distance(plan: Plan, at: int, real: np.ndarray, made: np.ndarray) -> float:
    """Return the earth mover's distance of numbers in deviations, or the total variation of categories."""
    column = plan.inputs[at]
    numbers = column.encoding == "number" and column.kind != "boolean"
    return generated.wasserstein(real, made) if numbers else generated.total_variation(real, made)


def independent(rows: Rows, count: int, seed: int) -> Rows:
    """Return rows whose columns (or pixels) are each drawn by themselves: right marginals, no connections."""
    generator = np.random.default_rng(seed)
    if isinstance(rows, pl.DataFrame):
        return pl.DataFrame([one.gather(generator.integers(len(rows), size=count)) for one in rows])
    flat = rows.reshape(len(rows), -1)
    drawn = np.stack([flat[generator.integers(len(rows), size=count), at] for at in range(flat.shape[1])], axis=1)
    return drawn.reshape(count, *rows.shape[1:])


def judge_of(prepared: Prepared, model: GanModel) -> Judge:
    """Return what judges the rows of a run, with the classifier of its scores trained."""
    plan, split = prepared.plan, prepared.split
    part = next(name for name in ("test", "validation", "train") if len(split.parts[name]))
    chosen = {
        "train": _spread(split.train, 2 * MOST_TRAIN),
        "validation": _spread(split.validation, 1000),
        "test": _spread(split.parts[part], MOST_TEST),
    }
    rows = partial(_rows, prepared, model.preprocess)
    train, test = rows(chosen["train"]), rows(chosen["test"])
    frame = prepared.dataset.table.frame

    def labels(name: str) -> Any:
        return frame[plan.outputs.targets[0]].gather(chosen[name]).to_list()

    seen = sight(prepared, model.preprocess, train, test, labels)
    return Judge(
        prepared=prepared,
        model=model,
        seen=seen,
        train=train[:MOST_TRAIN],
        test=test,
        part=part,
        validation=seen.features(rows(chosen["validation"])) if len(split.validation) else np.zeros((0, 1)),
        first=copy.deepcopy(model.generator).eval(),
    )


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many rows, in an order of chance that is always the same."""
    order = np.random.default_rng(0).permutation(len(rows))[:most]
    return rows[order]


def _rows(prepared: Prepared, preprocess: nn.Module, rows: np.ndarray) -> Rows:
    """Return real rows as made ones are: bytes of pictures after their transforms, or the columns that are made."""
    plan, examples = prepared.plan, prepared.dataset.table.examples
    if plan.inputs[0].encoding != "pixels":
        return examples.frame.select([column.name for column in plan.inputs])[rows]
    with torch.no_grad():
        return preprocess(*map(torch.from_numpy, raw(examples, plan.inputs, rows)))[0].numpy()
