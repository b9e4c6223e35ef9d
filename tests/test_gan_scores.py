"""Scores of made rows against closed forms, SciPy and what is known of the sets."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, stats

from modelwright.data.arrays import features
from modelwright.evaluate import generated
from modelwright.evaluate.two_sample import told_apart
from modelwright.model.decode import decode, pixels
from modelwright.model.pictures import Pixels
from modelwright.model.preprocess import Preprocess
from modelwright.plan.plan import InputPlan

RANDOM = np.random.default_rng(0)


def test_frechet_distance_is_the_formula() -> None:
    a = RANDOM.normal(size=(400, 4)) @ RANDOM.normal(size=(4, 4))
    b = RANDOM.normal(size=(300, 4)) @ RANDOM.normal(size=(4, 4)) + 1
    first, second = np.cov(a.T), np.cov(b.T)
    root = linalg.sqrtm(first @ second).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first + second - 2 * root)
    assert generated.frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert generated.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_constant_rows_is_finite() -> None:
    same = np.ones((50, 3))
    assert generated.frechet_distance(same, same + 2) == pytest.approx(12)


def test_the_jackknife_covers_the_truth() -> None:
    """The distance of means of two normal sets is 1: of 100 intervals about 95 hold it."""
    random, held = np.random.default_rng(1), 0
    for _ in range(100):
        a, b = random.normal(size=(200, 1)), random.normal(size=(200, 1)) + 1
        _, low, high = generated.jackknife(lambda x, y: float(y.mean() - x.mean()), a, b)
        held += low <= 1 <= high
    assert 88 <= held <= 100


def test_coverage_and_density_of_known_sets() -> None:
    real = RANDOM.normal(size=(300, 2))
    covered, density = generated.near(real, real + RANDOM.normal(size=(300, 2)) * 0.01)
    assert covered.mean() > 0.95 and 0.8 < density.mean() < 1.3
    one_mode, _ = generated.near(np.concatenate([real, real + 50]), real[:150] + 0.01)
    assert 0.3 < one_mode.mean() <= 0.5
    assert generated.near(real, real + 50)[1].sum() == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=50), st.floats(-100, 100))
def test_a_shift_moves_a_column_by_itself(values: list[float], shift: float) -> None:
    column = np.array(values)
    spread = float(np.std(column)) or 1.0
    assert generated.wasserstein(column, column + shift) == pytest.approx(abs(shift) / spread, rel=1e-6, abs=1e-6)


def test_column_distances_agree_with_scipy() -> None:
    a, b = RANDOM.normal(size=3000), RANDOM.exponential(size=2000)
    expected = stats.wasserstein_distance(a, b) / a.std()
    assert generated.wasserstein(a, b) == pytest.approx(expected, rel=0.02)
    codes = np.array([0.0, 0, 1, np.nan]), np.array([0.0, 1, 1, 1])
    assert generated.total_variation(*codes) == pytest.approx(0.5)


def test_closest_finds_copies() -> None:
    train, fresh = RANDOM.normal(size=(500, 3)), RANDOM.normal(size=(100, 3))
    assert generated.closest(train[:50], train).max() == pytest.approx(0, abs=1e-6)
    expected = np.sqrt(((fresh[:, None] - train[None]) ** 2).sum(2)).min(1)
    assert generated.closest(fresh, train) == pytest.approx(expected)


def test_a_network_tells_other_rows_apart_and_not_equal_ones() -> None:
    a, b = RANDOM.normal(size=(600, 3)), RANDOM.normal(size=(600, 3))
    _, low, high = generated.share(told_apart(a, b, seed=0))
    assert low < 0.5 < high or abs((low + high) / 2 - 0.5) < 0.08
    assert told_apart(a, b + 2, seed=0).mean() > 0.9
    state = torch.get_rng_state()
    told_apart(a, b, seed=0)
    assert torch.equal(state, torch.get_rng_state())


FRAME = pl.DataFrame(
    {
        "age": [18, 30, 30, 41, 55, 70],
        "far": [1e9 + 1, 1e9 + 2, 1e9 + 2.5, None, 1e9 + 4, 1e9 + 5],
        "gain": [0.0, 0.0, 0.0, 0.0, 900.0, 15000.0],
        "yes": [True, False, True, True, False, True],
        "job": ["cook", "clerk", None, "cook", "clerk", None],
    }
)
INPUTS = (
    InputPlan(name="age", kind="integer", encoding="number", why="", low=18, high=70),
    InputPlan(name="far", kind="numeric", encoding="number", why="", low=1e9 + 1, high=1e9 + 5, offset=1e9, flag=True),
    InputPlan(name="gain", kind="numeric", encoding="number", why="", low=0, high=15000),
    InputPlan(name="yes", kind="boolean", encoding="number", why="", low=0, high=1),
    InputPlan(name="job", kind="category", encoding="one_hot", why="", categories=("cook", "clerk", None)),
)
SCALES = (
    "StandardScaler()",
    "MinMaxScaler(feature_range=(-1, 1))",
    "RobustScaler()",
    "QuantileTransformer(output_distribution='normal')",
    "QuantileTransformer()",
    "none",
)


@pytest.mark.parametrize("scale", SCALES)
def test_rows_come_back_as_they_went_in(scale: str) -> None:
    arrays = features(FRAME, INPUTS)
    preprocess = Preprocess.fit(INPUTS, arrays, scale, "SimpleImputer(strategy='median')")
    x = preprocess(torch.from_numpy(arrays.numbers), torch.from_numpy(arrays.codes))[0]
    found = decode(x, preprocess, INPUTS)
    assert found[:, 0].tolist() == FRAME["age"].to_list()
    far = FRAME["far"].to_numpy()
    if scale != "none":  # where a network could not tell the values apart either
        assert found[:, 1] == pytest.approx(far, rel=1e-9, nan_ok=True)
    assert np.isnan(found[3, 1])
    assert found[:, 2] == pytest.approx(FRAME["gain"].to_numpy(), rel=1e-4, abs=1e-2)
    assert found[:, 3].tolist() == [1, 0, 1, 1, 0, 1]
    assert found[:, 4].tolist() == [0, 1, 2, 0, 1, 2]


def test_what_lies_near_a_frequent_value_becomes_it() -> None:
    arrays = features(FRAME, INPUTS)
    preprocess = Preprocess.fit(INPUTS, arrays, SCALES[3], "SimpleImputer(strategy='median')")
    x = preprocess(torch.from_numpy(arrays.numbers), torch.from_numpy(arrays.codes))[0][:1].repeat(50, 1)
    x[:, 2] = torch.linspace(-4, 0.2, 50)
    assert (decode(x, preprocess, INPUTS)[:, 2] < 1e-6).all()
    x[:, 0] = 9.0
    assert (decode(x, preprocess, INPUTS)[:, 0] == 70).all()


@pytest.mark.parametrize("transform", [["ToTensor"], ["ToTensor", "Normalize((0.5,), (0.5,))"]])
def test_pixels_come_back_as_they_went_in(transform: list[str]) -> None:
    bytes_ = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    front = Pixels(transform)
    assert pixels(front(bytes_), front).round().astype(np.uint8).ravel().tolist() == list(range(256))
