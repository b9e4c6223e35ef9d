"""What made rows are compared in: features of a network trained on the same data, or the rows' own numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn

from modelwright.data.arrays import raw
from modelwright.data.columns import Examples
from modelwright.data.images.found import IMAGE
from modelwright.errors import ModelwrightError
from modelwright.model.inputs import front
from modelwright.plan.plan import Plan
from modelwright.run.fit import fit
from modelwright.run.prepare import Prepared
from modelwright.ship.model import Model
from modelwright.spec.source import Description, from_mapping

MOST_ROWS = 10_000  # that the classifier of the scores is trained on
STEPS = {True: 600, False: 1500}
"""Of its training: pictures, tables."""
DIMENSIONS = 32  # of the features; a covariance of more would need more rows than there are
WAVES = 64
"""Random features where no classifier can be had."""
NETWORK = "cnn(widths=[16, 32, 64])"
AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How rows are seen: as flat `numbers`, by the `features` of the scores, as `classes` by a classifier.

    `told` says what the features are. All take rows as `Rows`: bytes of pictures, or a frame with the table's columns.
    """

    numbers: Callable[[Any], np.ndarray]
    features: Callable[[Any], np.ndarray]
    classes: Callable[[Any], np.ndarray] | None
    names: tuple[str, ...]
    told: str


Rows = np.ndarray | pl.DataFrame
"""Pictures as bytes `[N, C, H, W]`, or columns."""


def sight(prepared: Prepared, preprocess: nn.Module, train: Rows, test: Rows, labels: Callable[[str], Any]) -> Sight:
    """Return how rows are seen; a classifier is trained where the description names a target. `labels(part)` are its
    values in the rows of a part."""
    plan = prepared.plan
    plain = _plain(plan, preprocess, train)
    model, why = _classifier(prepared, train, labels)
    if model is None:
        basis = _principal(plain(_few(train)))
        waves = _waves(basis(plain(_few(train))), plan.train.seed)
        return Sight(
            numbers=plain,
            features=lambda rows: waves(basis(plain(rows))),
            classes=None,
            names=(),
            told=f"features: {WAVES} random waves over the rows' {DIMENSIONS} principal components at most ({why})",
        )
    known = _penultimate(model, _few(train))
    cut = _limits(known) if isinstance(train, pl.DataFrame) else _uncut
    basis = _principal(cut(known))
    names = tuple(str(value) for value in model.classes)
    right = ""
    if names and len(test):
        found = np.array(names)[_asked(model, test).argmax(1)]
        right = f", right for {np.mean(found == np.array(labels('test'), dtype=str)):.1%} of the test rows"
    return Sight(
        numbers=plain,
        features=lambda rows: basis(cut(_penultimate(model, rows))),
        classes=(lambda rows: _asked(model, rows).argmax(1)) if names else None,
        names=names,
        told=f"features: those before the last layer of a {model.plan.task} model of `{plan.outputs.targets[0]}`, "
        f"trained on the same rows{right}",
    )


def _few(rows: Rows, most: int = 2000) -> Rows:
    return rows[:most]


def _examples(rows: Rows) -> Examples:
    if isinstance(rows, pl.DataFrame):
        return Examples(rows)
    return Examples(pl.DataFrame({IMAGE: np.arange(len(rows))}), {IMAGE: rows})


def _plain(plan: Plan, preprocess: nn.Module, train: Rows) -> Callable[[Rows], np.ndarray]:
    """Return what turns rows into flat numbers, columns by the deviation that training rows have."""
    before = front(plan.inputs)

    def flat(rows: Rows) -> np.ndarray:
        with torch.no_grad():
            if isinstance(rows, np.ndarray):
                x = torch.from_numpy(rows)
                return (x if before is None else before(x)).flatten(1).double().numpy()
            return preprocess(*map(torch.from_numpy, raw(Examples(rows), plan.inputs)))[0].double().numpy()

    if isinstance(train, np.ndarray):
        return flat
    spread = flat(train[:5000]).std(0)
    scale = np.where(spread > 0, spread, 1.0)
    return lambda rows: flat(rows) / scale


