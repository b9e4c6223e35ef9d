"""Folds: scikit-learn's own, each row tested once, validation rows held out of the rest."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    train_test_split,
)

from modelwright.data.split import Split, folds
from tables import real, spec, table_of

ROWS = 120
LABELS = np.array(list("aabbbc") * 20)
GROUPS = np.array([f"g{row % 11}" for row in range(ROWS)])
TABLE = table_of(pl.DataFrame({"g": GROUPS, "t": np.arange(ROWS)[::-1], "x": range(ROWS), "y": LABELS}))


def rows_tested(found: list[Split]) -> list[list[int]]:
    return [each.test.tolist() for each in found]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(
    ("data", "labels", "kind"),
    [
        ({}, None, KFold),
        ({}, LABELS, StratifiedKFold),
        ({"group": "g"}, None, GroupKFold),
        ({"group": "g"}, LABELS, StratifiedGroupKFold),
    ],
)
def test_folds_are_scikit_learns(data: dict[str, str], labels: np.ndarray | None, kind: type, shuffle: bool) -> None:
    wanted = spec(data=data, split={"folds": 4, "shuffle": shuffle, "random_state": 7})
    found = folds(wanted, TABLE, None if labels is None else pl.Series("y", labels))
    splitter = kind(n_splits=4, shuffle=shuffle, random_state=7 if shuffle else None)
    strata = None if labels is None else labels
    assert rows_tested(found) == [
        sorted(test.tolist()) for _, test in splitter.split(np.arange(ROWS), strata, GROUPS if data else None)
    ]
    assert sorted(row for rows in rows_tested(found) for row in rows) == list(range(ROWS))
    for number, each in enumerate(found):
        assert each.plan.fold == number + 1 and each.plan.folds == 4
        assert each.plan.stratify == (labels is not None)
        assert sorted(np.concatenate(list(each.parts.values())).tolist()) == list(range(ROWS))
        if data:
            parts = [set(GROUPS[part]) for part in each.parts.values()]
            assert not parts[0] & parts[1] and not parts[1] & parts[2] and not parts[0] & parts[2]


def test_validation_rows_of_a_fold_are_train_test_splits() -> None:
    found = folds(spec(split={"folds": 5, "validation_size": 0.25}), TABLE)
    for (rest, _), each in zip(KFold(5, shuffle=True, random_state=0).split(np.arange(ROWS)), found, strict=True):
        train, validation = train_test_split(rest, test_size=0.25, random_state=0)
        assert each.train.tolist() == sorted(train.tolist())
        assert each.validation.tolist() == sorted(validation.tolist())


def test_folds_in_time() -> None:
    found = folds(spec(data={"time": "t"}, split={"folds": 3, "gap": 2}), TABLE)
    times = np.arange(ROWS)[::-1]
    expected = [(rest, test) for rest, test in TimeSeriesSplit(3, gap=2).split(np.arange(ROWS))]
    for each, (rest, test) in zip(found, expected, strict=True):
        assert sorted(times[each.test]) == test.tolist()
        assert times[each.train].max() + 3 == times[each.validation].min()
        assert times[each.validation].max() == rest.max() == times[each.test].min() - 3


def test_equal_times_at_a_fold_are_not_trained_on() -> None:
    table = table_of(pl.DataFrame({"t": np.arange(40) // 3, "y": range(40)}))
    for each in folds(spec(data={"time": "t"}, split={"folds": 3}), table):
        times = table.frame["t"].to_numpy()
        assert times[each.validation].max() < times[each.test].min()
        assert "left out" in each.why["split.ties"]


def test_a_rare_class_is_not_stratified_and_told() -> None:
    labels = pl.Series("y", ["rare"] * 3 + ["a", "b"] * 40)
    table = table_of(pl.DataFrame({"x": range(83), "y": labels}))
    found = folds(spec(split={"folds": 5}), table, labels)
    assert not found[0].plan.stratify
    assert "3 row(s), fewer than 5 folds" in found[0].why["split.stratify"]


def test_folds_of_penguins_have_every_species() -> None:
    frame = real("penguins/penguins.csv")
    for each in folds(spec(data={"target": "species"}, split={"folds": 10}), table_of(frame), frame["species"]):
        assert all(frame["species"].gather(part).n_unique() == 3 for part in each.parts.values())
