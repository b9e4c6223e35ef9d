"""Forecasts from the description to new times: what is trained on, how it is scored, what comes after the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from safetensors.torch import load_file

import modelwright
from modelwright.errors import DataError, ModelwrightError, SpecError

ROWS = 240


def hourly(rows: int = ROWS, noise: float = 0.1) -> pl.DataFrame:
    """A season of 12 steps with a trend, and a covariate."""
    random, at = np.random.default_rng(0), np.arange(rows)
    times = [datetime(2024, 1, 1) + timedelta(hours=int(hour)) for hour in at]
    values = 50 + 0.1 * at + 8 * np.sin(at * 2 * np.pi / 12) + noise * random.normal(size=rows)
    return pl.DataFrame({"t": times, "load": values, "heat": random.normal(size=rows)})


def forecast(frame: Any, folder: Path, data: dict[str, Any] | None = None, **settings: Any) -> modelwright.Run:
    data = {"time": "t", "window": 24, "horizon": 6, **(data or {})}
    settings = {"target": "load", "train": {"epochs": 3}, "ignore": ["E801"], **settings}
    return modelwright.train(frame, data=data, runs=folder, **settings)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> modelwright.Run:
    return forecast(hourly(), tmp_path_factory.mktemp("runs"), train={"epochs": 30})


def test_the_plan_says_what_is_forecast(run: modelwright.Run) -> None:
    plan = run.plan
    assert plan.task == "forecasting"
    assert plan.forecast is not None
    assert (plan.forecast.period, plan.forecast.step) == (12, "1h")
    assert [column.name for column in plan.inputs] == ["load", "heat"]
    assert plan.split.rows == (192, 0, 48)
    assert "targets never cross a border" in plan.why["split.windows"]


def test_the_score_stands_beside_what_is_simple_and_by_step(run: modelwright.Run) -> None:
    result = run.result
    assert result.rows == 48 - 6 + 1
    assert [baseline.name for baseline in result.baselines] == ["last value", "seasonal naive", "linear"]
    assert len(result.steps) == 6
    assert result.score.value**2 == pytest.approx(np.mean(np.square(result.steps)))
    assert result.score.value < result.baselines[0].value


def test_the_score_is_what_the_model_file_answers(run: modelwright.Run) -> None:
    frame = hourly()
    rolled = run.model.predict(frame[192 - 24 :], rolled=True)
    truth = frame.rename({"load": "truth"}).select("t", "truth")
    joined = rolled.join(truth, on="t")
    assert len(joined) == len(rolled) - 6  # the last six lie beyond the file
    errors = (joined["prediction"] - joined["truth"]).to_numpy().reshape(-1, 6)
    assert np.sqrt((errors**2).mean()) == pytest.approx(run.result.score.value, rel=0.25)  # every sixth window


def test_baselines_are_their_formulas(run: modelwright.Run) -> None:
    values = hourly()["load"].to_numpy()
    origins = np.arange(192, 240 - 6 + 1)
    ahead = origins[:, None] + np.arange(6)
    last = np.repeat(values[origins - 1][:, None], 6, axis=1)
    expected = [np.sqrt(((found - values[ahead]) ** 2).mean()) for found in (last, values[ahead - 12])]
    found = [baseline.value for baseline in run.result.baselines[:2]]
    assert found == pytest.approx(expected, rel=1e-5)


def test_predict_goes_on_after_the_end(run: modelwright.Run) -> None:
    frame = hourly()
    answers = run.model.predict(frame)
    assert answers.columns == ["t", "step", "prediction"]
    assert answers["t"].to_list() == [frame["t"][-1] + timedelta(hours=ahead) for ahead in range(1, 7)]
    assert answers.equals(run.model.predict(frame[-24:]))
    shuffled = run.model.predict(frame.sample(fraction=1.0, shuffle=True, seed=1))
    assert answers.equals(shuffled)


def test_predict_reads_files_and_refuses_what_is_too_short(run: modelwright.Run, tmp_path: Path) -> None:
    hourly().write_csv(tmp_path / "new.csv")
    assert len(run.model.predict(tmp_path / "new.csv")) == 6
    with pytest.raises(DataError, match="fewer than the window of 24"):
        run.model.predict(hourly()[:20])
    with pytest.raises(DataError, match="lack 1 column"):
        run.model.predict(hourly().drop("heat"))


def test_an_answer_does_not_depend_on_later_rows(tmp_path: Path) -> None:
    """Nothing that comes after the training span may change the weights."""
    frame = hourly()
    changed = frame.with_columns(load=pl.when(pl.int_range(ROWS) < 192).then("load").otherwise(999.0))
    one, other = (forecast(each, tmp_path, split={"sizes": [172, 20, 48]}) for each in (frame, changed))
    assert one.plan.outputs == other.plan.outputs
    assert one.model.predict(frame).equals(other.model.predict(frame))


def test_errors_in_units_of_the_scaler(tmp_path: Path) -> None:
    plain, scaled = (
        forecast(hourly(), tmp_path, scale=scale, evaluate={"metric": "mse", "units": units})
        for scale, units in (("StandardScaler", "original"), ("StandardScaler", "scaled"))
    )
    spread = plain.plan.outputs.scale[0]
    assert spread == pytest.approx(float(hourly()["load"][:192].std(ddof=0)))
    assert scaled.result.score.value == pytest.approx(plain.result.score.value / spread**2, rel=1e-6)


@pytest.mark.parametrize("scale", ["MinMaxScaler", "RobustScaler", "none", "MinMaxScaler(feature_range=(-1, 1))"])
def test_every_scaler_is_taken_back(tmp_path: Path, scale: str) -> None:
    run = forecast(hourly(), tmp_path, scale=scale)
    assert run.result.baselines[0].value == pytest.approx(
        8.64, abs=0.01
    )  # a wrong mean or scale shows in the naive ones
    assert 40 < run.model.predict(hourly())["prediction"].mean() < 110


@pytest.mark.parametrize(
    "model",
    [
        "linear",
        "linear(trend=5)",
        "linear(normalize=False)",
        "linear(normalize=False, trend=5)",
        "gru(hidden_size=4)",
        "lstm(hidden_size=4, num_layers=2)",
        "conv(channels=[4])",
        ["RNN(..., 4)", "Last", "Linear(..., ...)"],
        ["Flatten", "Linear(..., 8)", "ReLU", "Linear(..., ...)"],
    ],
)
def test_every_recipe_forecasts_all_columns(tmp_path: Path, model: Any) -> None:
    run = forecast(hourly(), tmp_path, target="all", model=model)
    assert run.plan.outputs.targets == ("load", "heat")
    answers = run.model.predict(hourly())
    assert answers.columns == ["t", "step", "prediction_load", "prediction_heat"]
    assert np.isfinite(answers["prediction_load"].to_numpy()).all()


@pytest.mark.parametrize("target", ["load", "all"])
def test_a_head_begins_at_the_mean_of_the_training_rows(tmp_path: Path, target: str) -> None:
    frame = hourly().with_columns(load=pl.col("load").reverse())  # falling: the mean of all rows is another
    settings = {"scale": "MinMaxScaler", "optimizer": "SGD(lr=1e-12)", "scheduler": "none", "train": {"epochs": 1}}
    run = forecast(frame, tmp_path, target=target, model="gru(hidden_size=4)", **settings)
    training, horizon = frame[: run.plan.split.rows[0]], 6
    scaled = [
        (training[name] - training[name].min()) / (training[name].max() - training[name].min())
        for name in run.plan.outputs.targets
    ]
    bias = load_file(run.path / "model.safetensors")["layers.2.bias"].numpy()
    np.testing.assert_allclose(bias, [each.mean() for each in scaled] * horizon, rtol=1e-4)


def shops() -> pl.DataFrame:
    parts = [
        hourly().with_columns(shop=pl.lit(name), load=pl.col("load") * size) for name, size in (("n", 1), ("s", 9))
    ]
    return pl.concat(parts)


def test_several_series_of_one_table(tmp_path: Path) -> None:
    run = forecast(shops(), tmp_path, {"series": "shop"})
    assert run.plan.split.rows == (2 * 172, 2 * 20, 2 * 48)
    answers = run.model.predict(shops())
    assert answers["shop"].to_list() == ["n"] * 6 + ["s"] * 6
    assert answers["prediction"][6] > 4 * answers["prediction"][0]


def test_folds_follow_one_another(tmp_path: Path) -> None:
    run = forecast(hourly(), tmp_path, split={"folds": 3}, train={"epochs": 1})
    assert run.result.rows > 0
    assert len(run.model.predict(hourly())) == 6


def test_missing_values_and_times_are_bridged(tmp_path: Path) -> None:
    frame = hourly().with_columns(
        load=pl.when(pl.int_range(ROWS).is_between(60, 62)).then(None).otherwise("load"),
        heat=pl.when(pl.int_range(ROWS) < 3).then(None).otherwise("heat"),
    )
    run = forecast(frame.filter(pl.int_range(ROWS) != 100), tmp_path, ignore=["E801", "D114"])
    assert np.isfinite(run.model.predict(frame)["prediction"].to_numpy()).all()


@pytest.mark.parametrize(
    ("data", "settings", "says"),
    [
        ({"window": 500}, {}, "need 506 rows"),
        ({"horizon": 60}, {}, "no whole window"),
        ({"horizon": 0}, {}, "whole number ≥ 1"),
        ({}, {"target": "t"}, "is the target as well"),
        ({}, {"target": "word"}, "does not hold numbers"),
        ({}, {"split": {"by": "random"}}, "after those that are tested"),
        ({}, {"split": {"sizes": [200, 20, 48]}}, "cannot be cut"),
        ({"time": None}, {"split": {"folds": 3}}, "need the column of the times"),
        ({}, {"loss": "CrossEntropyLoss"}, "does not fit forecasting"),
        ({}, {"evaluate": {"metric": "accuracy"}}, "does not score a forecasting task"),
        ({}, {"scale": "QuantileTransformer"}, "no straight line"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, data: dict[str, Any], settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelwrightError, match=says):
        forecast(hourly().with_columns(word=pl.lit("a")), tmp_path / "runs", data, **settings)
    assert not (tmp_path / "runs").exists()


def test_a_series_of_one_point_and_a_constant_one(tmp_path: Path) -> None:
    with pytest.raises((DataError, SpecError)):
        forecast(hourly(1), tmp_path)
    with pytest.raises(DataError, match="has one value only"):
        forecast(hourly().with_columns(load=pl.lit(5.0)), tmp_path)


def test_a_covariate_from_the_future_is_an_error(tmp_path: Path) -> None:
    frame = hourly().with_columns(heat=pl.col("load").shift(-1))
    with pytest.raises(DataError, match="1 step before it has them"):
        forecast(frame, tmp_path)


def test_a_killed_forecast_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    """The plan of a finished run trains the same weights again."""
    one, other = (forecast(hourly(), tmp_path, model="gru(hidden_size=4)") for _ in range(2))
    assert one.model.predict(hourly()).equals(other.model.predict(hourly()))
