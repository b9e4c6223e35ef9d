"""From columns to arrays: numbers, category codes and targets, without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from modelwright.data.columns import Examples
from modelwright.data.numbers import LIMIT, date_part, numbers_of
from modelwright.data.resample import resampled
from modelwright.data.tokens import encode
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.plan.plan import CYCLES, InputPlan, OutputPlan
from modelwright.spec.schema import Task

YES = ("yes", "y", "true", "t", "1", "1.0")
PERIODS = {"month": (1, 12), "day": (1, 31), "weekday": (1, 7), "hour": (0, 24), "minute": (0, 60)}
"""First value and length of each cycle. (All months count 31 days: the last days of short ones leave a small gap.)"""


@dataclass(frozen=True, slots=True)
class Arrays:
    """What enters a model: `numbers` float32 `[N, F]`, NaN where missing; `codes` int64 `[N, C]`, 0 for unseen.

    Numbers: the `number` inputs in order, then the parts of the `date` inputs, a cycle as sine and cosine. Codes: the
    `one_hot` and `embedding` inputs in order, k for the k-th category of the plan, counted from 1.
    """

    numbers: np.ndarray
    codes: np.ndarray


class ByColumn:
    """The numbers of rows as `Arrays.numbers[:, k]` gives them, made a column at a time, so that one is in memory."""

    def __init__(self, frame: pl.DataFrame, inputs: Sequence[InputPlan], rows: np.ndarray) -> None:
        self.frame, self.rows, self.columns = frame, rows, number_columns(inputs)

    @property
    def numbers(self) -> ByColumn:
        """The columns."""
        return self

    def __getitem__(self, key: tuple[slice, int]) -> np.ndarray:
        at = key[1]
        column, first = self.columns[at][0], at
        while first and self.columns[first - 1][0] is column:  # parts of one date
            first -= 1
        return features(self.frame, [column], self.rows).numbers[:, at - first]


def features(frame: pl.DataFrame, inputs: Sequence[InputPlan], rows: np.ndarray | None = None) -> Arrays:
    """Return the arrays of a frame, or of some of its rows in the order given.

    Every input must be a column of the frame; more columns do no harm. Beyond the arrays, memory holds one column.
    """
    count = frame.height if rows is None else len(rows)
    columns = number_columns(inputs)
    numbers = np.empty((count, len(columns)), dtype=np.float32)
    coded = [column for column in inputs if column.encoding in ("one_hot", "embedding")]
    codes = np.empty((count, len(coded)), dtype=np.int64)
    for place, (column, part) in enumerate(columns):
        values = _column(frame, column, rows)
        if part in CYCLES:
            is_cosine = place > 0 and columns[place - 1] == (column, part)
            numbers[:, place] = _wave(values, part, np.cos if is_cosine else np.sin)
        elif part:
            numbers[:, place] = date_part(values, part).cast(pl.Float32).to_numpy()
        else:
            numbers[:, place] = _float32(values, column.offset)
    for index, column in enumerate(coded):
        codes[:, index] = _codes(_column(frame, column, rows), column.categories)
    return Arrays(numbers=numbers, codes=codes)


def raw(examples: Examples, inputs: Sequence[InputPlan], rows: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
    """Return the arrays that a model's preprocessing takes: numbers and codes of a table's columns, the pictures or
    sequences that the rows stand for, or numbers of tokens."""
    first = inputs[0]
    if first.encoding == "steps":
        places = _column(examples.frame, first, rows).to_numpy()
        return (to_steps(examples.media[first.name][places], first),)
    if first.encoding == "pixels":
        places = _column(examples.frame, first, rows).to_numpy()
        return (np.ascontiguousarray(examples.media[first.name][places]),)
    if first.tokens is not None:
        return (encode(first.tokens, _column(examples.frame, first, rows).cast(pl.String).to_list()),)
    arrays = features(examples.frame, inputs, rows)
    return arrays.numbers, arrays.codes


def raw_arrays(inputs: Sequence[InputPlan]) -> int:
    """Return how many arrays `raw` gives: numbers and codes of a table's columns, else one."""
    return 1 if inputs[0].encoding in ("steps", "pixels", "tokens") else 2


def to_steps(sequences: np.ndarray, column: InputPlan) -> np.ndarray:
    """Return sequences `[N, T, C]` with the steps that a model takes: resampled, cut, or NaN after their end."""
    steps = column.shape[0]
    if column.resampled:
        return resampled(sequences, steps)
    cut = np.ascontiguousarray(sequences[:, :steps])
    if cut.shape[1] == steps:
        return cut
    rest = np.full((len(cut), steps - cut.shape[1], cut.shape[2]), np.nan, dtype=cut.dtype)
    return np.concatenate([cut, rest], axis=1)