def _limits(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return what cuts features where 99 % of training rows end: a covariance would be that of a few far values."""
    low, high = np.quantile(rows, [0.005, 0.995], axis=0)
    return lambda found: found.clip(low, high)


def _uncut(rows: np.ndarray) -> np.ndarray:
    return rows


def _principal(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the projection on the directions in which training rows vary most."""
    middle = rows.mean(0)
    away = rows - middle
    _, vectors = np.linalg.eigh(away.T @ away)
    chosen = vectors[:, ::-1][:, :DIMENSIONS]
    return lambda found: (found - middle) @ chosen


def _waves(rows: np.ndarray, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return random Fourier features (Rahimi and Recht 2007) of a Gaussian kernel: their means and covariances tell
    distributions apart that those of the rows themselves do not, which have the same for independent columns.

    Half of the kernels are as wide as the median distance of training rows, half are a quarter of it.
    """
    generator = np.random.default_rng(seed)
    few = rows[:500]
    apart = np.sqrt(((few[:, None] - few[None]) ** 2).sum(2))
    width = float(np.median(apart[apart > 0])) if (apart > 0).any() else 1.0
    directions = generator.normal(size=(rows.shape[1], WAVES)) / width
    directions[:, WAVES // 2 :] *= 4
    shift = generator.uniform(0, 2 * np.pi, size=WAVES)
    return lambda found: np.sqrt(2) * np.cos(found @ directions + shift)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What the classifier of the scores learns from: a description, and rows with their labels."""

    description: Description
    rows: Any


def lesson(prepared: Prepared, train: Rows, labels: Callable[[str], Any]) -> Lesson | None:
    """Return what the classifier learns from; None where the description names no target."""
    plan = prepared.plan
    target = plan.outputs.targets[0] if plan.outputs.targets else None
    if target is None:
        return None
    values = pl.Series(target, labels("train")[: min(MOST_ROWS, len(train))])
    known = values.is_not_null().arg_true().to_numpy()
    rows = train[: len(values)][known]
    pictures = isinstance(rows, np.ndarray)
    if pictures:
        frame = pl.DataFrame({IMAGE: np.arange(len(rows)), target: values.gather(known)})
        examples: Any = Examples(frame, {IMAGE: rows})
    else:
        examples = rows.with_columns(values.gather(known).alias(target))
    spec = prepared.dataset.description.spec
    kinds = {
        name: kind
        for name, kind in spec.data.columns.items()
        if not isinstance(rows, np.ndarray) and name in rows.columns
    }
    batch = max(1, min(128, len(rows) // 8))
    asked: dict[str, Any] = {
        "data": {"target": target, "columns": kinds},
        "train": {
            "batch_size": batch,
            "epochs": max(1, STEPS[pictures] * batch // len(rows)),
            "device": "cpu",
            "threads": spec.train.threads,
        },
    }
    asked |= {"model": NETWORK, "augment": "none"} if pictures else {"scale": plan.scale}  # no far values in features
    return Lesson(description=from_mapping(asked), rows=examples)


def _classifier(prepared: Prepared, train: Rows, labels: Callable[[str], Any]) -> tuple[Model | None, str]:
    """Return the model whose features are used, or why there is none."""
    learned = lesson(prepared, train, labels)
    if learned is None:
        return None, "with `data.target` they are those of a classifier"
    try:
        return fit(learned.description, learned.rows, (), np.zeros(0, dtype=np.int64)).model, ""
    except ModelwrightError as error:
        target = prepared.plan.outputs.targets[0]
        return None, f"no classifier of `{target}`: {error.diagnostics[0].message}"


def _asked(model: Model, rows: Rows) -> np.ndarray:
    """Return the probabilities of the classes, one a column."""
    return model.predict_proba(_examples(rows) if isinstance(rows, np.ndarray) else rows)


def _penultimate(model: Model, rows: Rows) -> np.ndarray:
    """Return what enters the last Linear layer for each row."""
    seen: list[Tensor] = []
    last = [each for each in model.module.core.modules() if isinstance(each, nn.Linear)][-1]
    handle = last.register_forward_pre_hook(lambda _layer, given: seen.append(given[0].flatten(1).double()))
    try:
        for at in range(0, len(rows), AT_ONCE):
            part = rows[at : at + AT_ONCE]
            model.answers(_examples(part) if isinstance(part, np.ndarray) else part)
    finally:
        handle.remove()
    return torch.cat(seen).numpy()
