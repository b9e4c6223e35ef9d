"""Which rows of series train, validate and test a forecast: each series is cut in time."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np

from modelwright.data.columns import Table
from modelwright.data.problems import count
from modelwright.data.split import Split, split
from modelwright.data.split import folds as table_folds
from modelwright.data.split_case import refused
from modelwright.diagnostic import Diagnostic
from modelwright.errors import DataError, SpecError
from modelwright.plan.plan import SplitPlan
from modelwright.spec.schema import Spec

FEWEST = 50
"""Validation rows of a series below which the epoch would be chosen by chance: windows overlap, so they say little."""
WHY = "a forecast is tested on what comes after its training rows"
LOOK_BACK = "inputs may look back into the part before; targets never cross a border (`split.gap` keeps rows between)"


def split_series(spec: Spec, table: Table) -> list[Split]:
    """Return the split of the series, or one for each fold.

    One series is cut by rows, exactly as `split.sizes` or the shares say; several are cut at the same times, or each by
    its own rows where there is no time column or `sizes` is given. Raises SpecError (Y007) for settings that a forecast
    cannot have, DataError (L201) where rows do not suffice.
    """
    wrong = list(_wrong(spec))
    if wrong:
        raise SpecError(*wrong)
    assert table.timeline is not None
    settings = spec.split
    if settings.folds is not None:
        found = table_folds(spec, table, None)
    elif table.parts is not None or (spec.data.time and settings.sizes is None and len(table.timeline.blocks) > 1):
        found = [split(spec, table, None)]
    else:
        found = [_by_rows(spec, table.timeline.blocks)]
    return [_told(one) for one in found]


def _told(one: Split) -> Split:
    why = {**one.why, "split.windows": LOOK_BACK}
    if why.get("split.by", "").startswith("`data.time`"):
        why["split.by"] = WHY
    return Split(train=one.train, validation=one.validation, test=one.test, plan=one.plan, why=why)


def _wrong(spec: Spec) -> Iterator[Diagnostic]:
    settings, fix = spec.split, "leave it out: a forecast is split in time"
    if settings.by in ("random", "group"):
        yield refused("by", f"`by: {settings.by}` would train on rows after those that are tested", fix)
    for key in sorted(settings.model_fields_set & {"shuffle", "stratify", "random_state"}):
        value = getattr(settings, key)
        if value and not (key == "stratify" and value == "auto"):
            yield refused(key, f"`{key}` has no effect on a forecast, whose rows stay in time order", fix)
    if settings.folds is not None and spec.data.time is None:
        yield refused("folds", "folds of a forecast need the column of the times", "data: {time: COLUMN}")


def _by_rows(spec: Spec, blocks: tuple[tuple[int, int], ...]) -> Split:
    settings = spec.split
    parts: tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]] = ([], [], [])
    for start, stop in blocks:
        train, validation, test = _sizes(spec, stop - start)
        second = train + settings.gap
        third = second + (validation + settings.gap if validation else 0)
        if min(train, test) < 1 or third + test > stop - start:
            raise DataError(_too_few(spec, stop - start))
        for rows, first, size in zip(parts, (0, second, third), (train, validation, test), strict=True):
            rows.append(np.arange(start + first, start + first + size, dtype=np.int64))
    train_rows, validation_rows, test_rows = (np.concatenate(rows) for rows in parts)
    plan = SplitPlan(
        by="time",
        test_size=settings.test_size,
        validation_size=settings.validation_size,
        random_state=settings.random_state,
        shuffle=False,
        stratify=False,
        gap=settings.gap,
        sizes=None if settings.sizes is None else (settings.sizes[0], settings.sizes[1], settings.sizes[2]),
        rows=(len(train_rows), len(validation_rows), len(test_rows)),
    )
    why = {"split.by": WHY if settings.sizes is None else "`split.sizes` counts rows of each series in time order"}
    return Split(train=train_rows, validation=validation_rows, test=test_rows, plan=plan, why=why)


def _sizes(spec: Spec, rows: int) -> tuple[int, int, int]:
    """Return training, validation and test rows of one series; shares are rounded up, as for tables.

    A validation part that nobody asked for and that is too small to choose an epoch by is left out.
    """
    settings = spec.split
    if settings.sizes is not None:
        return settings.sizes[0], settings.sizes[1], settings.sizes[2]
    test = _count(settings.test_size, rows)
    rest = rows - test - settings.gap
    validation = _count(settings.validation_size, max(rest, 0))
    if "validation_size" not in settings.model_fields_set and validation < FEWEST:
        validation = 0
    return rest - validation - (settings.gap if validation else 0), validation, test


def _count(size: float | int, rows: int) -> int:
    return ceil(size * rows) if isinstance(size, float) else size


def _too_few(spec: Spec, rows: int) -> Diagnostic:
    key = "sizes" if spec.split.sizes is not None else "test_size"
    text = f"a series of {count(rows, 'row')} cannot be cut so"
    received = str(spec.split.sizes or f"test_size {spec.split.test_size}, gap {spec.split.gap}")
    return refused(key, text, "gather more rows, or make the parts smaller", code="L201", received=received)