def targets(frame: pl.DataFrame, outputs: OutputPlan, task: Task) -> np.ndarray:
    """Return the targets of a frame, each row of which must have them.

    binary: float32 `[N, 1]` of 0 and 1; multiclass: int64 `[N]`; multilabel: float32 `[N, K]`; regression: float32
    `[N, T]` in the user's units. Raises DataError for a missing target (D101) or a class unknown to the plan (S307).
    """
    columns = [frame.get_column(name) for name in outputs.targets]
    if task == "regression":
        out = np.empty((frame.height, len(columns)), dtype=np.float32)
        for index, column in enumerate(columns):
            out[:, index] = _known(column, numbers_of(column))
        return out
    if task == "multilabel":
        labels = [_known(column, _labels(column)) for column in columns]
        return np.stack(labels, axis=1).astype(np.float32)
    codes = _codes(columns[0], outputs.classes) - 1
    if (codes < 0).any():
        raise DataError(_unknown_class(columns[0], codes, outputs.classes))
    return codes.astype(np.float32)[:, None] if task == "binary" else codes


def number_columns(inputs: Sequence[InputPlan]) -> list[tuple[InputPlan, str]]:
    """Return for each column of `Arrays.numbers` its input and the part of a date it holds (empty for a number)."""
    columns = [(column, "") for column in inputs if column.encoding == "number"]
    for column in inputs:
        if column.encoding == "date":
            columns += [(column, part) for part in column.dates for _ in range(2 if part in CYCLES else 1)]
    return columns


def number_names(inputs: Sequence[InputPlan]) -> list[str]:
    """Return a name for each column of `Arrays.numbers`: `age`, `date.year`, `date.month.sin`, `date.month.cos`."""
    names: list[str] = []
    for column, part in number_columns(inputs):
        name = f"{column.name}.{part}" if part else column.name
        if part in CYCLES:
            name += ".cos" if names and names[-1] == f"{name}.sin" else ".sin"
        names.append(name)
    return names


def _column(frame: pl.DataFrame, column: InputPlan, rows: np.ndarray | None) -> pl.Series:
    values = frame.get_column(column.name)
    return values if rows is None else values.gather(rows)


def _float32(values: pl.Series, offset: float) -> np.ndarray:
    if offset == 0 and not values.dtype.is_float():
        return values.cast(pl.Float32).to_numpy()
    numbers = numbers_of(values)
    if offset:
        numbers = numbers - offset
    return np.clip(numbers, -LIMIT, LIMIT)


def _wave(values: pl.Series, part: str, function: np.ufunc) -> np.ndarray:
    first, period = PERIODS[part]
    angles = (np.arange(first, first + period) - first) * (2 * np.pi / period)
    table = np.append(function(angles), np.nan).astype(np.float32)
    return table[(date_part(values, part) - first).fill_null(period).to_numpy()]


def _codes(values: pl.Series, categories: tuple[str | None, ...]) -> np.ndarray:
    texts = values.cast(pl.String)
    known = [name for name in categories if name is not None]
    numbers = [number for number, name in enumerate(categories, 1) if name is not None]
    for_missing = categories.index(None) + 1 if None in categories else 0
    codes = texts.replace_strict(
        pl.Series(known, dtype=pl.String), pl.Series(numbers, dtype=pl.Int64), default=0, return_dtype=pl.Int64
    )
    if texts.null_count():
        codes = codes.set(texts.is_null(), for_missing)
    return codes.to_numpy()


def _labels(column: pl.Series) -> np.ndarray:
    """Return yes and no as 1 and 0, NaN where missing."""
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        return numbers_of(column)
    words = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return numbers_of(words.is_in(YES).cast(pl.Float64).set(words.is_null(), None))


def _known(column: pl.Series, numbers: np.ndarray) -> np.ndarray:
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        row = int(np.argmax(wrong))
        message = f"{int(wrong.sum()):,} rows have no usable value in the target `{column.name}`"
        where = Place(key="data.target", row=row + 1)
        received = str(column[row])
        fix = "remove those rows"
        raise DataError(
            Diagnostic(code="D101", severity="error", message=message, where=where, received=received, help=fix)
        )
    return numbers


def _unknown_class(column: pl.Series, codes: np.ndarray, classes: tuple[str, ...]) -> Diagnostic:
    row = int(np.argmax(codes < 0))
    value = column[row]
    return Diagnostic(
        code="D101" if value is None else "S307",
        severity="error",
        message=f"{int((codes < 0).sum()):,} rows have no class of the model in `{column.name}`",
        where=Place(key="data.target", row=row + 1),
        received="a missing value" if value is None else str(value),
        expected=", ".join(classes[:10]) + (", …" if len(classes) > 10 else ""),
        help="spell the classes as the training rows do, or remove those rows",
    )
