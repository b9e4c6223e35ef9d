"""Arrays: each value in its place, missing as NaN or code 0, dates as cycles, exact far from zero."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.data.arrays import Arrays, features, number_names
from modelwright.data.numbers import LIMIT, offset_for
from modelwright.plan.inputs import plan_inputs
from modelwright.plan.plan import InputPlan
from tables import real, spec, table_of


def number(name: str, **settings: object) -> InputPlan:
    return InputPlan.model_validate({"name": name, "kind": "numeric", "encoding": "number", "why": ""} | settings)


def test_adult_value_by_value() -> None:
    frame = real("adult/adult-train.csv").head(3000)
    inputs, _, _ = plan_inputs(spec(), table_of(frame), np.arange(2000))
    arrays = features(frame, inputs)
    numbers = [column for column in inputs if column.encoding == "number"]
    coded = [column for column in inputs if column.encoding != "number"]
    assert arrays.numbers.dtype == np.float32 and arrays.codes.dtype == np.int64
    assert arrays.numbers.shape == (3000, len(numbers)) and arrays.codes.shape == (3000, len(coded))
    assert number_names(inputs) == [column.name for column in numbers]
    for place, column in enumerate(numbers):
        assert arrays.numbers[:, place].tolist() == frame[column.name].to_list()
    for place, column in enumerate(coded):
        place_of = {category: rank for rank, category in enumerate(column.categories, 1)}
        assert arrays.codes[:, place].tolist() == [place_of.get(value, 0) for value in frame[column.name].to_list()]


def test_rows_are_taken_in_the_order_given() -> None:
    frame = real("penguins/penguins.csv")
    inputs, _, _ = plan_inputs(spec(data={"target": "species"}), table_of(frame), np.arange(len(frame)))
    rows = np.random.default_rng(0).permutation(len(frame))[:100]
    whole, part = features(frame, inputs), features(frame, inputs, rows)
    np.testing.assert_array_equal(whole.numbers[rows], part.numbers)
    np.testing.assert_array_equal(whole.codes[rows], part.codes)
    none = features(frame, inputs, rows[:0])
    assert none.numbers.shape == (0, whole.numbers.shape[1]) and none.codes.shape == (0, whole.codes.shape[1])


def test_dates_become_cycles() -> None:
    dates = [dt.datetime(2024, 1, 1, 6, 45), None, dt.datetime(2026, 12, 31, 23, 59)]
    parts = ("year", "month", "day", "weekday", "hour", "minute")
    column = InputPlan(name="t", kind="date", encoding="date", why="", dates=parts)
    frame = pl.DataFrame({"t": dates})
    numbers = features(frame, (column,))
    assert number_names((column,))[:3] == ["t.year", "t.month.sin", "t.month.cos"]
    turns = {
        "month": (0 / 12, 11 / 12),
        "day": (0 / 31, 30 / 31),
        "weekday": (0 / 7, 3 / 7),
        "hour": (6 / 24, 23 / 24),
        "minute": (45 / 60, 59 / 60),
    }
    angles = 2 * np.pi * np.array(list(turns.values())).T
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(2, -1)
    np.testing.assert_allclose(numbers.numbers[[0, 2]], np.column_stack([[2024, 2026], waves]), atol=1e-6)
    assert np.isnan(numbers.numbers[1]).all()


def test_a_cycle_closes() -> None:
    """Neighbours are equally far apart, the last and the first value too."""
    column = InputPlan(name="t", kind="date", encoding="date", why="", dates=("month",))
    frame = pl.DataFrame({"t": [dt.date(2023, month, 1) for month in range(1, 13)]})
    points = features(frame, (column,)).numbers
    steps = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-5)


def test_numbers_of_every_type() -> None:
    frame = pl.DataFrame(
        {
            "flag": [True, False, None],
            "small": pl.Series([1, None, -3], dtype=pl.Int8),
            "real": [0.5, float("nan"), None],
            "huge": [1e300, -1e300, 1.0],
        }
    )
    found = features(frame, [number(name) for name in frame.columns]).numbers
    nan = np.nan
    expected = [[1, 1, 0.5, LIMIT], [0, nan, nan, -LIMIT], [nan, -3, nan, 1]]
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float32))


def test_columns_by_name_not_by_place() -> None:
    inputs = (number("a"), number("b"))
    one = features(pl.DataFrame({"a": [1], "b": [2]}), inputs)
    other = features(pl.DataFrame({"z": [9], "b": [2], "a": [1]}), inputs)
    np.testing.assert_array_equal(one.numbers, other.numbers)


def test_categories_of_other_types_are_compared_as_text() -> None:
    column = InputPlan(name="c", kind="category", encoding="one_hot", why="", categories=("10", None, "2"))
    assert features(pl.DataFrame({"c": [2, 10, None, 3]}), (column,)).codes[:, 0].tolist() == [3, 1, 2, 0]
    column = column.model_copy(update={"categories": ("true",)})
    assert features(pl.DataFrame({"c": [True, False, None]}), (column,)).codes[:, 0].tolist() == [1, 0, 0]
    words = pl.Series("c", ["10", "2", None]).cast(pl.Categorical)
    column = column.model_copy(update={"categories": ("2", "10")})
    assert features(pl.DataFrame({"c": words}), (column,)).codes[:, 0].tolist() == [2, 1, 0]


@settings(deadline=None, max_examples=200)
@given(
    st.floats(-1e15, 1e15),
    st.lists(st.floats(-1, 1), min_size=3, max_size=40),
    st.sampled_from([1e-6, 1e-3, 1, 1e3, 1e9]),
)
def test_offsets_keep_what_float32_would_lose(centre: float, away: list[float], spread: float) -> None:
    values = centre + spread * np.array(away)
    found = features(pl.DataFrame({"x": values}), (number("x", offset=offset_for(values)),)).numbers[:, 0]
    back = found.astype(np.float64) + offset_for(values)
    assert np.abs(back - values).max() <= 2e-5 * values.std() + 1e-7 * np.ptp(values) + 1e-37


def test_no_offset_without_need() -> None:
    rng = np.random.default_rng(0)
    for values in (rng.normal(0, 1, 99), rng.lognormal(0, 3, 99), rng.uniform(250, 320, 99), np.arange(1990, 2025.0)):
        assert offset_for(values) == 0
    for name in ("latitude", "longitude", "median_income", "total_rooms"):
        assert offset_for(real("california-housing/housing.csv")[name].to_numpy()) == 0
    assert offset_for(np.array([0.0, 1e300])) == 0


def test_arrays_hold_one_copy() -> None:
    frame = pl.DataFrame({f"x{column}": np.arange(50.0) for column in range(3)})
    arrays = features(frame, [number(name) for name in frame.columns])
    assert isinstance(arrays, Arrays) and arrays.numbers.flags.c_contiguous and arrays.numbers.base is None


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        features(pl.DataFrame({"a": [1]}), (number("b"),))
