"""Cohorts: the same description trained on several folds and seeds, scored as one with a corrected interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from modelwright.checks.run import Receipt
from modelwright.data.split import Split
from modelwright.evaluate.cohort import corrected_interval, seeds_interval
from modelwright.evaluate.metrics import METRICS
from modelwright.evaluate.result import Baseline, Result, Score
from modelwright.run.events import Scored
from modelwright.run.folder import SCORE, Folder

LIMITS = {"r2": (-math.inf, 1), "brier_score": (0, 2)}
"""What a metric can be, where that is not 0 to 1 for shares and 0 or more for errors; a t interval knows no limits."""


def members_of(parts: Sequence[Split], seed: int, seeds: int) -> list[tuple[str, Split, int]]:
    """Return name, split and seed of each member, folds first."""
    folds = [(f"fold-{number}-" if len(parts) > 1 else "", part) for number, part in enumerate(parts, start=1)]
    return [(f"{fold}seed-{seed + k}", part, seed + k) for fold, part in folds for k in range(seeds)]


def cohort_result(folder: Folder, members: Sequence[Scored], folds: int) -> Scored:
    """Return the cohort's score: the mean over its members with its interval; written to its folder."""
    first = members[0]
    scores = {name: _score([m.result.scores[name] for m in members], folds, first) for name in first.result.scores}
    baselines = tuple(_baseline(each, members, folds) for each in first.result.baselines)
    rows = sum(member.result.rows for member in members[:: len(members) // folds])
    result = Result(scores[first.result.score.metric], scores, baselines, rows, first.result.part)
    receipt = sum((member.receipt for member in members), Receipt())
    folder.write_json(SCORE, result.to_json())
    return Scored(path=folder.path, plan=first.plan, result=result, receipt=receipt, seconds=_seconds(members))


def _baseline(each: Baseline, members: Sequence[Scored], folds: int) -> Baseline:
    """Return the mean of a baseline, and the interval of what the trained models are beside it, member by member."""
    own = [next(b for b in m.result.baselines if (b.name, b.metric) == (each.name, each.metric)) for m in members]
    values = [member.result.scores[each.metric].value for member in members]
    gains = [
        replace(
            members[0].result.scores[each.metric], value=value - baseline.value, low=baseline.low, high=baseline.high
        )
        for value, baseline in zip(values, own, strict=True)
    ]
    _, low, high = _interval(gains, folds, members[0])
    return replace(each, value=fmean(baseline.value for baseline in own), low=low, high=high)


def _score(scores: Sequence[Score], folds: int, first: Scored) -> Score:
    seeds = len(scores) // folds
    mean, low, high = _interval(scores, folds, first)
    least, most = _limits(scores[0].metric)
    if folds > 1:
        method = f"corrected resampled t interval over {folds} folds × {seeds} seeds (Nadeau & Bengio 2003)"
    else:
        method = f"test rows and {seeds} seeds together"
    return replace(scores[0], value=mean, low=_within(low, least, most), high=_within(high, least, most), method=method)


def _limits(name: str) -> tuple[float, float]:
    """Return the least and the most that a metric can be; one of the user's own may be anything."""
    if name not in METRICS:
        return -math.inf, math.inf
    return LIMITS.get(name) or ((0, 1) if METRICS[name].unit == "share" else (0, math.inf))


def _interval(scores: Sequence[Score], folds: int, first: Scored) -> tuple[float, float, float]:
    """Return mean, low and high over folds, or over the seeds of one split."""
    if folds == 1:
        return seeds_interval(scores)
    train, _, test = first.plan.split.rows
    return corrected_interval(np.array([score.value for score in scores]).reshape(folds, -1), train, test)


def _within(value: float, least: float, most: float) -> float:
    return value if math.isnan(value) else min(max(value, least), most)


def _seconds(members: Sequence[Scored]) -> dict[str, float]:
    """Return what the parts of all members took; those that train together wait for each other meanwhile."""
    seconds: dict[str, float] = {}
    for name in sorted({name for member in members for name in member.seconds}):
        together = name == "train" and members[0].plan.execution.together
        each = [member.seconds.get(name, 0.0) for member in members]
        seconds[name] = max(each) if together else sum(each)
    return seconds
