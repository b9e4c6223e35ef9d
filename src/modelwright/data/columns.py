"""What was read: a table with its columns, their kinds, and how the file was understood. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from modelwright.data.kind import KINDS, Kind
from modelwright.diagnostic import Diagnostic

__all__ = ["KINDS", "Column", "Examples", "Kind", "Reading", "Table"]

Media = Mapping[str, np.ndarray]
"""What the cells of a column stand for that hold no single value, by column: pictures uint8 `[N, C, H, W]`, sequences
float32 `[N, T, C]` with NaN after their end. The frame holds row numbers into the array, so that rows are chosen,
split and counted like those of any table while the array, which may lie in a file, is neither copied nor read."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows as a model takes them: typed columns, and what those of pictures and sequences stand for.

    `parts` as in `Table`, of rows that a caller gave as training, validation and test rows.
    """

    frame: pl.DataFrame
    media: Media = field(default_factory=dict[str, np.ndarray])
    parts: np.ndarray | None = None

    def __len__(self) -> int:
        return self.frame.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Series in time order: rows `start` to `stop` of the table are one, and its rows follow one another by `step`.

    `step` is a polars duration (`1h`, `1mo`), a number for times that are numbers, or empty where rows merely follow
    one another. `notes` are what had to be done to the rows, each with the words for it.
    """

    blocks: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    step: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as it was understood: its kind with the reason, and what was counted in one pass.

    `integer` is a whole number that counts or ranks something and is used as a number; a code (zip, class id) that
    only looks like a number is a `category`. `low` and `high` are the range of numbers and dates (as text, ISO 8601).
    `examples` are up to five distinct values as they stand in the file, for messages.
    """

    name: str
    kind: Kind
    why: str
    count: int
    missing: int
    unique: int
    low: float | str | None = None
    high: float | str | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the files were read, each point with its reason, so that other files can be read the same way.

    `format` is one of csv, tsv, parquet, arrow, jsonl, excel, sql, frame, and of pictures images, idx, npy, npz.
    `options` holds what the reader needs to read another file alike (separator, header, encoding, quote, missing
    spellings, …) as JSON values. `why` maps each option to its reason. `paths` are as given by the user, in order.
    """

    paths: tuple[str, ...]
    format: str
    options: dict[str, object]
    why: dict[str, str]
    fingerprint: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows with typed columns. Missing values are null; numbers are numbers; dates are dates; categories are strings.

    `parts` is None, or gives each row its part when the user gave separate files: 0 training, 1 validation, 2 test.
    `findings` are warnings from reading: values that can be read in two ways, mixed spellings of a missing value.
    `media` has what the columns of kind `image` and `series` stand for; `timeline` the series of a forecast; `files`
    the file of each row, where it has one.
    """

    frame: pl.DataFrame
    columns: tuple[Column, ...]
    reading: Reading
    parts: np.ndarray | None = None
    findings: tuple[Diagnostic, ...] = ()
    media: Media = field(default_factory=dict[str, np.ndarray])
    timeline: Timeline | None = None
    files: tuple[str, ...] = ()

    @property
    def examples(self) -> Examples:
        """The rows as a model takes them."""
        return Examples(self.frame, self.media)

    def column(self, name: str) -> Column:
        """Return the column called `name` (KeyError if there is none)."""
        return next((column for column in self.columns if column.name == name), None) or _missing(name)

    @property
    def names(self) -> list[str]:
        """Column names in file order."""
        return [column.name for column in self.columns]


def _missing(name: str) -> Column:
    raise KeyError(name)
