"""The Python API on real data: what goes in, what comes out, what is left as it was."""

from __future__ import annotations

import inspect
import pkgutil
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

import modelwright
from modelwright import DataError, DataSpec, Spec, SpecError, TrainSpec
from modelwright.data.frames import with_answers
from modelwright.run.events import Scored
from modelwright.run.request import Stop
from modelwright.run.start import resume
from real import BODY, PENGUINS, needs_data, penguins

SMALL: dict[str, Any] = {"model": "mlp(hidden=[8])", "train": {"epochs": 2}}


def test_all_is_the_sorted_public_names() -> None:
    assert modelwright.__all__ == sorted(modelwright.__all__)
    assert set(modelwright.__all__) == set(modelwright._HOME)
    for name in modelwright.__all__:
        assert getattr(modelwright, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = modelwright.trian


def test_no_room_has_a_public_name() -> None:
    """Importing `modelwright.train` as a room would put that module where the function stands."""
    rooms = {module.name for module in pkgutil.iter_modules(modelwright.__path__)}
    assert {"spec", "data", "training"} <= rooms
    assert not rooms & set(modelwright.__all__)


def test_keywords_are_the_keys_of_a_description_in_their_order() -> None:
    for function in (modelwright.train, modelwright.check):
        names = list(inspect.signature(function).parameters)
        assert names[names.index("data") : names.index("ignore") + 1] == list(Spec.model_fields)


@needs_data
def test_a_file_gives_a_run_with_everything_in_it(tmp_path: Path) -> None:
    run = modelwright.train(PENGUINS, target="species", runs=tmp_path, **SMALL)
    assert run.path == tmp_path / "penguins-1"
    assert run.score.metric == "accuracy" and run.score.low <= run.score.value <= run.score.high
    assert run.result.baselines and run.result.rows == run.plan.split.rows[2]
    assert [record["epoch"] for record in run.history] == [1, 2]
    assert run.plan.why["train.epochs"] == "given"
    assert repr(run).startswith("Run(")
    assert modelwright.Run(run.path).score == run.score
    again = modelwright.load(run.path / "model.safetensors")
    assert again.predict(penguins()).equals(run.predict(penguins()))
    assert repr(again) == "Model(multiclass of species from 7 columns)"
    assert again.classes == ("Adelie", "Chinstrap", "Gentoo")


@needs_data
def test_the_kind_of_table_that_goes_in_comes_out(tmp_path: Path) -> None:
    frame = penguins()
    from_polars = modelwright.train(frame, target="species", runs=tmp_path, **SMALL)
    table = pd.DataFrame(frame.to_dict(as_series=False))
    run = modelwright.train(table, target="species", runs=tmp_path, **SMALL)
    expected = from_polars.predict(frame)
    assert isinstance(expected, pl.DataFrame) and expected.columns[0] == "prediction"
    assert from_polars.predict(frame.lazy()).equals(expected)
    table.index = pd.Index(range(1000, 1000 + len(table)))
    found = run.predict(table)
    assert isinstance(found, pd.DataFrame) and found.index.equals(table.index)
    assert found["prediction"].tolist() == expected["prediction"].to_list()
    np.testing.assert_array_equal(found.iloc[:, 1:].to_numpy(), expected.drop("prediction").to_numpy())
    columns = frame.drop("species").to_dict(as_series=False)
    assert from_polars.predict(columns).equals(expected)
    one = {name: values[0] for name, values in columns.items()}
    assert from_polars.predict(one)["prediction"].to_list() == expected["prediction"][:1].to_list()


@needs_data
def test_arrays_give_arrays(tmp_path: Path) -> None:
    frame = penguins().drop_nulls()
    x, y = frame.select(BODY).to_numpy(), frame["species"].to_numpy()
    run = modelwright.train(x, y, runs=tmp_path, **SMALL)
    found = run.predict(x)
    assert isinstance(found, np.ndarray) and found.shape == (len(x),)
    assert set(found.tolist()) <= set(y.tolist())
    probability = run.model.predict_proba(x)
    np.testing.assert_allclose(probability.sum(1), 1, rtol=1e-6)
    assert np.array(run.model.classes)[probability.argmax(1)].tolist() == found.tolist()
    two = modelwright.train(x[:, :2], x[:, 2:], runs=tmp_path, **SMALL)
    assert two.plan.outputs.targets == ("target_1", "target_2")
    assert two.predict(x[:, :2]).shape == (len(x), 2)
    with pytest.raises(TypeError, match="regression has no probabilities"):
        two.model.predict_proba(x[:, :2])
    columns = {"depth": x[:, 1], "flipper": x[:, 2].tolist(), "species": y}
    named = modelwright.train(columns, target="species", runs=tmp_path, **SMALL)
    assert [column.name for column in named.plan.inputs] == ["depth", "flipper"]


def test_y_is_named_and_must_fit() -> None:
    x = np.arange(6.0).reshape(3, 2)
    assert with_answers(x, [1, 2, 3], [])[1] == ["target"]
    assert with_answers(x, pl.Series("price", [1, 2, 3]), [])[1] == ["price"]
    assert with_answers(x, pd.Series([1, 2, 3], name="price"), [])[1] == ["price"]
    assert with_answers(x, pd.Series([1, 2, 3]), [])[1] == ["target"]
    assert with_answers(x, np.array([[1], [2], [3]]), ["price"])[1] == ["price"]
    frame, names = with_answers(x, pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]}), [])
    assert names == ["a", "b"] and frame.columns == ["column_1", "column_2", "a", "b"]
    for y, targets, code in (([1, 2], [], "F008"), ([1, 2, 3], ["a", "b"], "F008"), ([1, 2, 3], ["column_1"], "F005")):
        with pytest.raises(DataError, match=code):
            with_answers(x, y, targets)


