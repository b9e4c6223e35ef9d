"""Folds of a cross-validation: those of scikit-learn's splitters, which are loaded for groups and for time only."""

from __future__ import annotations

import numpy as np

from modelwright.data.holdout import Halves, folds, stratified_folds
from modelwright.data.split_case import CannotStratifyError, Case, refused
from modelwright.errors import DataError


def fold_pairs(case: Case, count: int) -> list[Halves]:
    """Return (rest, test) for each of `count` folds, rows in the order of `case.rows`."""
    _require_folds(case, count)
    if case.times is not None:
        return _in_time(case, count, case.times)
    stratify = case.stratify and _classes_suffice(case, count)
    classes = case.classes[case.rows] if stratify and case.classes is not None else None
    seed = case.settings.random_state if case.settings.shuffle else None
    if case.groups is not None:
        return _in_groups(case, count, classes, case.groups[case.rows])
    return folds(case.rows, count, seed) if classes is None else stratified_folds(case.rows, count, seed, classes)


def _in_groups(case: Case, count: int, classes: np.ndarray | None, groups: np.ndarray) -> list[Halves]:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    shuffle = case.settings.shuffle
    kind = GroupKFold if classes is None else StratifiedGroupKFold
    splitter = kind(n_splits=count, shuffle=shuffle, random_state=case.settings.random_state if shuffle else None)
    return [(case.rows[rest], case.rows[test]) for rest, test in splitter.split(case.rows, classes, groups)]


def _in_time(case: Case, count: int, times: np.ndarray) -> list[Halves]:
    from sklearn.model_selection import TimeSeriesSplit

    pairs: list[Halves] = []
    for rest, test in TimeSeriesSplit(n_splits=count, gap=case.settings.gap).split(case.rows):
        before = case.rows[rest]
        kept = before[times[before] < times[case.rows[test[0]]]]
        if len(kept) < len(before):
            case.why["split.ties"] = "rows at a fold's first time are left out of the rows before it"
        if not len(kept):
            message = f"no rows lie before fold {len(pairs) + 1}: too many share one time"
            raise DataError(
                refused("folds", message, "fewer folds, or a time column that tells the rows apart", "L201")
            )
        pairs.append((kept, case.rows[test]))
    return pairs


def _require_folds(case: Case, count: int) -> None:
    of, available = "rows", len(case.rows)
    if case.groups is not None:
        of, available = "groups", len(np.unique(case.groups[case.rows]))
    needed = count
    if case.times is not None:
        needed = count + 1
        available -= case.settings.gap
        of = f"rows less a gap of {case.settings.gap:,}" if case.settings.gap else of
    if available < needed:
        message = f"{available:,} {of} do not make {count} folds"
        fix = f"split: {{folds: {max(2, available - (needed - count))}}}" if available > 2 else "gather more rows"
        raise DataError(refused("folds", message, fix, "L201", received=str(count), expected=f"at most {available:,}"))


def _classes_suffice(case: Case, count: int) -> bool:
    assert case.classes is not None
    counts = np.unique(case.classes[case.rows], return_counts=True)[1]
    if counts.min() >= count:
        return True
    reason = f"the rarest class has {counts.min()} row(s), fewer than {count} folds"
    if case.settings.stratify is True:
        fix = f"split: {{folds: {counts.min()}}}" if counts.min() > 1 else "split: {stratify: false}"
        raise DataError(refused("stratify", f"cannot stratify: {reason}", fix, code="L213"))
    raise CannotStratifyError(reason)
