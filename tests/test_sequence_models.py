"""Models of sequences from the description to the answers: every recipe, every kind of table, padding that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import modelwright
from modelwright.errors import DataError, SpecError

RECIPES = [
    "conv(channels=[8, 8], kernel_size=3)",
    "conv(channels=[4], pool=Max, dropout=0.1)",
    "gru(hidden_size=6)",
    "gru(hidden_size=4, num_layers=2, bidirectional=True, pool=Mean)",
    "lstm(hidden_size=6, pool=Max)",
    ["RNN(..., 6)", "Mean", "Linear(..., ...)"],
]


def recordings(count: int = 40, longest: int = 20) -> pl.DataFrame:
    """Fast and slow waves of unequal length, one row a step."""
    random = np.random.default_rng(0)
    parts: list[pl.DataFrame] = []
    for number in range(count):
        steps, fast = int(random.integers(8, longest + 1)), number % 2
        wave = np.sin(np.arange(steps) * (1.4 if fast else 0.4)) + 0.1 * random.normal(size=steps)
        parts.append(
            pl.DataFrame(
                {"who": f"r{number:02}", "t": range(steps), "x": wave, "z": random.normal(size=steps), "fast": fast}
            )
        )
    return pl.concat(parts)


def train(folder: Path, model: Any, **settings: Any) -> modelwright.Run:
    data = {"series": "who", "time": "t"}
    settings = {"train": {"epochs": 4}, "ignore": ["E801"], **settings}
    return modelwright.train(recordings(), target="fast", data=data, model=model, runs=folder, **settings)


@pytest.mark.parametrize("model", RECIPES, ids=str)
def test_padding_never_changes_an_answer(tmp_path: Path, model: Any) -> None:
    """Each sequence asked alone, without padding, has the answer that it has among longer ones."""
    run = train(tmp_path, model)
    assert run.plan.inputs[0].ragged
    frame = recordings(6).drop("fast")
    together = run.model.predict(frame)
    alone = [run.model.predict(one) for one in frame.partition_by("who", maintain_order=True)]
    found = pl.concat(alone)
    assert together["who"].to_list() == found["who"].to_list()
    np.testing.assert_allclose(together["probability_1"], found["probability_1"], atol=1e-5)


def test_a_file_of_steps_in_any_order_and_of_another_length(tmp_path: Path) -> None:
    run = train(tmp_path, RECIPES[0], train={"epochs": 15})
    frame = recordings(6).drop("fast")
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=1)
    shuffled.write_csv(tmp_path / "new.csv")
    assert run.model.predict(frame).equals(run.model.predict(tmp_path / "new.csv"))
    longer = pl.concat([frame, frame.with_columns(t=pl.col("t") + 100)])
    assert len(run.model.predict(longer)) == 6
    with pytest.raises(DataError, match="lack 1 column"):
        run.model.predict(frame.drop("z"))


def test_numbers_are_predicted_from_sequences(tmp_path: Path) -> None:
    frame = recordings().with_columns(speed=pl.col("fast") * 2.5 + 0.25)
    run = modelwright.train(
        frame.drop("fast"),
        target="speed",
        task="regression",
        data={"series": "who", "time": "t"},
        model="conv(channels=[8, 8])",
        train={"epochs": 30},
        runs=tmp_path,
    )
    assert run.result.scores["r2"].value > 0.5
    assert run.model.predict(frame.drop("fast", "speed")).columns == ["who", "prediction"]


def test_wide_rows_and_arrays_of_one_length(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(60, 12)).cumsum(1) * (1 + np.arange(60)[:, None] % 2)
    frame = pl.DataFrame(values, schema=[f"s{step}" for step in range(12)]).with_columns(y=pl.int_range(60) % 2)
    settings: dict[str, Any] = {"train": {"epochs": 2}, "ignore": ["E801"], "runs": tmp_path}
    run = modelwright.train(frame, target="y", data={"kind": "series"}, model=RECIPES[0], **settings)
    assert not run.plan.inputs[0].ragged
    answers = run.model.predict(frame.drop("y"))
    assert np.array_equal(answers["prediction"].to_numpy(), run.model.predict(values))
    assert np.array_equal(run.model.predict(values[:, :, None]), run.model.predict(values))
    with pytest.raises(DataError, match="shorter than those of training"):
        run.model.predict(values[:, :8])
    with pytest.raises(DataError, match="another number of channels"):
        run.model.predict(np.zeros((2, 12, 3)))
    with pytest.raises(DataError, match="without a value"):
        run.model.predict(np.full((2, 12), np.nan))


def test_length_cuts_and_says_so(tmp_path: Path) -> None:
    data = {"series": "who", "time": "t", "length": 10}
    run = modelwright.train(
        recordings(), target="fast", data=data, model=RECIPES[0], train={"epochs": 1}, runs=tmp_path
    )
    assert run.plan.inputs[0].shape == (10, 2)
    assert "lose their end" in run.plan.inputs[0].why


def test_few_sequences_have_no_validation_part_that_nobody_asked_for(tmp_path: Path) -> None:
    assert train(tmp_path, RECIPES[0]).plan.split.rows == (32, 0, 8)
    asked = train(tmp_path, RECIPES[0], split={"validation_size": 0.25})
    assert asked.plan.split.rows == (24, 8, 8)


def test_steps_first_and_bent_scales_are_refused(tmp_path: Path) -> None:
    with pytest.raises((SpecError, DataError), match="batch_first=False"):
        train(tmp_path / "a", ["GRU(..., 4, batch_first=False)", "Last", "Linear(..., ...)"])
    with pytest.raises(SpecError, match="no straight line"):
        train(tmp_path / "b", RECIPES[0], scale="QuantileTransformer")
