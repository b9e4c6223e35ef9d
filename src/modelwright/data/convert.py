"""Columns of text become numbers, dates or truth values where all of their cells are that; one bad cell is said."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from modelwright.data.dates import as_dates, readable, zones
from modelwright.data.kind import Kind
from modelwright.data.missing import AMONG_NUMBERS
from modelwright.data.problems import SHOWN, count, problem, some
from modelwright.data.values import CODE, POINTS, THOUSANDS, comma_free, shape
from modelwright.diagnostic import Diagnostic, Place
from modelwright.spec.write import paste

FEW = 20  # distinct values up to which a column that is mostly numbers is taken for a category (`0`, `1`, `2`, `3+`)
BAD = 0.1  # share of cells up to which text in a column of numbers is a mistake in the file
PAIRS: tuple[tuple[str, str], ...] = (("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"), ("off", "on"))
"""(False, True), compared without regard to case."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Which file each row came from: names and numbers of rows, in reading order."""

    files: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()

    def place(self, row: int) -> Place:
        """Return the place of a row counted from 0 over all files."""
        for file, number in zip(self.files, self.counts, strict=True):
            if row < number:
                return Place(file=file, row=row + 1)
            row -= number
        return Place(row=row + 1)

    def text(self, row: int) -> str:
        """Return a row as a message names it, with its file where there are several."""
        place = self.place(row)
        return f"row {place.row}" + (f" of {place.file}" if len(self.files) > 1 else "")


