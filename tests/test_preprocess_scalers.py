"""Scalers and imputation: equal to scikit-learn's, on hostile columns as well."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.impute
import sklearn.preprocessing
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from modelwright.data.arrays import Arrays
from modelwright.data.numbers import offset_for
from modelwright.errors import SpecError
from modelwright.model.preprocess import Preprocess
from modelwright.model.quantiles import normal_quantile
from modelwright.model.scalers import Lines, MinMaxScaler, RobustScaler
from modelwright.plan.plan import InputPlan
from tables import real

KEEP = "SimpleImputer"
SCALERS = [
    "MinMaxScaler",
    "MinMaxScaler(feature_range=(-2, 3))",
    "MinMaxScaler((0, 5))",
    "StandardScaler",
    "StandardScaler(with_mean=False)",
    "StandardScaler(with_std=False)",
    "RobustScaler",
    "RobustScaler(quantile_range=(10, 85))",
    "RobustScaler(with_centering=False)",
    "RobustScaler(with_scaling=False)",
    "QuantileTransformer",
    "QuantileTransformer(n_quantiles=37)",
    'QuantileTransformer(n_quantiles=50, output_distribution="normal")',
]
NORMAL = st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**99), max_value=2.0**99)
TINY = st.sampled_from([0.0, -(2.0**-60), 2.0**-60, 2.0**-59])
FLOATS = st.one_of(NORMAL, TINY).map(lambda number: number if abs(number) >= 2.0**-60 else 0.0)


def inputs_of(width: int, offsets: list[float] | None = None) -> tuple[InputPlan, ...]:
    offsets = offsets or [0.0] * width
    return tuple(
        InputPlan(name=f"x{number}", kind="numeric", encoding="number", why="", offset=offset)
        for number, offset in enumerate(offsets)
    )


def arrays_of(numbers: np.ndarray) -> Arrays:
    return Arrays(numbers=numbers.astype(np.float32), codes=np.zeros((len(numbers), 0), dtype=np.int64))


def ours(scale: str, train: np.ndarray, new: np.ndarray, offsets: list[float] | None = None) -> np.ndarray:
    moved = np.array(offsets or [0.0] * train.shape[1])
    fitted = Preprocess.fit(inputs_of(train.shape[1], offsets), arrays_of(train - moved), scale, KEEP)
    arrays = arrays_of(new - moved)
    return fitted(torch.from_numpy(arrays.numbers), torch.from_numpy(arrays.codes))[0].numpy().astype(np.float64)


def theirs(scale: str, train: np.ndarray, new: np.ndarray) -> np.ndarray:
    tools = {name: getattr(sklearn.preprocessing, name) for name in dir(sklearn.preprocessing) if name[0].isupper()}
    made = eval(scale if ")" in scale else f"{scale}()", {}, tools)  # noqa: S307  # the list above
    if isinstance(made, sklearn.preprocessing.QuantileTransformer):
        made.set_params(random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer rows than quantiles
        return np.clip(made.fit(train).transform(new.copy()), -1e30, 1e30)


@pytest.mark.parametrize("scale", SCALERS)
def test_housing(scale: str) -> None:
    frame = real("california-housing/housing.csv").drop("ocean_proximity", "total_bedrooms")
    values = frame.to_numpy().astype(np.float32).astype(np.float64)
    train, new = values[:12000], values[12000:]
    np.testing.assert_allclose(ours(scale, train, new), theirs(scale, train, new), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("scale", SCALERS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_hostile_columns(scale: str, data: st.DataObject) -> None:
    """Constants, ties, tiny and huge values, one row."""
    pool = data.draw(st.lists(FLOATS, min_size=1, max_size=12))
    train = np.array(data.draw(st.lists(st.sampled_from(pool), min_size=2, max_size=60)), dtype=np.float64)[:, None]
    new = np.array([*pool, *data.draw(st.lists(FLOATS, max_size=8))], dtype=np.float64)[:, None]
    with np.errstate(all="ignore"):
        expected = theirs(scale, train, new)
    span = max(float(np.ptp(train)), 1.0)
    if "MinMax" in scale and np.abs(new).max() / span > 1e8:
        return  # scikit-learn computes x * scale - low * scale, which is rounding then
    if "Standard" in scale and np.abs(train).max() > 1e15:
        return  # beyond, scikit-learn's own variance is rounding
    np.testing.assert_allclose(ours(scale, train, new), expected, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("scale", SCALERS)
@pytest.mark.parametrize(("centre", "spread"), [(1e9, 1.0), (1.7e9, 4e5), (-5e12, 1e3), (47.5, 1e-3), (1e-3, 1e-9)])
def test_far_from_zero(scale: str, centre: float, spread: float) -> None:
    if "with_mean=False" in scale or "with_centering=False" in scale:
        return  # such a column keeps its distance from zero, and float32 cannot hold that
    rng = np.random.default_rng(0)
    values = centre + spread * rng.standard_normal((400, 1))
    train, new = values[:300], values[300:]
    offsets = [offset_for(train[:, 0])]
    found, expected = ours(scale, train, new, offsets), theirs(scale, train, new)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=5e-5 if not offsets[0] else 2e-6)


def test_missing_numbers_do_not_move_the_scale() -> None:
    values = np.random.default_rng(1).normal(3, 2, (500, 2)).astype(np.float32).astype(np.float64)
    values[::7, 0] = np.nan
    filled = np.where(np.isnan(values), np.nanmean(values, axis=0), values)
    for scale in SCALERS:
        expected = theirs(scale, values, filled)
        np.testing.assert_allclose(ours(scale, values, values), expected, rtol=2e-6, atol=2e-6)


def test_subsampled_quantiles_are_scikit_learns() -> None:
    values = np.random.default_rng(2).lognormal(0, 2, (12_000, 2)).astype(np.float32).astype(np.float64)
    found = ours("QuantileTransformer", values, values[:2000])
    np.testing.assert_allclose(found, theirs("QuantileTransformer", values, values[:2000]), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("impute", "options"),
    [
        ("SimpleImputer", {"strategy": "mean"}),
        ('SimpleImputer(strategy="median")', {"strategy": "median"}),
        ('SimpleImputer(strategy="most_frequent")', {"strategy": "most_frequent"}),
        ('SimpleImputer(strategy="constant", fill_value=-4.5)', {"strategy": "constant", "fill_value": -4.5}),
        ('SimpleImputer(strategy="constant")', {"strategy": "constant"}),
    ],
)
@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([np.nan, -2.0, 0.0, 1.0, 1.5, 8.0]), min_size=2, max_size=30))
def test_imputers_are_scikit_learns(impute: str, options: dict[str, Any], values: list[float]) -> None:
    train = np.array([*values, 3.0])[:, None]
    new = np.array([[np.nan], [2.0]])
    fitted = Preprocess.fit(inputs_of(1), arrays_of(train), "none", impute)
    found = fitted(torch.tensor([[np.nan], [2.0]]), torch.zeros(2, 0, dtype=torch.int64))[0]
    imputer = sklearn.impute.SimpleImputer(**options).fit(train)
    np.testing.assert_allclose(found.numpy(), imputer.transform(new), rtol=1e-6)


def test_what_float32_cannot_tell_apart_is_constant() -> None:
    tiny = np.array([[0.0], [1e-45], [3e-45]])
    for scale in SCALERS:
        assert np.isfinite(ours(scale, tiny, tiny)).all()
    assert np.abs(ours("StandardScaler", tiny, tiny)).max() < 1e-30


def test_clip_stops_at_the_ends_of_scaled_columns() -> None:
    lines = Lines(2, clip=(0, 1))
    lines.set(0, MinMaxScaler((0, 1), clip=True).fit(np.array([0.0, 10.0])), 0.0, scaled=True)
    out = lines(torch.tensor([[-5.0, -5.0], [2.5, 2.5], [50.0, 50.0], [torch.nan, torch.nan]]))
    assert out[:3].tolist() == [[0, -5], [0.25, 2.5], [1, 50]] and out[3].isnan().all()


def test_unit_variance_is_scikit_learns() -> None:
    values = np.random.default_rng(3).normal(5, 2, (300, 1))
    line = RobustScaler(quantile_range=(20, 90), unit_variance=True).fit(values[:, 0])
    expected = sklearn.preprocessing.RobustScaler(quantile_range=(20, 90), unit_variance=True).fit(values)
    np.testing.assert_allclose([line.centre, 1 / line.scale], [expected.center_[0], expected.scale_[0]], rtol=1e-12)


@pytest.mark.parametrize(
    "scale", ["MinMaxScaler((3, 1))", "MinMaxScaler((1, 2, 3))", "RobustScaler(quantile_range=(75, 25))"]
)
def test_ranges_that_are_none(scale: str) -> None:
    with pytest.raises(SpecError, match=r"Y003.*two numbers"):
        Preprocess.blank(inputs_of(1), scale, KEEP)


def test_normal_quantiles_to_float32() -> None:
    share = np.concatenate([np.geomspace(1e-7, 0.5, 4000), np.linspace(0.4, 0.5, 1000)])
    lower = torch.tensor(share, dtype=torch.float32)
    expected = norm.ppf(lower.double().numpy())
    np.testing.assert_allclose(normal_quantile(lower, 1 - lower).numpy(), expected, rtol=1e-6, atol=3e-7)
    np.testing.assert_allclose(normal_quantile(1 - lower, lower).numpy(), -expected, rtol=1e-6, atol=3e-7)
