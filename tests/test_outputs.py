"""Outputs: the task that a target asks for, class names in order, statistics of the training rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from modelwright.data.arrays import targets
from modelwright.errors import DataError, SpecError
from modelwright.plan.outputs import infer_task, plan_outputs
from modelwright.plan.task import is_yes_no
from modelwright.spec.schema import Task
from tables import real, spec, table_of

FILES = [
    ("adult/adult-train.csv", "column_15", "binary", ("<=50K", ">50K")),
    ("penguins/penguins.csv", "species", "multiclass", ("Adelie", "Chinstrap", "Gentoo")),
    ("titanic/train.csv", "Survived", "binary", ("0", "1")),
    ("covertype-kaggle/train.csv", "Cover_Type", "multiclass", tuple("1234567")),
    ("california-housing/housing.csv", "median_house_value", "regression", ()),
    ("diamonds/diamonds.csv", "price", "regression", ()),
]


@pytest.mark.parametrize(("file", "target", "task", "classes"), FILES)
def test_real_targets(file: str, target: str, task: Task, classes: tuple[str, ...]) -> None:
    table = table_of(real(file))
    wanted = spec(data={"target": target})
    assert infer_task(wanted, table)[0] == task
    planned = plan_outputs(wanted, table, np.arange(0, table.frame.height, 2), task)
    assert planned.classes == classes
    assert planned.width == (1 if task != "multiclass" else len(classes))


@pytest.mark.parametrize(
    ("values", "task", "reason"),
    [
        ([0, 1] * 10, "binary", "two values, 0 and 1"),
        ([-1.0, 1.0] * 10, "binary", "two values, -1 and 1"),
        ([0.5, 1.5] * 10, "regression", "decimals"),
        ([1, 2, 3, 5, 6, 7] * 9, "multiclass", "class numbers"),
        ([3, 4, 5, 6, 7, 8, 9] * 9, "regression", "counts or grades"),
        ([0, 1, 2] * 9 + [3], "regression", "counts or grades"),
        (list(range(21)) * 9, "regression", "counts or grades"),
        ([True, False], "binary", "two classes"),
        (list("abc"), "multiclass", "3 classes"),
        ([1.0, 2.0, float("nan")] * 9, "binary", "two values"),
    ],
)
def test_tasks_of_small_columns(values: list[object], task: Task, reason: str) -> None:
    found, why = infer_task(spec(), table_of(pl.DataFrame({"x": range(len(values)), "y": values})))
    assert found == task and reason in why


def test_a_task_that_is_given_stays() -> None:
    table = table_of(pl.DataFrame({"x": [1, 2], "y": [1, 2]}))
    assert infer_task(spec(task="regression"), table) == ("regression", "given")


def test_several_targets() -> None:
    frame = pl.DataFrame(
        {"x": [1, 2], "a": [True, False], "b": [0, 1], "c": ["Yes", "no"], "d": [1.5, 2.5], "e": ["u", "v"]}
    )
    table = table_of(frame)
    labels = spec(data={"target": ["a", "b", "c"]})
    assert infer_task(labels, table)[0] == "multilabel"
    planned = plan_outputs(labels, table, np.arange(2), "multilabel")
    assert (planned.classes, planned.width) == (("a", "b", "c"), 3)
    assert targets(frame, planned, "multilabel").tolist() == [[1, 0, 1], [0, 1, 0]]
    numbers = spec(data={"target": ["b", "d"]})
    assert infer_task(numbers, table)[0] == "regression"
    planned = plan_outputs(numbers, table, np.arange(2), "regression")
    assert planned.mean == (0.5, 2.0) and planned.scale == (0.5, 0.5)
    with pytest.raises(SpecError, match="`e`: other values"):
        infer_task(spec(data={"target": ["d", "e"]}), table)


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["+", "-"], ("-", "+")),
        (["none", "disease"], ("none", "disease")),
        (["no", "churned"], ("no", "churned")),
        (["good", "bad"], ("bad", "good")),
        ([2, 10], ("2", "10")),
        ([True, False], ("false", "true")),
        ([-1, 1], ("-1", "1")),
    ],
)
def test_order_of_two_classes(values: list[object], classes: tuple[str, ...]) -> None:
    frame = pl.DataFrame({"x": range(4), "y": values * 2})
    planned = plan_outputs(spec(), table_of(frame), np.arange(4), "binary")
    assert planned.classes == classes
    assert targets(frame, planned, "binary")[:, 0].tolist() == [float(str(v).lower() == classes[1]) for v in values * 2]


def test_statistics_are_of_training_rows_alone() -> None:
    values = np.random.default_rng(0).normal(1e6, 3, 100)
    train = np.arange(0, 100, 3)
    wanted = spec(task="regression")
    tables = [
        table_of(pl.DataFrame({"y": values})),
        table_of(pl.DataFrame({"y": np.where(np.arange(100) % 3, -1, values)})),
    ]
    first, second = (plan_outputs(wanted, table, train, "regression") for table in tables)
    assert first == second
    np.testing.assert_allclose([*first.mean, *first.scale], [values[train].mean(), values[train].std()], rtol=1e-12)


def test_a_constant_target_has_scale_one() -> None:
    for value in (7, 0.1, -1e9, 0.0):
        planned = plan_outputs(spec(), table_of(pl.DataFrame({"y": [value] * 97})), np.arange(97), "regression")
        assert planned.scale == (1.0,)


def test_classes_that_no_training_row_has() -> None:
    table = table_of(pl.DataFrame({"x": range(6), "y": list("aabbcc")}))
    with pytest.raises(DataError, match=r"L213.*class `c` \(2 rows\).*stratify: true"):
        plan_outputs(spec(), table, np.arange(4), "multiclass")
    for settings, fix in (
        ({"split": {"shuffle": False}}, "fix: split: {shuffle: true}, or drop"),
        ({"split": {"by": "group"}, "data": {"group": "x"}}, "fix: drop those rows"),
        ({"data": {"time": "x"}}, "fix: drop those rows"),
    ):
        with pytest.raises(DataError, match=fix):
            plan_outputs(spec(**settings), table, np.arange(4), "multiclass")
    with pytest.raises(DataError, match=r"D107.*1 class"):
        plan_outputs(spec(), table_of(table.frame.head(2)), np.arange(2), "binary")
    with pytest.raises(DataError, match=r"D107.*one value `a`"):
        infer_task(spec(), table_of(table.frame.head(2)))
    with pytest.raises(SpecError, match=r"H503.*3 classes.*multiclass"):
        plan_outputs(spec(), table, np.arange(6), "binary")


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_tasks_that_words_cannot_have(task: Task) -> None:
    with pytest.raises(SpecError, match="H504"):
        plan_outputs(spec(), table_of(pl.DataFrame({"x": [1, 2], "y": ["a", "b"]})), np.arange(2), task)


def test_targets_that_fit_no_common_task_are_told_by_their_content() -> None:
    table = table_of(pl.DataFrame({"a": [True, False], "b": [1, 2], "c": ["p", "q"]}))
    with pytest.raises(SpecError, match=r"H504.*`a`: yes and no; `b`: numbers; `c`: other values"):
        infer_task(spec(data={"target": ["a", "b", "c"]}), table)


def test_columns_that_are_not_there() -> None:
    table = table_of(pl.DataFrame({"Species": ["a", "b"], "id": [1, 2]}))
    with pytest.raises(DataError) as caught:
        plan_outputs(spec(data={"target": "species", "drop": ["ids"]}), table, np.arange(2), "binary")
    assert {(found.code, found.where.key, found.help) for found in caught.value.diagnostics} == {
        ("F006", "data.target", "did you mean `Species`?"),
        ("F006", "data.drop", "did you mean `id`?"),
    }


def test_the_last_column_with_another_role_is_no_target() -> None:
    table = table_of(pl.DataFrame({"y": [0, 1], "w": [1.0, 2.0], "id": [1, 2]}))
    planned = plan_outputs(spec(data={"weight": "w", "drop": ["id"]}), table, np.arange(2), "binary")
    assert planned.targets == ("y",)


def test_targets_refuse_what_the_plan_does_not_know() -> None:
    frame = pl.DataFrame({"y": ["a", "b", "c"]})
    planned = plan_outputs(spec(), table_of(frame), np.arange(3), "multiclass")
    assert targets(frame, planned, "multiclass").tolist() == [0, 1, 2]
    with pytest.raises(DataError, match=r"S307.*row 2.*received: d"):
        targets(pl.DataFrame({"y": ["a", "d"]}), planned, "multiclass")
    with pytest.raises(DataError, match=r"D101.*row 1.*missing"):
        targets(pl.DataFrame({"y": [None, "a"]}), planned, "multiclass")
    numbers = plan_outputs(spec(), table_of(pl.DataFrame({"y": [1.5, 2.5]})), np.arange(2), "regression")
    with pytest.raises(DataError, match=r"D101.*row 2"):
        targets(pl.DataFrame({"y": [1.0, None]}), numbers, "regression")


def test_yes_and_no() -> None:
    assert is_yes_no(pl.Series(["Y", "n ", None])) and is_yes_no(pl.Series([1.0, 0.0]))
    assert not is_yes_no(pl.Series([1, 2])) and not is_yes_no(pl.Series([None], dtype=pl.Int64))
