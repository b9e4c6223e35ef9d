"""Hold-out splits: the very rows of scikit-learn, no row in two parts, groups and times kept apart."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from modelwright.data.receipt import receipt
from modelwright.data.roles import labelled
from modelwright.data.split import Split, split
from tables import real, spec, table_of

SIZES = st.one_of(st.floats(0.05, 0.5), st.integers(1, 12))
SEEDS = st.integers(0, 2**32 - 1)


def numbered(rows: int):
    return table_of(pl.DataFrame({"x": range(rows), "y": [row % 7 / 2 for row in range(rows)]}))


def as_sets(found: Split) -> list[list[int]]:
    return [part.tolist() for part in (found.train, found.validation, found.test)]


def twice(rows: np.ndarray, test: object, validation: object, labels: np.ndarray | None = None, **how: object):
    """scikit-learn's own split, applied as everybody applies it."""
    strata = None if labels is None else labels[rows]
    rest, tested = train_test_split(rows, test_size=test, stratify=strata, **how)
    strata = None if labels is None else labels[rest]
    trained, validated = train_test_split(rest, test_size=validation, stratify=strata, **how)
    return [sorted(part.tolist()) for part in (trained, validated, tested)]


@settings(deadline=None, max_examples=150)
@given(st.integers(30, 400), SIZES, SIZES, SEEDS, st.booleans())
def test_random_parts_are_scikit_learns(rows: int, test: float, validation: float, seed: int, shuffle: bool) -> None:
    wanted = {"test_size": test, "validation_size": validation, "random_state": seed, "shuffle": shuffle}
    found = split(spec(split=wanted), numbered(rows))
    how = {"random_state": seed} if shuffle else {"shuffle": False}
    assert as_sets(found) == twice(np.arange(rows), test, validation, **how)
    assert all(part.dtype == np.int64 for part in found.parts.values())
    assert found.plan.rows == tuple(len(part) for part in found.parts.values())


@settings(deadline=None, max_examples=150)
@given(st.lists(st.integers(0, 4), min_size=60, max_size=300), st.floats(0.1, 0.5), st.floats(0.1, 0.5), SEEDS)
def test_stratified_parts_are_scikit_learns(classes: list[int], test: float, validation: float, seed: int) -> None:
    classes = classes + list(range(5)) * 8
    labels = np.array([f"class {number}" for number in classes])
    table = table_of(pl.DataFrame({"x": range(len(labels)), "y": labels}))
    wanted = {"test_size": test, "validation_size": validation, "random_state": seed}
    found = split(spec(split=wanted), table, table.frame["y"])
    assert found.plan.stratify
    assert as_sets(found) == twice(np.arange(len(labels)), test, validation, labels, random_state=seed)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=40, max_size=200), st.floats(0.1, 0.4), SEEDS)
def test_groups_are_scikit_learns_and_stay_whole(groups: list[int], test: float, seed: int) -> None:
    groups = groups + list(range(8))
    table = table_of(pl.DataFrame({"g": [f"g{number}" for number in groups], "y": range(len(groups))}))
    wanted = spec(data={"group": "g"}, split={"test_size": test, "random_state": seed})
    found = split(wanted, table)
    names = table.frame["g"].to_numpy()
    cut = GroupShuffleSplit(1, test_size=test, random_state=seed)
    rest, tested = next(cut.split(names, groups=names))
    assert found.test.tolist() == sorted(tested.tolist())
    cut = GroupShuffleSplit(1, test_size=0.1, random_state=seed)
    kept, validated = next(cut.split(rest, groups=names[rest]))
    assert found.validation.tolist() == sorted(rest[validated].tolist())
    assert found.train.tolist() == sorted(rest[kept].tolist())
    assert receipt(found, table, wanted)["groups"]["disjoint"]


def test_rows_without_a_group_stay_together() -> None:
    table = table_of(pl.DataFrame({"g": [None, "a", None, "b", "c", "d", None, "e"] * 4, "y": range(32)}))
    found = split(spec(data={"group": "g"}, split={"validation_size": 0}), table)
    missing = set(np.flatnonzero(table.frame["g"].is_null().to_numpy()).tolist())
    assert any(missing <= set(part.tolist()) for part in found.parts.values())


