"""Preprocessing as a module: what enters the first layer, from training rows alone, exact through a state dict."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.data.arrays import features
from modelwright.model.preprocess import Preprocess, feature_names
from modelwright.plan.inputs import plan_inputs
from modelwright.plan.plan import InputPlan, input_width
from tables import real, spec, table_of

IMPUTE = 'SimpleImputer(strategy="median", add_indicator=True)'
SCALES = ["StandardScaler", "MinMaxScaler", "QuantileTransformer(n_quantiles=40)", "none"]
FILES = {
    "adult/adult-train.csv": "column_15",
    "california-housing/housing.csv": "median_house_value",
    "titanic/train.csv": "Survived",
    "penguins/penguins.csv": "species",
}


def mixed() -> pl.DataFrame:
    """Every kind of column, with holes."""
    rng = np.random.default_rng(0)
    rows = range(120)
    return pl.DataFrame(
        {
            "x": [None if row % 7 == 0 else float(rng.normal(5, 2)) for row in rows],
            "on": [None if row % 11 == 0 else row % 3 == 0 for row in rows],
            "when": [None if row % 13 == 0 else dt.datetime(2020, 1, 1) + dt.timedelta(days=37 * row) for row in rows],
            "few": [None if row % 5 == 0 else "abc"[row % 3] for row in rows],
            "many": [f"m{row // 3}" for row in rows],
            "t": [1.7e9 + row for row in rows],
            "y": [float(row) for row in rows],
        }
    )


def plan(frame: pl.DataFrame, rows: np.ndarray | None = None, target: str = "y") -> tuple[InputPlan, ...]:
    chosen = np.arange(len(frame)) if rows is None else rows
    return plan_inputs(spec(data={"target": target}), table_of(frame), chosen)[0]


def run(module: Preprocess, frame: pl.DataFrame, inputs: tuple[InputPlan, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    arrays = features(frame, inputs)
    x, *codes = module(torch.from_numpy(arrays.numbers), torch.from_numpy(arrays.codes))
    return x, codes[0] if codes else torch.zeros(len(x), 0, dtype=torch.int64)


def fit(frame: pl.DataFrame, inputs: tuple[InputPlan, ...], scale: str = "StandardScaler") -> Preprocess:
    return Preprocess.fit(inputs, features(frame, inputs), scale, IMPUTE)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("file", FILES)
def test_real_tables(file: str, scale: str) -> None:
    frame = real(file)
    train = np.arange(0, len(frame), 2)
    inputs = plan(frame, train, FILES[file])
    x, codes = run(fit(frame[train], inputs, scale), frame, inputs)
    embedded = [column for column in inputs if column.encoding == "embedding"]
    assert x.dtype == torch.float32 and codes.dtype == torch.int64
    assert x.shape == (len(frame), sum(map(input_width, inputs)) - sum(column.dim for column in embedded))
    assert codes.shape == (len(frame), len(embedded))
    assert x.isfinite().all()
    names = feature_names(inputs)
    assert len(names) == len(set(names)) == x.shape[1]
    if scale == "StandardScaler":
        first = x[train][:, : sum(column.encoding == "number" for column in inputs)]
        assert first.double().std(0, correction=0).sub(1).abs().max() < 0.2  # imputation takes a little away


def test_columns_of_x_by_name() -> None:
    frame = mixed()
    inputs = plan(frame)
    names = feature_names(inputs)
    x, codes = run(fit(frame, inputs), frame, inputs)
    of = {name: x[:, place].double().numpy() for place, name in enumerate(names)}
    value = frame["x"].to_numpy()
    filled = np.where(np.isnan(value), np.nanmedian(value), value)
    np.testing.assert_allclose(of["x"], (filled - np.nanmean(value)) / np.nanstd(value), atol=1e-6)
    on = frame["on"].cast(pl.Float64)
    np.testing.assert_array_equal(of["on"], on.fill_null(on.median()).to_numpy())
    for name in ("x", "on", "when"):
        np.testing.assert_array_equal(of[f"{name}?"], frame[name].is_null().to_numpy())
    missing = frame["when"].is_null().to_numpy()
    assert not of["when.month.sin"][missing].any() and not of["when.weekday.cos"][missing].any()
    years = frame["when"].dt.year().cast(pl.Float64).to_numpy()
    filled = np.where(missing, np.nanmedian(years), years)
    np.testing.assert_allclose(of["when.year"], (filled - np.nanmean(years)) / np.nanstd(years), atol=1e-6)
    for category in ("a", "b", "c"):
        np.testing.assert_array_equal(of[f"few={category}"], (frame["few"] == category).fill_null(False).to_numpy())
    np.testing.assert_array_equal(of["few=?"], frame["few"].is_null().to_numpy())
    seconds = np.arange(120)
    np.testing.assert_allclose(of["t"], (seconds - seconds.mean()) / seconds.std(), atol=1e-6)
    assert codes.shape == (120, 1) and codes.min() == 1


def test_what_training_never_saw() -> None:
    """Unseen categories, and values missing where no training row had a hole."""
    train = pl.DataFrame({"x": [1.0, 2.0, 6.0], "c": ["a", "a", "b"], "d": ["p", "p", "p"], "y": [0, 1, 0]})
    train = pl.concat([train, train])
    inputs = plan(train.with_columns(d=pl.Series(["p", "q"] * 3)))
    new = pl.DataFrame({"x": [None, 1e30], "c": ["new", None], "d": [None, "q"]}, schema_overrides={"x": pl.Float64})
    x, _ = run(fit(train.with_columns(d=pl.Series(["p", "q"] * 3)), inputs), new, inputs)
    assert feature_names(inputs) == ["x", "c=a", "c=b", "d=p", "d=q"]
    assert x[0].tolist() == pytest.approx([(2 - 3) / np.std([1, 2, 6]), 0, 0, 0, 0], rel=1e-6)
    assert x[1, 1:].tolist() == [0, 0, 0, 1] and x.isfinite().all()


@pytest.mark.parametrize("scale", SCALES)
def test_statistics_are_of_training_rows_alone(scale: str) -> None:
    frame = mixed()
    train = np.arange(0, 120, 2)
    ruined = frame.with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 1).then(pl.lit(-1e6)).otherwise(pl.col("x")).alias("x"),
        pl.when(pl.int_range(pl.len()) % 2 == 1).then(pl.lit("odd")).otherwise(pl.col("few")).alias("few"),
    )
    states = []
    for each in (frame, ruined):
        inputs = plan(each, train)
        states.append((inputs, Preprocess.fit(inputs, features(each, inputs, train), scale, IMPUTE).state_dict()))
    assert states[0][0] == states[1][0]
    assert all(torch.equal(value, states[1][1][name]) for name, value in states[0][1].items())


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from(SCALES), st.integers(1, 120))
def test_rows_do_not_see_one_another(seed: int, scale: str, batch: int) -> None:
    """Permuted rows give permuted outputs; batches give the outputs of the whole."""
    frame = mixed()
    inputs = plan(frame)
    module = fit(frame, inputs, scale)
    order = np.random.default_rng(seed).permutation(len(frame))
    whole, codes = run(module, frame, inputs)
    moved, moved_codes = run(module, frame[order], inputs)
    assert torch.equal(whole[order], moved) and torch.equal(codes[order], moved_codes)
    parts = [run(module, frame[start : start + batch], inputs)[0] for start in range(0, len(frame), batch)]
    assert torch.equal(torch.cat(parts), whole)


@pytest.mark.parametrize("scale", [*SCALES, 'QuantileTransformer(output_distribution="normal")'])
def test_a_state_dict_carries_everything(scale: str) -> None:
    frame = mixed()
    inputs = plan(frame)
    module = fit(frame, inputs, scale)
    blank = Preprocess.blank(inputs, scale, IMPUTE)
    assert {name: value.shape for name, value in blank.state_dict().items()} == {
        name: value.shape for name, value in module.state_dict().items()
    }
    blank.load_state_dict(module.state_dict())
    assert all(torch.equal(*pair) for pair in zip(run(blank, frame, inputs), run(module, frame, inputs), strict=True))
    assert not list(module.parameters())


@pytest.mark.parametrize("scale", [*SCALES, 'QuantileTransformer(output_distribution="normal")'])
def test_it_can_be_exported(scale: str) -> None:
    frame = mixed()
    inputs = plan(frame)
    module = fit(frame, inputs, scale).eval()
    arrays = features(frame, inputs)
    numbers, codes = torch.from_numpy(arrays.numbers), torch.from_numpy(arrays.codes)
    rows = torch.export.Dim("rows", min=2)
    program = torch.export.export(module, (numbers[:8], codes[:8]), dynamic_shapes=({0: rows}, {0: rows}))
    expected = module(numbers, codes)
    for found, wanted in zip(program.module()(numbers, codes), expected, strict=True):
        torch.testing.assert_close(found, wanted)


def test_no_numbers_or_no_rows() -> None:
    frame = pl.DataFrame({"c": ["a", "b"] * 4, "y": range(8)})
    inputs = plan(frame)
    module = fit(frame, inputs)
    x, codes = run(module, frame, inputs)
    assert x.tolist() == [[1, 0], [0, 1]] * 4 and codes.shape == (8, 0)
    assert run(module, frame.head(0), inputs)[0].shape == (0, 2)


def test_gradients_reach_the_inputs() -> None:
    inputs = plan(real("penguins/penguins.csv").drop("species", "island", "sex"), target="year")
    module = fit(real("penguins/penguins.csv"), inputs)
    numbers = torch.full((3, 4), 40.0, requires_grad=True)
    module(numbers, torch.zeros(3, 0, dtype=torch.int64))[0].sum().backward()
    assert numbers.grad is not None and (numbers.grad != 0).all()