@needs_data
def test_a_typed_description_is_checked_like_a_file(tmp_path: Path) -> None:
    spec = Spec(data=DataSpec(path=str(PENGUINS)), model="mlp(hidden=[8])", train=TrainSpec(epochs=3, batch_size=64))
    run = modelwright.train(spec, target="sex", train=TrainSpec(epochs=1), runs=tmp_path)
    assert (run.plan.outputs.targets, run.plan.train.epochs, run.plan.train.batch_size) == (("sex",), 1, 64)
    frame = modelwright.train(penguins(), runs=tmp_path, **dict(spec))
    assert frame.plan.outputs.targets == ("year",) and frame.plan.train.epochs == 3
    with pytest.raises(SpecError, match="did you mean `mlp`"):
        modelwright.train(Spec(model="mpl(hidden=[64])", train=TrainSpec(epochs=3)), runs=tmp_path)
    with pytest.raises(SpecError, match="Y001"):
        modelwright.train(penguins(), target="sex", train={"epoch": 3}, runs=tmp_path)


@needs_data
def test_keywords_go_over_a_file_and_overrides_over_keywords(tmp_path: Path) -> None:
    file = tmp_path / "birds.yaml"
    file.write_text(
        f"data: {{path: {PENGUINS}, target: species, drop: [year]}}\ntrain: {{epochs: 9, batch_size: 50}}\n"
    )
    run = modelwright.train(
        file,
        target="sex",
        model=["Linear(..., 4)", "ReLU", "Linear(..., 1)"],
        train={"epochs": 3, "class_weight": {"male": 1.0, "female": 2.0}},
        overrides=["train.epochs=1"],
        runs=tmp_path,
    )
    assert run.plan.outputs.targets == ("sex",) and "year" not in [column.name for column in run.plan.inputs]
    assert (run.plan.train.epochs, run.plan.train.batch_size) == (1, 50)
    assert run.plan.layers[1:] == ("ReLU", "Linear(4, 1)")
    # All of it is in the run folder: a run made of a file and keywords is resumed as it was begun.
    (run.path / "score.json").unlink()
    (last,) = [event for event in resume(run.path, Stop()) if isinstance(event, Scored)]
    assert last.plan == run.plan


@needs_data
def test_frames_are_kept_so_that_the_run_can_be_resumed(tmp_path: Path) -> None:
    run = modelwright.train(penguins(), target="species", runs=tmp_path, **SMALL)
    assert pl.read_parquet(run.path / "data.parquet").equals(penguins())
    before = {name: (run.path / name).read_bytes() for name in ("model.safetensors", "score.json", "metrics.jsonl")}
    for name in ("model.safetensors", "score.json"):
        (run.path / name).unlink()
    with pytest.raises(modelwright.RunError, match="modelwright resume"):
        modelwright.Run(run.path)
    with pytest.raises(modelwright.RunError, match="modelwright resume"):
        modelwright.load(run.path)
    list(resume(run.path, Stop()))
    assert {name: (run.path / name).read_bytes() for name in before} == before


@needs_data
def test_the_callers_random_numbers_are_left_alone(tmp_path: Path) -> None:
    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    expected = (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
    threads = torch.get_num_threads()
    run = modelwright.train(
        penguins(), target="species", model="mlp(hidden=[8], dropout=0.5)", train={"epochs": 2}, runs=tmp_path
    )
    run.predict(penguins())
    assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == expected
    assert torch.get_num_threads() == threads
    torch.manual_seed(77)
    other = modelwright.train(
        penguins(), target="species", model="mlp(hidden=[8], dropout=0.5)", train={"epochs": 2}, runs=tmp_path
    )
    assert (other.path / "model.safetensors").read_bytes() == (run.path / "model.safetensors").read_bytes()


@needs_data
def test_check_returns_what_train_raises_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not [d for d in modelwright.check(PENGUINS, target="species") if d.severity == "error"]
    (wrong,) = modelwright.check(PENGUINS, target="Species")
    assert wrong.code == "F006" and "species" in wrong.help
    assert [d.code for d in modelwright.check("nowhere.csv")] == ["F001"]
    both = modelwright.check(penguins(), optimizer="Adma", model="mpl", train={"epochs": "ten"})
    assert {d.code for d in both} == {"Y002", "Y004"} and len(both) == 3
    assert modelwright.check([1, 2])[0].code == "F008"
    assert not list(tmp_path.iterdir())
