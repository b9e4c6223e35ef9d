"""Sequences brought to a number of steps: the numbers of NumPy's interpolation, in training and for new ones."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modelwright
from modelwright.data.resample import resampled
from modelwright.errors import ModelwrightError

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(LENGTHS, st.integers(1, 12), st.integers(0, 99))
def test_the_numbers_are_those_of_numpy(lengths: list[int], steps: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    sequences = np.full((len(lengths), max(lengths), 2), np.nan, np.float32)
    for row, length in enumerate(lengths):
        sequences[row, :length] = random.normal(size=(length, 2))
    found = resampled(sequences, steps)
    assert found.shape == (len(lengths), steps, 2)
    for row, length in enumerate(lengths):
        places = np.linspace(0, length - 1, steps)
        for channel in range(2):
            expected = np.interp(places, np.arange(length), sequences[row, :length, channel])
            np.testing.assert_allclose(found[row, :, channel], expected, rtol=1e-4, atol=1e-5)


def test_as_many_steps_as_there_are_change_nothing_and_a_missing_channel_stays_missing() -> None:
    sequences = np.random.default_rng(0).normal(size=(3, 7, 2)).astype(np.float32)
    assert (resampled(sequences, 7) == sequences).all()
    sequences[1, :, 0] = np.nan
    assert np.isnan(resampled(sequences, 4)[1, :, 0]).all()
    assert not np.isnan(resampled(sequences, 4)[1, :, 1]).any()


def steps(rows: int = 60) -> pl.DataFrame:
    """A row a step; a class is a frequency, measured against the whole of a sequence."""
    random = np.random.default_rng(1)
    made = []
    for row in range(rows):
        count = int(random.integers(8, 30))
        turns = np.linspace(0, 1 + row % 2, count) * 2 * np.pi
        made.append(pl.DataFrame({"id": row, "at": np.arange(count), "x": np.sin(turns), "kind": "ab"[row % 2]}))
    return pl.concat(made)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> modelwright.Run:
    return modelwright.train(
        steps(),
        target="kind",
        data={"series": "id", "time": "at", "resample": 12},
        model="mlp(hidden=[8])",
        train={"epochs": 40},
        ignore=["L204"],
        runs=tmp_path_factory.mktemp("runs"),
    )


def test_the_plan_says_how_many_are_resampled(run: modelwright.Run) -> None:
    (column,) = run.plan.inputs
    assert column.shape == (12, 1) and column.resampled and not column.ragged
    assert "sequences are resampled to 12 steps" in column.why
    assert run.score.value > 0.9


def test_new_sequences_of_any_length_are_resampled_alike(run: modelwright.Run) -> None:
    long = np.sin(np.linspace(0, 4 * np.pi, 500)).astype(np.float32)[None, :, None]
    short = resampled(long, 9)
    assert run.model.predict(long).tolist() == ["b"]
    assert run.model.predict(short).tolist() == ["b"]
    loaded = modelwright.load(run.path / "model.safetensors")
    found, expected = loaded.predict_proba(steps()), run.model.predict_proba(steps())
    assert (found == expected).all()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"series": "id", "resample": 5, "length": 5}, "says how many steps"),
        ({"horizon": 2, "resample": 5}, "without effect on a forecast"),
        ({"horizon": 2, "length": 5}, "without effect on a forecast"),
        ({"resample": 5}, "no effect: the network takes"),
        ({"series": "id", "resample": 0}, "a whole number ≥ 1"),
    ],
)
def test_settings_without_effect_are_refused(data: dict[str, object], says: str, tmp_path: Path) -> None:
    with pytest.raises(ModelwrightError, match=says):
        modelwright.train(steps(), target="kind", data=data, runs=tmp_path)


def test_a_place_that_falls_on_a_step_takes_its_value() -> None:
    for steps, times in product(range(2, 60), (1, 2, 3, 7)):
        sequence = np.random.default_rng(0).normal(size=(1, times * (steps - 1) + 1, 1)).astype(np.float32)
        assert (resampled(sequence, steps) == sequence[:, ::times]).all(), (steps, times)