@settings(deadline=None, max_examples=80)
@given(st.lists(st.integers(0, 25), min_size=30, max_size=150), st.floats(0.1, 0.4), st.integers(0, 5))
def test_times_follow_one_another_and_equal_times_stay_together(days: list[int], size: float, gap: int) -> None:
    days = days + list(range(26))
    dates = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in days]
    table = table_of(pl.DataFrame({"t": dates, "y": range(len(days))}))
    wanted = spec(data={"time": "t", "target": "y"}, split={"test_size": size, "validation_size": 0.2, "gap": gap})
    found = split(wanted, table)
    times = np.array(days)
    train, validation, test = (times[part] for part in found.parts.values())
    assert train.max() < validation.min() and validation.max() < test.min()
    assert receipt(found, table, wanted)["time"]["ordered"]
    order = np.argsort(times, kind="stable").tolist()
    before = order.index(next(row for row in order if row in set(found.test.tolist())))
    assert before - max(order.index(row) for row in found.validation.tolist()) - 1 == gap
    assert not found.plan.shuffle


def test_exact_sizes_in_time_order() -> None:
    frame = real("ett/ETTh1.csv").with_columns(pl.col("date").str.to_datetime())
    wanted = spec(data={"time": "date"}, split={"sizes": [8640, 2880, 2880]})
    found = split(wanted, table_of(frame))
    assert as_sets(found) == [list(range(8640)), list(range(8640, 11520)), list(range(11520, 14400))]
    assert found.plan.by == "time" and found.plan.sizes == (8640, 2880, 2880)
    assert "3,020 rows lie beyond" in found.why["split.left_out"]
    shuffled = table_of(frame.sample(fraction=1, shuffle=True, seed=1))
    again = split(wanted, shuffled)
    assert shuffled.frame["date"].gather(again.test).sort().equals(frame["date"][11520:14400])


def test_sizes_leave_a_gap_and_tell_torn_times() -> None:
    table = table_of(pl.DataFrame({"t": [0, 1, 1, 2, 3, 4, 5, 6], "y": range(8)}))
    found = split(spec(data={"time": "t"}, split={"sizes": [2, 2, 2], "gap": 1}), table)
    assert as_sets(found) == [[0, 1], [3, 4], [6, 7]]
    found = split(spec(data={"time": "t"}, split={"sizes": [2, 2, 2]}), table)
    assert "1 border" in found.why["split.ties"]


def test_files_keep_their_rows() -> None:
    table = table_of(pl.DataFrame({"x": range(100), "y": ["a", "b"] * 50}), parts=[0] * 80 + [2] * 20)
    found = split(spec(), table, table.frame["y"])
    assert found.test.tolist() == list(range(80, 100)) and found.plan.by == "files"
    assert found.plan.rows == (72, 8, 20)
    labels = table.frame["y"].to_numpy()[:80]
    _, validated = train_test_split(np.arange(80), test_size=0.1, stratify=labels, random_state=0)
    assert found.validation.tolist() == sorted(validated.tolist())
    table = table_of(table.frame, parts=[0] * 60 + [1] * 20 + [2] * 20)
    assert split(spec(), table).plan.rows == (60, 20, 20)
    table = table_of(table.frame, parts=[0] * 80 + [1] * 20)
    found = split(spec(), table)
    assert found.plan.rows == (64, 20, 16) and set(found.test.tolist()) <= set(range(80))
    assert "no test file" in found.why["split.test_size"]


def test_rows_without_a_target_are_left_out() -> None:
    frame = real("penguins/penguins.csv")
    rows = labelled(table_of(frame), ("sex",))
    assert len(rows) == len(frame) - frame["sex"].null_count()
    found = split(spec(data={"target": "sex"}), table_of(frame), frame["sex"], rows)
    used = np.concatenate(list(found.parts.values()))
    assert sorted(used.tolist()) == rows.tolist()
    told = receipt(found, table_of(frame), spec(data={"target": "sex"}))
    assert told["left_out"] == frame["sex"].null_count() and told["overlap"] == 0
    assert sum(told["classes"]["sex"]["test"].values()) == told["rows"]["test"] == 67


def test_a_receipt_changes_with_the_rows() -> None:
    table, one, other = numbered(50), spec(split={"random_state": 1}), spec(split={"random_state": 2})
    first, again, second = (receipt(split(each, table), table, each) for each in (one, one, other))
    assert first == again
    assert first["sha256"]["test"] != second["sha256"]["test"]
    assert first["rows"] == {"train": 36, "validation": 4, "test": 10}


@pytest.mark.parametrize(("classes", "reason"), [(["a"] * 40 + ["b"], "single row"), (list("abcdefgh") * 3, "no room")])
def test_auto_does_not_stratify_where_classes_are_too_small(classes: list[str], reason: str) -> None:
    table = table_of(pl.DataFrame({"x": range(len(classes)), "y": classes}))
    found = split(spec(), table, table.frame["y"])
    assert not found.plan.stratify and reason in found.why["split.stratify"]
    rows = np.arange(len(classes))
    assert as_sets(found) == twice(rows, 0.2, 0.1, random_state=0)
