"""One table to be split: its rows in order, what keeps the parts apart, and how rows are held out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
import polars as pl

from modelwright.data import holdout
from modelwright.data.columns import Table
from modelwright.data.problems import count
from modelwright.data.split_settings import contradictions, rule_of
from modelwright.data.split_settings import problem as refused
from modelwright.diagnostic import Place
from modelwright.errors import DataError, SpecError
from modelwright.spec.schema import Spec, SplitSpec
from modelwright.spec.write import paste

Rule = Literal["random", "group", "time"]
__all__ = ["CannotStratifyError", "Case", "Rule", "prepare", "refused"]


class CannotStratifyError(ValueError):
    """The classes cannot be shared out over the parts, and nobody insisted on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a split works on. `rows` are ascending, or in time order where time rules.

    `classes`, `groups` and `times` number the class, group and rank in time of every row of the table. `why` is
    filled while the parts are made.
    """

    settings: SplitSpec
    rule: Rule
    rows: np.ndarray
    classes: np.ndarray | None
    groups: np.ndarray | None
    times: np.ndarray | None
    files: np.ndarray | None
    stratify: bool
    why: dict[str, str]

    def unstratified(self, reason: str) -> Case:
        """Return the same case without shares of classes kept, for a reason."""
        return replace(self, stratify=False, why=self.why | {"split.stratify": f"off: {reason}"})

    def hold_out(self, rows: np.ndarray, key: Literal["test_size", "validation_size"]) -> holdout.Halves:
        """Part rows into (rest, held out) by the rule of this case; `key` names the setting that says how many."""
        size: float | int = getattr(self.settings, key)
        if key == "validation_size" and not size:
            self.why["split.validation_size"] = "no validation rows are asked for"
            return rows, rows[:0]
        self._require_room(rows, size, key)
        seed = self.settings.random_state
        if self.groups is not None:
            return holdout.grouped(rows, size, seed, self.groups)
        if self.times is not None:
            return self._hold_out_latest(rows, size, key, self.times)
        if self.stratify and self.classes is not None:
            self._require_classes(rows, size, key, self.classes)
            return holdout.stratified(rows, size, seed, self.classes)
        return holdout.shuffled(rows, size, seed) if self.settings.shuffle else holdout.tail(rows, size)

    def _hold_out_latest(self, rows: np.ndarray, size: float | int, key: str, times: np.ndarray) -> holdout.Halves:
        rest, held = holdout.latest(rows, size, times)
        moved = len(held) - holdout.count(size, len(rows))
        if moved:
            self.why[f"split.{key}"] = f"the border moved by {abs(moved):,} rows: rows of equal time stay together"
        rest = rest[: max(0, len(rest) - self.settings.gap)]
        if not len(rest) or not len(held):
            message = f"nothing is left on one side of the border: {len(rows):,} rows, gap {self.settings.gap:,}"
            raise DataError(refused(key, message, "a smaller gap or part, or a time column that tells the rows apart"))
        return rest, held

    def _require_room(self, rows: np.ndarray, size: float | int, key: str) -> None:
        noun = "row" if self.groups is None else "group"
        available = len(rows) if self.groups is None else len(np.unique(self.groups[rows]))
        part, before = key.partition("_")[0], len(self.rows) - len(rows)
        if available < 2:
            left = count(available, noun) + (f" left, {before:,} held out before" if before else "")
            message = f"{left}: too few to hold out {part} rows and learn from others"
            fix = "split: {test_size: 0.2}" if before > len(self.rows) // 2 > 1 else f"give a table with more {noun}s"
        elif holdout.count(size, available) >= available:
            message = f"`{key}: {size}` takes all of the {available:,} {noun}s: none is left to learn from"
            fix = f"split: {{{key}: {max(1, available // 5)}}}"
        else:
            return
        expected = f"at least {count(2, noun)}" if available < 2 else f"fewer than {available:,}"
        raise DataError(refused(key, message, fix, "L201", received=str(size), expected=expected))

    def _require_classes(self, rows: np.ndarray, size: float | int, key: str, classes: np.ndarray) -> None:
        reason = holdout.can_stratify(rows, size, classes)
        if reason and self.settings.stratify is True:
            fix = "split: {stratify: false}, or drop or merge the rarest classes"
            raise DataError(refused("stratify", f"cannot stratify for `{key}`: {reason}", fix, code="L213"))
        if reason:
            raise CannotStratifyError(reason)


def prepare(spec: Spec, table: Table, labels: pl.Series | None, rows: np.ndarray | None) -> Case:
    """Return the case of this table; raises SpecError for settings that cannot be obeyed together."""
    found = contradictions(spec, table, labels is not None)
    if found:
        raise SpecError(*found)
    rule, reason = rule_of(spec)
    rows = np.arange(table.frame.height, dtype=np.int64) if rows is None else np.sort(rows).astype(np.int64)
    if not len(rows):
        raise DataError(refused("test_size", "there are no rows to split", "give a table with rows", code="F002"))
    groups, times = _groups(spec, table, rule), _times(spec, table, rule, rows)
    if times is not None:
        rows = rows[np.argsort(times[rows], kind="stable")]
    stratify, stratify_why = _stratify(spec, labels is not None, rule)
    return Case(
        settings=spec.split,
        rule=cast(Rule, rule),
        rows=rows,
        classes=None if labels is None else _numbered(labels),
        groups=groups,
        times=times,
        files=table.parts if table.parts is not None and bool(np.any(table.parts)) else None,
        stratify=stratify,
        why={"split.by": reason, "split.stratify": stratify_why},
    )


def _stratify(spec: Spec, has_classes: bool, rule: str) -> tuple[bool, str]:
    settings = spec.split
    if settings.stratify != "auto":
        return settings.stratify, "given"
    if not has_classes:
        return False, "off: the target has no classes"
    if rule == "time":
        return False, "off: rows stay in time order"
    if rule == "group" and settings.folds is None:
        return False, "off: whole groups are held out"
    if not settings.shuffle and settings.folds is None:
        return False, "off: rows are not shuffled"
    return True, "the target has classes: each part keeps their shares"


def _groups(spec: Spec, table: Table, rule: str) -> np.ndarray | None:
    if rule != "group" or spec.data.group is None:
        return None
    return _numbered(table.frame.get_column(spec.data.group))


def _times(spec: Spec, table: Table, rule: str, rows: np.ndarray) -> np.ndarray | None:
    """Return the rank in time of each row; the order of the file where `sizes` is given without a time column."""
    if rule != "time":
        return None
    if spec.data.time is None:
        return np.arange(table.frame.height, dtype=np.int64)
    column = table.frame.get_column(spec.data.time)
    key = "by"
    if column.dtype == pl.String:
        message = f"the values of `{column.name}` are text, which has no order in time"
        fix = paste("data", columns={column.name: "date"})
        raise DataError(refused(key, message, fix, "F007", received=", ".join(column.drop_nulls().head(3).to_list())))
    missing = column.is_null().to_numpy()[rows]
    if missing.any():
        first = int(rows[np.argmax(missing)]) + 1
        message = f"{int(missing.sum()):,} rows have no time in `{column.name}`, so they have no place in the order"
        problem = refused(key, message, "remove those rows, or fill in their times", "L207")
        raise DataError(problem.at(Place(key=f"split.{key}", row=first)))
    return _numbered(column)


def _numbered(values: pl.Series) -> np.ndarray:
    """Number distinct values in their order from 0 on; missing values share one number of their own, the last."""
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        values = values.cast(pl.String)
    if values.dtype == pl.Boolean:
        values = values.cast(pl.UInt8)
    ranks = values.rank("dense").cast(pl.Int64) - 1
    return ranks.fill_null(values.n_unique()).to_numpy()
