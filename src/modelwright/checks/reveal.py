"""Which single input gives the answer away, and how. Used by L205 and E804."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from modelwright.checks.measure import auc, categories, correlation, labels, numbers, ranks

if TYPE_CHECKING:
    import polars as pl

    from modelwright.checks.facts import Facts

How = Literal["same", "determines", "separates", "missing", "follows"]

PERFECT = 0.99
"""Area under the curve, share of variance, or recall of each class from which one input explains the target."""
ALIKE = 0.90
"""The same for an input that is called like the target."""
EASY = 0.95
"""Where the second-best input reaches this as well, the problem is easy by nature (iris: setosa against the rest)."""
ROWS = 20
"""Rows that each class needs; fewer can be told apart by accident."""
EXACT = 1e-9
LOOK = 2_000
"""Rows on which columns are looked at first; the others are measured on all sampled rows only if they come near."""
NEAR = 0.8
"""What a column must reach there: 0.10 below ALIKE, five standard errors of an area under the curve."""
SUFFIX = re.compile(
    r"([_\s.-]+(encoded|enc|code|coded|cat|id|idx|label|labels|num|str|name|copy|bin|int|flag|class|y))+$"
)


@dataclass(frozen=True, slots=True)
class Reveal:
    """One input that explains the target: how, how well (0 to 1), and whether others nearly do so too."""

    column: str
    how: How
    strength: float
    easy: bool = False


def reveals(facts: Facts, target: str) -> list[Reveal]:
    """Return the inputs that explain `target`, each measured on the sampled rows alone."""
    columns = [name for name in facts.input_names if name not in facts.targets]
    if facts.task == "regression":
        answer = facts.sample(target)
        return _of_number(facts, target, numbers(answer), columns) if answer.dtype.is_numeric() else []
    known = facts.labels.codes[facts.sampled] if facts.labels is not None else labels(facts.sample(target)).codes
    return _of_classes(facts, target, known, columns)


def called_alike(name: str, target: str) -> bool:
    """Return whether a name is that of the target, but for case, separators and endings like `_code`.

    >>> called_alike("Species_Code", "species"), called_alike("price_per_room", "price")
    (True, False)
    """
    return _stem(name) == _stem(target)


def _stem(name: str) -> str:
    lowered = name.strip().lower()
    return re.sub(r"[_\s.-]", "", SUFFIX.sub("", lowered) or lowered)


def _of_classes(facts: Facts, target: str, truth: np.ndarray, columns: list[str]) -> list[Reveal]:
    counts = np.bincount(truth[truth >= 0])
    if len(counts) < 2 or counts.min() < ROWS:
        return []
    found: list[Reveal] = []
    strengths: dict[str, float] = {}
    few = np.arange(0, len(truth), max(1, len(truth) // LOOK))
    coarse, places = truth[few], facts.sampled[few]
    enough = np.bincount(coarse[coarse >= 0], minlength=len(counts)).min() >= ROWS
    assert facts.table is not None
    for name in columns:
        if enough and _strength(facts.table.frame[name].gather(places), coarse)[1] < NEAR:
            continue
        how, strength = _strength(facts.sample(name), truth)
        strengths[name] = strength
        if strength >= (ALIKE if called_alike(name, target) else PERFECT):
            found.append(Reveal(name, how, strength))
    return _with_company(found, strengths)


def _strength(column: pl.Series, truth: np.ndarray) -> tuple[How, float]:
    """Return how, and how well, a column alone explains the classes (-1: unknown)."""
    known = truth >= 0
    values = numbers(column)[known] if column.dtype.is_numeric() else None
    return _explains(column, categories(column)[known], values, truth[known])


def _explains(
    column: pl.Series, codes: np.ndarray, values: np.ndarray | None, classes: np.ndarray
) -> tuple[How, float]:
    distinct, total = int(codes.max(initial=-1)) + 1, int(classes.max()) + 1
    few = 0 < distinct <= min(len(classes) / 5, 1000)
    recall = _recall(codes + 1, classes) if few else 0.0
    if recall == 1 and distinct == total:
        return "same", recall
    if column.null_count() and (known := _recall((codes < 0).astype(np.int64), classes)) >= ALIKE:
        return "missing", known
    if values is None:
        return "determines", recall
    present = np.isfinite(values)
    if present.mean() < 0.5:
        return "separates", recall
    return "separates", max(recall, _separation(values[present], classes[present], total))


def _recall(codes: np.ndarray, classes: np.ndarray) -> float:
    """Return the smallest recall of a class, were each category answered with its most frequent class."""
    total = int(classes.max()) + 1
    table = np.bincount(codes * total + classes, minlength=(int(codes.max()) + 1) * total).reshape(-1, total)
    right = np.zeros(total)
    np.add.at(right, table.argmax(1), table.max(1))
    return float((right / np.maximum(table.sum(0), 1)).min())


def _separation(values: np.ndarray, classes: np.ndarray, total: int) -> float:
    if total == 2:
        area = auc(values, classes == 1)
        return max(area, 1.0 - area)
    order = classes[np.argsort(values, kind="stable")]
    runs = 1 + int((order[1:] != order[:-1]).sum())
    return 1.0 if runs == total == len(np.unique(classes)) else 0.0


def _of_number(facts: Facts, target: str, answer: np.ndarray, columns: list[str]) -> list[Reveal]:
    found: list[Reveal] = []
    strengths: dict[str, float] = {}
    series = _smooth(answer)
    few = np.arange(0, len(answer), max(1, len(answer) // LOOK))
    assert facts.table is not None
    for name in columns:
        if not facts.table.frame[name].dtype.is_numeric():
            continue
        coarse = _follows(numbers(facts.table.frame[name].gather(facts.sampled[few])), answer[few])
        if coarse is not None and max(coarse) < NEAR:
            continue
        followed = coarse if len(few) == len(answer) else _follows(numbers(facts.sample(name)), answer)
        if followed is None:
            continue
        straight, ordered = followed
        strengths[name] = max(straight, ordered)
        exact = 1.0 - straight <= EXACT or (1.0 - ordered <= EXACT and len(np.unique(answer)) >= 50)
        if exact:
            found.append(Reveal(name, "same", 1.0))
        elif strengths[name] >= (ALIKE if called_alike(name, target) else PERFECT):
            found.append(Reveal(name, "follows", strengths[name], easy=series))
    return _with_company(found, strengths)


def _follows(values: np.ndarray, answer: np.ndarray) -> tuple[float, float] | None:
    """Return R² of a straight line and of ranks; None where values are missing in more than half of the rows."""
    present = np.isfinite(values) & np.isfinite(answer)
    if present.sum() < max(ROWS, len(answer) / 2):
        return None
    x, y = values[present], answer[present]
    return correlation(x, y) ** 2, correlation(ranks(x), ranks(y)) ** 2


def _with_company(found: list[Reveal], strengths: dict[str, float]) -> list[Reveal]:
    """Mark what others nearly explain too: inputs that are no copies of each other are then good by nature."""
    marked: list[Reveal] = []
    for reveal in found:
        others = [value for name, value in strengths.items() if name != reveal.column]
        company = reveal.how in ("separates", "follows") and max(others, default=0.0) >= EASY
        marked.append(Reveal(reveal.column, reveal.how, reveal.strength, reveal.easy or company))
    return marked


def _smooth(answer: np.ndarray) -> bool:
    present = answer[np.isfinite(answer)]
    return len(present) > ROWS and correlation(present[1:], present[:-1]) >= EASY
