"""Splits that cannot be made: told with the setting, the reason and what to write instead."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from modelwright.data.split import folds, split
from modelwright.errors import DataError, ModelwrightError, SpecError
from tables import spec, table_of

FRAME = pl.DataFrame(
    {
        "g": ["a", "b", "a", "b"] * 5,
        "t": [1, 2, 3, 4, 5] * 4,
        "word": list("abcde") * 4,
        "hole": [None, *range(19)],
        "same": [7] * 20,
        "y": ["yes", "no", "yes", "no", "no"] * 4,
    }
)
NOWHERE: dict[str, Any] = {}


def told(error: ModelwrightError) -> list[tuple[str, str | None]]:
    assert all(found.help and found.message for found in error.diagnostics)
    return [(found.code, found.where.key) for found in error.diagnostics]


@pytest.mark.parametrize(
    ("data", "settings", "expected"),
    [
        (NOWHERE, {"by": "group"}, [("Y007", "split.by")]),
        (NOWHERE, {"by": "time"}, [("Y007", "split.by")]),
        (NOWHERE, {"gap": 3}, [("Y007", "split.gap")]),
        (NOWHERE, {"sizes": [10, 5, 5], "test_size": 0.3}, [("Y007", "split.test_size")]),
        (NOWHERE, {"sizes": [10, 5, 5], "by": "random"}, [("Y007", "split.sizes")]),
        (NOWHERE, {"sizes": [10, 5, 0]}, [("L201", "split.sizes")]),
        (NOWHERE, {"sizes": [15, 3, 5]}, [("L201", "split.sizes")]),
        (NOWHERE, {"stratify": True, "shuffle": False}, [("Y007", "split.stratify")]),
        (NOWHERE, {"test_size": 20}, [("L201", "split.test_size")]),
        (NOWHERE, {"validation_size": 16}, [("L201", "split.validation_size")]),
        ({"time": "t"}, {"stratify": True}, [("Y007", "split.stratify")]),
        ({"time": "t"}, {"shuffle": True}, [("Y007", "split.shuffle")]),
        ({"time": "word"}, NOWHERE, [("F007", "split.by")]),
        ({"time": "hole"}, NOWHERE, [("L207", "split.by")]),
        ({"time": "same"}, NOWHERE, [("Y007", "split.test_size")]),
        ({"time": "t"}, {"gap": 20}, [("Y007", "split.test_size")]),
        ({"group": "g"}, {"stratify": True}, [("Y007", "split.stratify")]),
        ({"group": "g"}, {"shuffle": False}, [("Y007", "split.shuffle")]),
        ({"group": "g"}, NOWHERE, [("L201", "split.validation_size")]),
        ({"group": "same"}, NOWHERE, [("L201", "split.test_size")]),
        ({"group": "g"}, {"gap": 2, "stratify": True}, [("Y007", "split.gap"), ("Y007", "split.stratify")]),
    ],
)
def test_settings_that_cannot_be_obeyed(data: dict[str, Any], settings: dict[str, Any], expected: list[Any]) -> None:
    with pytest.raises(ModelwrightError) as caught:
        split(spec(data=data, split=settings), table_of(FRAME), FRAME["y"])
    assert told(caught.value) == expected


@pytest.mark.parametrize(
    ("settings", "parts", "key"),
    [
        ({"test_size": 0.3}, [0] * 15 + [2] * 5, "split.test_size"),
        ({"validation_size": 0.3}, [0] * 15 + [1] * 5, "split.validation_size"),
        ({"folds": 3}, [0] * 15 + [2] * 5, "split.folds"),
    ],
)
def test_settings_that_files_overrule(settings: dict[str, Any], parts: list[int], key: str) -> None:
    with pytest.raises(SpecError) as caught:
        split(spec(split=settings), table_of(FRAME, parts=parts), FRAME["y"])
    assert told(caught.value) == [("Y007", key)]


def test_stratify_needs_classes_and_two_rows_of_each() -> None:
    wanted = spec(split={"stratify": True})
    with pytest.raises(SpecError) as caught:
        split(wanted, table_of(FRAME))
    assert told(caught.value) == [("Y007", "split.stratify")]
    rare = pl.Series(["a"] * 19 + ["b"])
    with pytest.raises(DataError, match="1 of 2 classes have a single row") as caught:
        split(wanted, table_of(FRAME), rare)
    assert told(caught.value) == [("L213", "split.stratify")]


@pytest.mark.parametrize("sizes", [[10, 5, 50], [5, 20, 20], [1000, 1, 1]])
def test_sizes_that_are_too_large_are_answered_by_sizes_that_fit(sizes: list[int]) -> None:
    with pytest.raises(DataError) as caught:
        split(spec(data={"time": "t"}, split={"sizes": sizes, "gap": 1}), table_of(FRAME))
    (found,) = caught.value.diagnostics
    fitting = [int(size) for size in found.help.partition("[")[2].rstrip("]}").split(",")]
    assert found.code == "L201" and 0 < sum(fitting) <= len(FRAME) - 2


@pytest.mark.parametrize("rows", [1, 2])
def test_too_few_rows(rows: int) -> None:
    with pytest.raises(DataError) as caught:
        split(spec(), table_of(FRAME.head(rows)), FRAME["y"].head(rows))
    assert told(caught.value)[0][0] == "L201"


def test_empty_table() -> None:
    with pytest.raises(DataError) as caught:
        split(spec(), table_of(FRAME.head(0)))
    assert told(caught.value) == [("F002", "split.test_size")]


@pytest.mark.parametrize(
    ("data", "settings", "code"),
    [
        (NOWHERE, {"folds": 21}, "L201"),
        ({"group": "g"}, {"folds": 3}, "L201"),
        ({"time": "t"}, {"folds": 20}, "L201"),
        ({"time": "same"}, {"folds": 3}, "L201"),
        (NOWHERE, {"folds": 3, "test_size": 0.2}, "Y007"),
        (NOWHERE, {"folds": 10, "stratify": True}, "L213"),
    ],
)
def test_folds_that_cannot_be_made(data: dict[str, Any], settings: dict[str, Any], code: str) -> None:
    with pytest.raises(ModelwrightError) as caught:
        folds(spec(data=data, split=settings), table_of(FRAME), FRAME["y"])
    assert [found for found, _ in told(caught.value)] == [code]
