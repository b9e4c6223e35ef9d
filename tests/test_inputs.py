"""Inputs: which columns enter, how each is encoded, all of it learned from training rows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.data.arrays import features
from modelwright.errors import DataError, SpecError
from modelwright.plan.inputs import ONE_HOT_LIMIT, embedding_dim, plan_inputs
from modelwright.plan.plan import InputPlan, input_width
from tables import real, spec, table_of


def planned(frame: pl.DataFrame, rows: object = None, kinds: object = None, **settings: object):
    table = table_of(frame, kinds)  # pyright: ignore[reportArgumentType]
    return plan_inputs(spec(**settings), table, np.arange(len(frame)) if rows is None else np.asarray(rows))


def test_housing() -> None:
    frame = real("california-housing/housing.csv")
    inputs, unused, why = planned(frame, data={"target": "median_house_value"})
    assert [column.name for column in inputs] == [name for name in frame.columns if name != "median_house_value"]
    assert unused == {"median_house_value": "target"}
    assert [column.name for column in inputs if column.flag] == ["total_bedrooms"]
    ocean = inputs[-1]
    assert ocean.encoding == "one_hot" and ocean.categories[0] == "<1H OCEAN" and ocean.categories[-1] == "ISLAND"
    assert sum(map(input_width, inputs)) == 8 + 1 + 5
    assert set(why) == {f"inputs.{column.name}" for column in inputs} | {"encode.category"}
    assert all(column.offset == 0 for column in inputs)


def test_titanic_roles() -> None:
    kinds = {"PassengerId": "identifier", "Name": "text"}
    inputs, unused, _ = planned(
        real("titanic/train.csv"),
        kinds=kinds,
        data={"target": "Survived", "drop": ["Ticket"], "weight": "Fare", "group": "SibSp"},
    )
    by_name = {column.name: column for column in inputs}
    assert set(by_name) == {"Pclass", "Sex", "Age", "Parch", "Cabin", "Embarked"}
    assert "encode.text" in unused["Name"] and "identifier" in unused["PassengerId"]
    assert unused["Ticket"].startswith("dropped") and "weight" in unused["Fare"] and "group" in unused["SibSp"]
    assert by_name["Age"].flag and by_name["Cabin"].categories[0] is None
    cabins = real("titanic/train.csv")["Cabin"].value_counts().drop_nulls().filter(pl.col("count") >= 2)
    assert by_name["Cabin"].encoding == "embedding" and len(by_name["Cabin"].categories) == len(cabins) + 1
    assert by_name["Embarked"].categories == ("S", "C", "Q", None)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from("abcdef"), min_size=12, max_size=60), st.randoms())
def test_categories_are_of_training_rows_most_frequent_first(values: list[str], random: object) -> None:
    values = [*values, *"aabb"]
    rows = [*range(0, len(values) - 4, 2), *range(len(values) - 4, len(values))]
    seen = [values[row] for row in rows]
    frame = pl.DataFrame({"c": values, "y": range(len(values))})
    (column,), _, _ = planned(frame, rows)
    kept = sorted({value for value in seen if seen.count(value) >= 2}, key=lambda value: (-seen.count(value), value))
    assert column.categories == tuple(kept)
    other = pl.DataFrame({"c": [v if row in rows else "unheard of" for row, v in enumerate(values)], "y": frame["y"]})
    assert planned(other, rows)[0] == (column,)
    codes = features(frame, (column,)).codes[:, 0]
    assert [kept[code - 1] if code else None for code in codes] == [
        value if value in kept else None for value in values
    ]


def test_a_missing_category_is_a_category_where_training_rows_have_it() -> None:
    frame = pl.DataFrame({"c": ["a", None, "b", "a", None, "b", None], "y": range(7)})
    (column,), _, _ = planned(frame)
    assert column.categories == (None, "a", "b")
    assert features(frame, (column,)).codes[:, 0].tolist() == [2, 1, 3, 2, 1, 3, 1]
    (column,), _, _ = planned(frame, [0, 2, 3, 5])
    assert column.categories == ("a", "b")
    assert features(frame, (column,)).codes[:, 0].tolist() == [1, 0, 2, 1, 0, 2, 0]


def test_columns_that_say_nothing() -> None:
    frame = pl.DataFrame(
        {
            "x": [1.0, 2.0, 3.0, 4.0],
            "same": [5, 5, 5, 9],
            "empty": [None, None, None, 1.0],
            "nan": [float("nan")] * 3 + [1.0],
            "day": [dt.date(2024, 1, 1)] * 3 + [dt.date(2025, 2, 2)],
            "word": ["a", "a", "a", "b"],
            "each": ["a", "b", "c", "d"],
            "known": [5, None, 5, 9],
            "y": [0, 1, 0, 1],
        }
    )
    inputs, unused, _ = planned(frame, [0, 1, 2])
    assert [column.name for column in inputs] == ["x", "known"]
    assert inputs[1].flag
    assert unused["same"] == "constant: each training row has 5" and "constant" in unused["day"] + unused["word"]
    assert unused["empty"] == unused["nan"] == "no training row has a value"
    assert "occurs once" in unused["each"]
    with pytest.raises(DataError, match=r"D102.*no column is left") as caught:
        planned(frame.select("same", "y"), [0, 1, 2])
    assert "constant" in caught.value.diagnostics[0].known


def test_date_parts_that_vary() -> None:
    start = dt.datetime(2023, 1, 31)
    hours = [start + dt.timedelta(hours=step) for step in range(80)]
    frame = pl.DataFrame({"when": hours, "day": [moment.date() for moment in hours], "y": range(80)})
    when, day = planned(frame)[0]
    assert when.dates == ("month", "day", "weekday", "hour") and when.encoding == "date"
    assert day.dates == ("month", "day", "weekday")
    assert (input_width(when), input_width(day)) == (8, 6)
    inputs, unused, _ = planned(frame, data={"time": "when"})
    assert [column.name for column in inputs] == ["day"] and "beyond the times" in unused["when"]


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("auto", [("one_hot", 0), ("embedding", embedding_dim(ONE_HOT_LIMIT + 1))]),
        ("OneHotEncoder", [("one_hot", 0), ("one_hot", 0)]),
        ("Embedding", [("embedding", 2), ("embedding", embedding_dim(ONE_HOT_LIMIT + 1))]),
        ("Embedding(..., 5)", [("embedding", 5), ("embedding", 5)]),
        ("nn.Embedding(embedding_dim=3)", [("embedding", 3), ("embedding", 3)]),
    ],
)
def test_encoders(category: str, expected: list[tuple[str, int]]) -> None:
    few = ["a", "b"] * (ONE_HOT_LIMIT + 1)
    many = [f"c{number // 2}" for number in range(2 * (ONE_HOT_LIMIT + 1))]
    inputs, _, _ = planned(
        pl.DataFrame({"few": few, "many": many, "y": range(len(few))}), encode={"category": category}
    )
    assert [(column.encoding, column.dim) for column in inputs] == expected


@pytest.mark.parametrize(
    "category", ["Embedding(16)", "Embedding(..., 0)", "OneHotEncoder(3)", "Ordinal", "Embedding(..., 3, 4)"]
)
def test_encoders_that_cannot_be(category: str) -> None:
    with pytest.raises(SpecError, match=r"Y005.*Embedding\(\.\.\., 16\)"):
        planned(pl.DataFrame({"x": list("aabb"), "y": range(4)}), encode={"category": category})


@pytest.mark.parametrize(
    ("missing", "flag"), [("auto", True), ("SimpleImputer", False), ("SimpleImputer(add_indicator=True)", True)]
)
def test_flags_follow_the_imputer(missing: str, flag: bool) -> None:
    frame = pl.DataFrame({"x": [1.0, None, 2.0], "y": range(3)})
    (column,), _, _ = planned(frame, encode={"missing": missing})
    assert column.flag is flag


def test_ranges_and_offsets() -> None:
    frame = pl.DataFrame(
        {"t": [1.7e9 + second for second in range(50)], "x": [273.15 + k / 7 for k in range(50)], "y": range(50)}
    )
    time, kelvin = planned(frame, range(40))[0]
    assert (time.low, time.high) == (1.7e9, 1.7e9 + 39) and kelvin.offset == 0
    assert time.offset == 1.7e9 + 19.5 and "taken off" in time.why
    arrays = features(frame, (time, kelvin))
    np.testing.assert_array_equal(arrays.numbers[:, 0] + np.float64(time.offset), frame["t"].to_numpy())


def test_a_plan_survives_json() -> None:
    for column in planned(real("penguins/penguins.csv"), data={"target": "species"})[0]:
        assert InputPlan.model_validate_json(column.model_dump_json()) == column
