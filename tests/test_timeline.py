"""Rows of series are put into the order of time; what cannot be put right is refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from modelwright.data.columns import Table, Timeline
from modelwright.data.table import from_frame
from modelwright.data.timeline import in_time_order, later
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec

HOURS = [datetime(2024, 3, 30) + timedelta(hours=hour) for hour in range(48)]


def ordered(frame: pl.DataFrame, **roles: str) -> tuple[Table, Timeline]:
    data = DataSpec.model_validate(roles)
    table = in_time_order(from_frame(frame, data), data)
    assert table.timeline is not None
    return table, table.timeline


def months(count: int) -> list[date]:
    return [date(2020 + month // 12, month % 12 + 1, 1) for month in range(count)]


@pytest.mark.parametrize(
    ("times", "step"),
    [
        (HOURS, "1h"),
        ([*HOURS[::24], HOURS[0] + timedelta(days=2)], "1d"),
        ([date(2024, 1, 1) + timedelta(weeks=week) for week in range(5)], "7d"),
        (months(30), "1mo"),
        (months(30)[::3], "3mo"),
        (months(60)[::12], "1y"),
        ([date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)], "1mo"),
        ([2, 4, 6, 8], "2"),
        ([0.0, 0.5, 1.0], "0.5"),
    ],
)
def test_the_step_is_found(times: list[object], step: str) -> None:
    _, timeline = ordered(pl.DataFrame({"t": times, "y": range(len(times))}), time="t")
    assert (timeline.step, timeline.notes) == (step, ())


def test_rows_are_sorted_and_it_is_said() -> None:
    table, timeline = ordered(pl.DataFrame({"t": [3, 1, 2], "y": [30, 10, 20]}), time="t")
    assert table.frame["y"].to_list() == [10, 20, 30]
    assert "sorted by `t`" in timeline.notes[0]


def test_missing_times_get_empty_rows() -> None:
    times = [each for each in HOURS if each.hour != 5 or each.day != 30]
    table, timeline = ordered(pl.DataFrame({"t": times, "y": range(47)}), time="t")
    assert table.frame["t"].to_list() == HOURS
    assert table.frame["y"].null_count() == 1
    assert "1 times are missing" in timeline.notes[0]


def test_numbers_as_times_are_filled_in_each_series() -> None:
    frame = pl.DataFrame({"k": ["b"] * 11 + ["a"] * 12, "t": [*range(5), *range(6, 12), *range(12)]})
    frame = frame.with_columns(y=pl.int_range(23))
    table, timeline = ordered(frame, time="t", series="k")
    assert timeline.names == ("a", "b")
    assert timeline.blocks == ((0, 12), (12, 24))
    assert table.frame["t"].to_list() == [*range(12), *range(12)]
    assert table.frame["k"].null_count() == 0


def test_weekends_are_not_filled_in() -> None:
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(28)]
    days = [day for day in days if day.weekday() < 5]
    table, timeline = ordered(pl.DataFrame({"t": days, "y": range(len(days))}), time="t")
    assert table.frame.height == len(days)
    assert "as they follow one another" in timeline.notes[0]


def test_times_that_are_doubled_are_refused_with_the_column_that_tells_them_apart() -> None:
    frame = pl.DataFrame({"t": HOURS[:4] * 2, "shop": ["north"] * 4 + ["south"] * 4, "y": range(8)})
    with pytest.raises(DataError, match="8 rows share their time") as caught:
        ordered(frame, time="t")
    found = caught.value.diagnostics[0]
    assert (found.code, found.help) == ("D114", "data: {series: shop}")
    table, _ = ordered(frame, time="t", series="shop")
    assert table.frame.height == 8


def test_rows_without_a_time_and_times_that_are_words_are_refused() -> None:
    with pytest.raises(DataError, match="1 row without a time"):
        ordered(pl.DataFrame({"t": [1, None, 3], "y": [1, 2, 3]}), time="t")
    with pytest.raises(DataError, match="no times"):
        ordered(pl.DataFrame({"t": ["first", "second", "third"], "y": [1, 2, 3]}), time="t")


def test_one_row_is_a_series_without_a_step() -> None:
    _, timeline = ordered(pl.DataFrame({"t": [1], "y": [1]}), time="t")
    assert (timeline.blocks, timeline.step) == (((0, 1),), "")


@pytest.mark.parametrize(
    ("last", "step", "next_two"),
    [
        (HOURS[-1], "1h", [datetime(2024, 4, 1), datetime(2024, 4, 1, 1)]),
        (date(2024, 11, 1), "1mo", [date(2024, 12, 1), date(2025, 1, 1)]),
        (date(2024, 2, 29), "1y", [date(2025, 2, 28), date(2026, 2, 28)]),
        (8, "2", [10, 12]),
        (1.0, "0.5", [1.5, 2.0]),
        (5, "", [6, 7]),
    ],
)
def test_times_go_on_after_the_last(last: object, step: str, next_two: list[object]) -> None:
    assert later(last, step, 2).to_list() == next_two
