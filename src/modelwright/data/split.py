"""Which rows train, validate and test: scikit-learn's splits and names, each choice with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from modelwright.data.columns import Table
from modelwright.data.split_case import CannotStratifyError, Case, prepare, refused
from modelwright.data.split_folds import fold_pairs
from modelwright.errors import DataError, SpecError
from modelwright.plan.plan import SplitPlan
from modelwright.spec.schema import Spec

Parts = tuple[np.ndarray, np.ndarray, np.ndarray]
NAMES = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Row numbers of the parts (int64, ascending, no row in two), how they were made, and why so."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    plan: SplitPlan
    why: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def parts(self) -> dict[str, np.ndarray]:
        """The rows of each part by its name."""
        return {name: getattr(self, name) for name in NAMES}


def split(spec: Spec, table: Table, labels: pl.Series | None = None, rows: np.ndarray | None = None) -> Split:
    """Part the rows of a table into training, validation and test rows.

    Random parts hold the same rows as scikit-learn's `train_test_split` applied twice with the same arguments: first
    for the test rows, then for the validation rows from the rest. `labels` are the class labels of every row of the
    table, None where the task has no classes; `rows` restricts the split to some rows (those with a target, see
    `data.roles.labelled`). Raises SpecError for settings that contradict each other or have no effect, DataError
    where the rows do not suffice.
    """
    case = prepare(spec, table, labels, rows)
    try:
        parts = _parts(case)
    except CannotStratifyError as error:
        case = case.unstratified(str(error))
        parts = _parts(case)
    return _finish(case, parts)


def folds(spec: Spec, table: Table, labels: pl.Series | None = None, rows: np.ndarray | None = None) -> list[Split]:
    """Part the rows for cross-validation: in split k the k-th fold is the test part, validation comes from the rest.

    The folds are those of scikit-learn's KFold, StratifiedKFold, GroupKFold, StratifiedGroupKFold or TimeSeriesSplit.
    Arguments and errors as for `split`; `spec.split.folds` must be given.
    """
    count = spec.split.folds
    if count is None:
        raise ValueError("the description asks for no folds")
    case = prepare(spec, table, labels, rows)
    try:
        parts = _fold_parts(case, count)
    except CannotStratifyError as error:
        case = case.unstratified(str(error))
        parts = _fold_parts(case, count)
    return [_finish(case, part, fold=number) for number, part in enumerate(parts, start=1)]


def _parts(case: Case) -> Parts:
    if case.settings.sizes is not None:
        return _exact(case, case.settings.sizes)
    if case.files is not None:
        return _given(case, case.files)
    rest, test = case.hold_out(case.rows, "test_size")
    return (*case.hold_out(rest, "validation_size"), test)


def _fold_parts(case: Case, count: int) -> list[Parts]:
    return [(*case.hold_out(rest, "validation_size"), test) for rest, test in fold_pairs(case, count)]


def _given(case: Case, files: np.ndarray) -> Parts:
    """Take the parts that came as files; hold the others out of the training file's rows."""
    train, validation, test = (case.rows[files[case.rows] == number] for number in range(3))
    given = [name for number, name in ((1, "validation"), (2, "test")) if (files == number).any()]
    case.why["split.by"] = f"{' and '.join(given)} rows are given as a file"
    if "test" not in given:
        train, test = case.hold_out(train, "test_size")
        case.why["split.test_size"] = "no test file is given: test rows are held out of the training file's"
    if "validation" not in given:
        train, validation = case.hold_out(train, "validation_size")
        case.why["split.validation_size"] = "no validation file is given: they are held out of the training file's rows"
    return train, validation, test


def _exact(case: Case, sizes: list[int]) -> Parts:
    """Take exactly so many rows in time order, `gap` rows left out between two parts."""
    train, validation, test = sizes
    gap = case.settings.gap
    starts = [0, train + gap, train + gap + (validation + gap if validation else 0)]
    needed = starts[2] + test
    if needed > len(case.rows):
        message = f"`sizes` asks for {needed:,} rows, the table has {len(case.rows):,} with a target"
        share = max(0, len(case.rows) - 2 * gap) / sum(sizes)
        fix = f"split: {{sizes: [{', '.join(str(int(size * share)) for size in sizes)}]}}"
        raise DataError(refused("sizes", message, fix, code="L201", received=str(sizes)))
    if needed < len(case.rows):
        case.why["split.left_out"] = f"the last {len(case.rows) - needed:,} rows lie beyond `sizes`"
    if case.times is not None:
        ordered = case.times[case.rows]
        torn = sum(1 for start in starts[1:] if ordered[start - 1] == ordered[start])
        if torn:
            case.why["split.ties"] = f"rows of equal time lie on both sides of {torn} border(s), as `sizes` is exact"
    train_rows, validation_rows, test_rows = (
        case.rows[start : start + size] for start, size in zip(starts, sizes, strict=True)
    )
    return train_rows, validation_rows, test_rows


def _finish(case: Case, parts: Parts, fold: int | None = None) -> Split:
    settings = case.settings
    _require_rows(case, parts)
    train, validation, test = (np.sort(part).astype(np.int64) for part in parts)
    plan = SplitPlan(
        by="files" if case.files is not None else case.rule,
        test_size=settings.test_size,
        validation_size=settings.validation_size,
        random_state=settings.random_state,
        shuffle=settings.shuffle and case.rule != "time",
        stratify=case.stratify,
        folds=settings.folds,
        fold=fold,
        gap=settings.gap,
        sizes=None if settings.sizes is None else (settings.sizes[0], settings.sizes[1], settings.sizes[2]),
        rows=(len(train), len(validation), len(test)),
    )
    return Split(train=train, validation=validation, test=test, plan=plan, why=dict(case.why))


def _require_rows(case: Case, parts: Parts) -> None:
    validated = case.settings.sizes is None and case.settings.validation_size
    for name, part, wanted in zip(NAMES, parts, (True, validated, True), strict=True):
        if wanted and not len(part):
            size = "validation_size" if name == "validation" else "test_size"
            message = f"no {name} rows are left of {len(case.rows):,} rows with a target"
            raise SpecError(refused(size, message, "gather more rows, or make the other parts smaller", code="L201"))
