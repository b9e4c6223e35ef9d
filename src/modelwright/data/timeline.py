"""Rows of one or many series put into the order of time: sorted, their step found, missing times filled in and said.

What cannot be put right is refused: two rows of one time, rows without one. Rows of missing times are added without
values where the times are regular but for them; where they are not, the rows are taken as they follow one another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from modelwright.data.columns import Table, Timeline
from modelwright.data.problems import count
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec

MOST_ADDED = 0.1
"""Share of rows that may be added for missing times; where more are missing (weekends), they are meant to be."""
ROW = "__row__"
_FEWEST_DAYS = 28  # of a month
_DAY = 86_400_000_000


def in_time_order(table: Table, data: DataSpec) -> Table:
    """Return the table with its rows in order of series and time, and with its timeline.

    Raises DataError D114 for times that are missing, doubled or no times at all.
    """
    notes: list[str] = []
    frame = table.frame.with_row_index(ROW)
    if data.time is not None:
        _require_times(table, data, data.time)
        frame = _sorted(frame, data, notes)
        _require_distinct(frame, data, data.time)
    elif data.series is not None:
        frame = frame.sort(data.series, maintain_order=True)
    step, frame = _regular(frame, data, notes)
    blocks, names = blocks_of(frame, data.series)
    parts = None if table.parts is None else table.parts[frame[ROW].fill_null(strategy="forward").to_numpy()]
    timeline = Timeline(blocks=blocks, names=names, step=step, notes=tuple(notes))
    return replace(table, frame=frame.drop(ROW), parts=parts, timeline=timeline)


def blocks_of(frame: pl.DataFrame, series: str | None) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
    """Return where each series begins and ends in a frame that is sorted by them, and what it is called."""
    if series is None:
        return ((0, frame.height),), ("",)
    lengths = frame[series].rle().struct.unnest()
    stops = np.cumsum(lengths["len"].to_numpy()).tolist()
    names = tuple(str(value) for value in lengths["value"].to_list())
    return tuple(zip([0, *stops[:-1]], stops, strict=True)), names


def _require_times(table: Table, data: DataSpec, name: str) -> None:
    column = table.frame[name]
    if not (column.dtype.is_temporal() or column.dtype.is_numeric()):
        received = ", ".join(str(value) for value in column.drop_nulls().head(3).to_list())
        fix = f"data: {{columns: {{{name}: date}}}}"
        raise DataError(_problem(f"the values of `{name}` are {column.dtype}, no times", "data.time", fix, received))
    missing = column.is_null()
    if data.series is not None:
        missing |= table.frame[data.series].is_null()
    if missing.any():
        row = int(missing.arg_max() or 0)
        text = f"{count(int(missing.sum()), 'row')} without a time in `{name}`, so without a place in a series"
        found = _problem(text, "data.time", "remove those rows, or fill in their times", "an empty cell")
        raise DataError(found.at(Place(key="data.time", row=row + 1)))


def _sorted(frame: pl.DataFrame, data: DataSpec, notes: list[str]) -> pl.DataFrame:
    keys = [name for name in (data.series, data.time) if name is not None]
    ordered = frame.sort(keys, maintain_order=True)
    time = pl.col(data.time or "")
    after = time.diff().over(data.series) if data.series is not None else time.diff()
    zero = pl.duration() if frame[data.time or ""].dtype.is_temporal() else 0
    late = int(frame.select((after < zero).sum()).item() or 0)
    if late:
        notes.append(f"{late:,} rows come before the row above them in time: the rows are sorted by `{data.time}`")
    return ordered


def _require_distinct(frame: pl.DataFrame, data: DataSpec, time: str) -> None:
    keys = [name for name in (data.series, time) if name is not None]
    doubled = frame.filter(pl.struct(keys).is_duplicated())
    if doubled.is_empty():
        return
    first = doubled[time][0]
    rows = doubled.filter(pl.col(time) == first)[ROW].to_list()
    others = [name for name in frame.columns if name not in (*keys, ROW) and frame[name].dtype == pl.String]
    apart = [name for name in others if not frame.select(pl.struct(name, *keys).is_duplicated().any()).item()]
    fix = f"data: {{series: {apart[0]}}}" if apart else "remove or average them; where a clock was put back, use UTC"
    of = f" of one `{data.series}`" if data.series else ""
    text = f"{doubled.height:,} rows{of} share their time with another row: `{time}` is {first} in rows "
    text += " and ".join(f"{row + 1:,}" for row in rows[:2])
    found = _problem(text, "data.time", fix, str(first), "one row for each time")
    raise DataError(found.at(Place(key="data.time", row=rows[0] + 1)))


@dataclass(frozen=True, slots=True)
class _Steps:
    """Differences of neighbouring times in one unit: microseconds, months or the numbers themselves."""

    counts: np.ndarray
    unit: str


def _regular(frame: pl.DataFrame, data: DataSpec, notes: list[str]) -> tuple[str, pl.DataFrame]:
    """Return the step of the series, and the rows with those of missing times added."""
    if data.time is None:
        return "", frame
    steps = _differences(frame, data)
    if not len(steps.counts):
        return "", frame
    values, counts = np.unique(steps.counts, return_counts=True)
    usual = values[counts.argmax()]
    step = f"{int(usual)}{steps.unit}" if steps.unit else f"{usual:g}"
    multiples = values / usual
    missing = int(((multiples - 1) * counts).sum())
    if missing == 0:
        return _readable(step), frame
    whole = bool(np.allclose(multiples, multiples.round(), atol=1e-9))
    if not whole or missing > MOST_ADDED * frame.height:
        other = int(counts.sum() - counts.max())
        text = f"{other:,} of {int(counts.sum()):,} steps in time are not {_readable(step)}"
        notes.append(f"{text}: the rows are taken as they follow one another")
        return _readable(step), frame
    notes.append(f"{missing:,} times are missing between others: rows without values stand in for them")
    return _readable(step), _filled(frame, data, step, float(usual))


def _differences(frame: pl.DataFrame, data: DataSpec) -> _Steps:
    """Return the differences inside each series: whole months where all times stand on one day of the month."""
    assert data.time is not None
    time, inside = frame[data.time], np.ones(max(frame.height - 1, 0), dtype=bool)
    if data.series is not None:
        inside = (frame[data.series] == frame[data.series].shift(1)).to_numpy()[1:].astype(bool)
    if not time.dtype.is_temporal():
        return _Steps(np.diff(time.cast(pl.Float64).to_numpy())[inside], "")
    ticks = np.diff(time.cast(pl.Datetime("us")).to_physical().to_numpy())[inside]
    days = isinstance(time.dtype, pl.Date | pl.Datetime)
    monthly = days and len(ticks) > 0 and int(ticks.min()) >= _FEWEST_DAYS * _DAY
    if monthly and (time.dt.day().n_unique() == 1 or bool((time.dt.month_end() == time).all())):
        months = (time.dt.year().cast(pl.Int64) * 12 + time.dt.month().cast(pl.Int64)).to_numpy()
        return _Steps(np.diff(months)[inside], "mo")
    return _Steps(ticks, "us")


def _filled(frame: pl.DataFrame, data: DataSpec, step: str, usual: float) -> pl.DataFrame:
    """Return the rows with empty ones for the times that are missing."""
    assert data.time is not None
    if frame[data.time].dtype.is_temporal():
        by = [data.series] if data.series is not None else None
        return frame.upsample(data.time, every=step, group_by=by, maintain_order=True).with_columns(
            *([pl.col(data.series).forward_fill()] if data.series is not None else ())
        )
    pieces: list[pl.DataFrame] = []
    for start, stop in blocks_of(frame, data.series)[0]:
        piece = frame[start:stop]
        first, last = float(piece[data.time][0]), float(piece[data.time][-1])
        count = round((last - first) / usual) + 1
        place = ((piece[data.time].cast(pl.Float64) - first) / usual).round().cast(pl.Int64).alias("__at__")
        grid = pl.DataFrame({"__at__": range(count)}).join(piece.with_columns(place), on="__at__", how="left")
        times = pl.Series(data.time, first + usual * np.arange(count)).cast(frame[data.time].dtype)
        piece = grid.drop("__at__").with_columns(times)
        pieces.append(piece if data.series is None else piece.with_columns(pl.col(data.series).forward_fill()))
    return pl.concat(pieces)


def _readable(step: str) -> str:
    """Write a step of microseconds in the largest unit that fits.

    >>> _readable("3600000000us"), _readable("1mo"), _readable("604800000000us")
    ('1h', '1mo', '7d')
    """
    if not step.endswith("us"):
        return "1y" if step == "12mo" else step
    ticks = int(step.removesuffix("us"))
    for unit, size in (("d", _DAY), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000)):
        if ticks % size == 0:
            return f"{ticks // size}{unit}"
    return step


def later(last: object, step: str, count: int) -> pl.Series:
    """Return the times of `count` steps after a time.

    >>> from datetime import date
    >>> later(date(2024, 12, 1), "1mo", 2).to_list()
    [datetime.date(2025, 1, 1), datetime.date(2025, 2, 1)]
    """
    values = pl.Series([last])
    if not values.dtype.is_temporal():
        size = float(step or 1)
        numbers = pl.Series(float(str(last)) + size * np.arange(1, count + 1))
        return numbers.cast(values.dtype) if size.is_integer() else numbers
    match = step or "1d"
    amount, unit = int(match.rstrip("abcdefghijklmnopqrstuvwxyz")), match.lstrip("0123456789")
    return pl.concat([values.dt.offset_by(f"{amount * ahead}{unit}") for ahead in range(1, count + 1)])


def _problem(message: str, key: str, fix: str, received: str = "", expected: str = "") -> Diagnostic:
    where = Place(key=key)
    return Diagnostic(
        code="D114", severity="error", message=message, where=where, received=received, expected=expected, help=fix
    )