@dataclass(slots=True)
class Convert:
    """What conversion needs to know, and what it found: `errors`, `findings`, and `notes`, reasons by column."""

    rows: Rows
    decimal: str = "."
    errors: list[Diagnostic] = field(default_factory=list[Diagnostic])
    findings: list[Diagnostic] = field(default_factory=list[Diagnostic])
    notes: dict[str, str] = field(default_factory=dict[str, str])
    formats: dict[str, str] = field(default_factory=dict[str, str])  # of dates; those given are kept to

    def column(self, series: pl.Series, forced: Kind | None, *, target: bool) -> pl.Series:
        """Return text as what it stands for; `forced` decides, and failures are told with their rows."""
        if forced in ("category", "text", "identifier"):
            return series
        words = series.drop_nulls()
        if not len(words):
            return series
        look = words.head(5000).unique(maintain_order=True)
        if forced == "boolean" or (forced is None and not target):
            truth = self._truth(series, look, forced)
            if truth is not None:
                return truth
        if forced in (None, "numeric", "integer"):
            numbers = self._numbers(series, look, forced)
            if numbers is not None:
                return numbers
        if forced == "date" or (forced is None and not target):
            return self._dates(series, forced)
        return series

    def _truth(self, series: pl.Series, look: pl.Series, forced: Kind | None) -> pl.Series | None:
        pairs = (*PAIRS, ("0", "1")) if forced else PAIRS
        lowered = {word.casefold() for word in look.head(50)}
        pair = next((pair for pair in pairs if lowered <= set(pair)), None)
        if pair is not None and (len(lowered) == 2 or forced or pair in PAIRS[:2]):
            small = series.str.to_lowercase()
            if small.drop_nulls().is_in(list(pair)).all():
                self.notes[series.name] = f"`{pair[0]}` and `{pair[1]}`"
                return small == pair[1]
        if forced:
            found = some(look.head(SHOWN + 1).to_list())
            self.errors.append(
                problem(
                    "F007",
                    f"column `{series.name}` is boolean, but holds other values",
                    where=Place(key=f"data.columns.{series.name}"),
                    expected="two values such as `yes` and `no`, `true` and `false`, `0` and `1`",
                    received=found,
                    fix=paste("data", columns={series.name: "category"}),
                )
            )
        return None

    def _numbers(self, series: pl.Series, look: pl.Series, forced: Kind | None) -> pl.Series | None:
        start = [self._plain(text) for text in look.head(200) if text not in AMONG_NUMBERS]
        numeric = sum(shape(text) in ("whole", "code", "number") or bool(THOUSANDS.fullmatch(text)) for text in start)
        if (not start or numeric * 2 < len(start)) and not forced:
            return None
        distinct = series.drop_nulls().unique(maintain_order=True)
        if not forced and distinct.str.contains(f"^({CODE.pattern})$").any():
            self.notes[series.name] = "codes: leading zeros, or more digits than a number keeps"
            return None
        text = series.set(series.is_in(AMONG_NUMBERS), None)
        text = _with_points(text) if self.decimal == "," and text.str.contains("[,.]").any() else text
        numbers = text.str.strip_chars().cast(pl.Float64, strict=False)
        bad = (numbers.is_null() & text.is_not_null()).arg_true()
        if len(bad) and text.gather(bad).str.contains(f"^{THOUSANDS.pattern}$").all() and self.decimal == ".":
            numbers = text.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
            self.notes[series.name] = f"`{text[bad[0]]}` is read with the comma between thousands"
            self._thousands(series.name, text.gather(bad), bad)
            bad = bad.clear()
        if len(bad):
            return self._bad_numbers(series, numbers, bad.to_list(), forced)
        return _whole(text) if text.drop_nulls().str.contains(r"^[+-]?\d{1,18}$").all() else numbers

    def _plain(self, text: str) -> str:
        return comma_free(text) if self.decimal == "," else text

    def _thousands(self, name: str, cells: pl.Series, rows: pl.Series) -> None:
        self.findings.append(
            Diagnostic(
                code="D104",
                severity="warning",
                message=f"column `{name}` has numbers with a comma between thousands, such as `{cells[0]}`",
                where=self.rows.place(rows[0]),
                known=f"{count(len(cells), 'cell')}; `{cells[0]}` was read as {cells[0].replace(',', '')}",
                help="if the comma is a decimal sign, write the file with points; "
                f"as words: {paste('data', columns={name: 'category'})}",
            )
        )

    def _bad_numbers(
        self, series: pl.Series, numbers: pl.Series, bad: list[int], forced: Kind | None
    ) -> pl.Series | None:
        """Tell the cells that are no numbers, where the column is one of numbers."""
        good = len(numbers) - numbers.null_count()
        few = numbers.n_unique() <= FEW
        if not forced and (len(bad) > BAD * (good + len(bad)) or few):
            if good > len(bad):
                self.notes[series.name] = f"numbers and words mixed, such as `{series[bad[0]]}`"
            return None
        cells = list(dict.fromkeys(series.gather(bad).to_list()))
        listed = ", ".join(f"{self.rows.text(row)}: `{series[row]}`" for row in bad[:SHOWN])
        more = f" and {len(bad) - SHOWN:,} more" if len(bad) > SHOWN else ""
        spelt = ", ".join(f'"{cell}"' for cell in cells[:SHOWN])
        self.errors.append(
            problem(
                "F007" if forced else "D104",
                f"column `{series.name}` {'holds' if good else 'should hold'} numbers, "
                f"but {count(len(bad), 'cell is', 'cells are')} not",
                where=self.rows.place(bad[0]),
                expected=f"numbers, as in {count(good, 'other row')}" if good else "numbers",
                received=listed + more,
                fix=f"if these are missing values: data: {{missing: [{spelt}]}}; if it is a category: "
                f"{paste('data', columns={series.name: 'category'})}",
            )
        )
        return numbers

    def _dates(self, series: pl.Series, forced: Kind | None) -> pl.Series:
        text = series.set(series.is_in(AMONG_NUMBERS), None)
        dates = as_dates(text, forced=bool(forced), given=self.formats.get(series.name))
        if dates is None:
            if forced:
                self._not_dates(series, series.is_not_null().arg_true().to_list(), "")
            return series
        if dates.bad:
            self._not_dates(series, dates.bad, f"most are {readable(dates.format)}")
            return dates.series
        self.formats[series.name] = dates.format
        self.notes[series.name] = f"each value is {readable(dates.format)}"
        if dates.format.endswith("%z") and len(found := zones(text)) > 1:
            self.notes[series.name] += f"; zones {some(found)}, all read as UTC"
            self.findings.append(_zones(series.name, found))
        if dates.other is not None:
            self.notes[series.name] += f" (or {readable(dates.other)}: no day is above 12)"
            self.findings.append(
                Diagnostic(
                    code="F007",
                    severity="warning",
                    message=f"the dates of `{series.name}` can be read in two ways: no day is above 12",
                    where=self.rows.place(0),
                    known=f"read as {readable(dates.format)}; {readable(dates.other)} fits as well",
                    help="write them as year-month-day (ISO 8601)",
                )
            )
        return dates.series

    def _not_dates(self, series: pl.Series, bad: list[int], known: str) -> None:
        listed = ", ".join(f"{self.rows.text(row)}: `{series[row]}`" for row in bad[:SHOWN])
        more = f" and {len(bad) - SHOWN:,} more" if len(bad) > SHOWN else ""
        self.errors.append(
            problem(
                "F007",
                f"column `{series.name}` {'holds' if known else 'should hold'} dates, "
                f"but {count(len(bad), 'cell')} cannot be read as {'those of the others' if known else 'one'}",
                where=self.rows.place(bad[0]),
                expected=f"one date format in all rows: {known}" if known else "dates such as 2024-05-31",
                received=listed + more,
                fix="write all as year-month-day; or take it as words: "
                + paste("data", columns={series.name: "category"}),
            )
        )


def _whole(text: pl.Series) -> pl.Series:
    return text.str.strip_chars_start("+").cast(pl.Int64)


def _with_points(text: pl.Series) -> pl.Series:
    """Return numbers with decimal commas as polars reads them; a column without any comma may use points."""
    cells = text.drop_nulls()
    if (
        not cells.str.contains(",", literal=True).any()
        and not cells.str.contains(f"^({POINTS.pattern}|[+-]?\\d+)$").all()
    ):
        return text
    return text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)


def _zones(name: str, found: list[str]) -> Diagnostic:
    return Diagnostic(
        code="D114",
        severity="note",
        message=f"the times of `{name}` are given in {len(found)} zones: all are read as UTC",
        where=Place(key=f"data.columns.{name}"),
        expected="times of one zone; of several, hours of the day mean another time of the sun",
        received=some(found),
        help="nothing has to be done where a clock was put forward and back",
    )
