"""Every task from rows to answers, on real data: kinds of targets, roles of columns, encodings, layers."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import modelwright
from modelwright import Run
from real import BODY, PENGUINS, adult, needs_data, penguins

pytestmark = needs_data
FEW: dict[str, Any] = {"model": "mlp(hidden=[16])", "train": {"epochs": 2}}


def trained(frame: pl.DataFrame, runs: Path, **given: Any) -> Run:
    return modelwright.train(frame, runs=runs, **{**FEW, **given})


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ((False, True), pl.Boolean),
        ((0, 1), pl.Int64),
        ((1, 2), pl.Int64),
        ((1.0, 2.0), pl.Float64),
        (("no", "yes"), pl.String),
        (("false", "true"), pl.String),
        (("<=50K.", ">50K."), pl.String),
    ],
)
def test_two_classes_come_back_as_they_are_written(values: tuple[Any, Any], dtype: Any, tmp_path: Path) -> None:
    body = penguins().drop_nulls()
    target = pl.Series("y", [values[name == "Gentoo"] for name in body["species"]])
    frame = body.select(BODY[:3]).with_columns(target)
    run = trained(frame, tmp_path, target="y", train={"epochs": 5})
    found = run.predict(frame)
    assert run.plan.task == "binary" and run.model.classes == values
    assert found.schema["prediction"] == dtype
    assert (found["prediction"] == target).mean() > 0.9
    assert found.columns == [
        "prediction",
        *(f"probability_{str(value).lower() if dtype == pl.Boolean else value}" for value in values),
    ]
    likely = (found[:, 2] > 0.5).to_list()
    assert likely == [value == values[1] for value in found["prediction"].to_list()]


def test_several_classes_come_back_as_numbers_or_words(tmp_path: Path) -> None:
    body = penguins().drop_nulls()
    numbered = body.select(*BODY, y=pl.col("species").rank("dense").cast(pl.Int32) + 4)
    run = trained(numbered, tmp_path, target="y", task="multiclass", train={"epochs": 8})
    assert run.model.classes == (5, 6, 7)
    assert (run.predict(numbered)["prediction"] == numbered["y"]).mean() > 0.9
    words = trained(body, tmp_path, target="island")
    assert set(words.predict(body)["prediction"]) <= set(body["island"])


@pytest.mark.parametrize("spelt", [(False, True), (0, 1), ("No", "Yes")])
def test_several_labels_come_back_as_they_are_written(spelt: tuple[Any, Any], tmp_path: Path) -> None:
    body = penguins().drop_nulls()
    labels = [pl.Series(name, [spelt[value] for value in body["species"] == name]) for name in ("Adelie", "Gentoo")]
    frame = body.select(BODY).with_columns(labels)
    run = trained(frame, tmp_path, target=["Adelie", "Gentoo"], train={"epochs": 6})
    assert run.plan.task == "multilabel" and run.model.classes == ("Adelie", "Gentoo")
    found = run.predict(frame)
    assert found.columns == ["prediction_Adelie", "prediction_Gentoo", "probability_Adelie", "probability_Gentoo"]
    for series in labels:
        assert found.schema[f"prediction_{series.name}"] == series.dtype
        assert (found[f"prediction_{series.name}"] == series).mean() > 0.9


def test_regression_answers_in_the_users_units(tmp_path: Path) -> None:
    frame = penguins().drop_nulls()
    run = trained(frame, tmp_path, target="body_mass_g", train={"epochs": 20})
    assert run.plan.task == "regression" and run.result.scores["r2"].value > 0.5
    found = run.predict(frame)["prediction"]
    assert found.dtype == pl.Float64 and 3000 < found.mean() < 5500
    two = trained(frame, tmp_path, target=["body_mass_g", "flipper_length_mm"], train={"epochs": 20})
    found = two.predict(frame)
    assert found.columns == ["prediction_body_mass_g", "prediction_flipper_length_mm"]
    assert 180 < found["prediction_flipper_length_mm"].mean() < 220 < found["prediction_body_mass_g"].mean()


def test_the_score_is_that_of_the_answers(tmp_path: Path) -> None:
    """The score of a run, computed anew from its answers to the raw test rows."""
    frame = penguins()
    file = tmp_path / "test.csv"
    test = frame.drop_nulls()[::4]
    test.write_csv(file)
    (tmp_path / "train.csv").write_text(frame.drop_nulls()[1::4].write_csv())
    run = modelwright.train(tmp_path / "train.csv", target="species", data={"test": str(file)}, runs=tmp_path, **FEW)
    found = run.predict(pl.read_csv(file))["prediction"]
    assert run.result.rows == len(test)
    assert run.score.value == pytest.approx((found == test["species"]).mean(), abs=1e-12)


def test_row_weights_and_class_weights_move_the_answers(tmp_path: Path) -> None:
    frame = adult().with_columns(w=pl.when(pl.col("income") == ">50K").then(9.0).otherwise(1.0))
    given = {"target": "income", "data": {"drop": ["fnlwgt"]}}
    plain = trained(frame.drop("w"), tmp_path, **given)
    by_row = trained(frame, tmp_path, target="income", data={"drop": ["fnlwgt"], "weight": "w"})
    by_class = trained(
        frame.drop("w"), tmp_path, **given, train={"epochs": 2, "class_weight": {"<=50K": 1.0, ">50K": 9.0}}
    )
    balanced = trained(frame.drop("w"), tmp_path, **given, train={"epochs": 2, "class_weight": "balanced"})
    assert "w" not in [column.name for column in by_row.plan.inputs]
    shares = [run.predict(frame)["probability_>50K"].mean() for run in (plain, balanced, by_row, by_class)]
    assert shares[0] + 0.1 < shares[1] < shares[2]
    assert shares[2] == pytest.approx(shares[3], abs=0.02)  # the same weights, by row and by class


def test_embeddings_dates_and_missing_values(tmp_path: Path) -> None:
    frame = (
        adult()
        .with_row_index()
        .select(
            pl.exclude("index", "fnlwgt", "income"),
            hired=pl.lit(date(2020, 1, 1)) + pl.col("index") * timedelta(days=1),
            town=pl.format("town {}", pl.col("index") % 70),
            income="income",
        )
    )
    run = trained(frame, tmp_path, target="income", encode={"category": "Embedding(..., 5)"})
    inputs = {column.name: column for column in run.plan.inputs}
    assert inputs["town"].encoding == "embedding" and inputs["town"].dim == 5 and len(inputs["town"].categories) == 70
    assert inputs["hired"].encoding == "date" and "month" in inputs["hired"].dates
    assert None in inputs["workclass"].categories
    new = frame.head(5).with_columns(
        town=pl.lit("elsewhere"), age=pl.lit(None), workclass=pl.lit(None), hired=pl.lit(None)
    )
    found = run.predict(new.drop("income"))
    assert found["probability_>50K"].is_finite().all()
    texts = frame.with_columns(pl.col("hired").cast(pl.String))
    assert run.predict(texts).equals(run.predict(frame))  # dates as text, as a CSV file has them


def test_a_list_of_layers_with_all_kinds_of_blocks(tmp_path: Path) -> None:
    layers = [
        "Linear(..., 12)",
        "BatchNorm1d(...)",
        "ReLU",
        "Dropout(0.2)",
        "Residual(Linear(..., 12), GELU, Linear(..., 12))",
        "nn.LayerNorm(12)",
        "Linear(12, 3)",
    ]
    run = trained(penguins(), tmp_path, target="species", model=layers, train={"epochs": 10})
    assert run.plan.layers[1] == "BatchNorm1d(12)" and run.plan.recipe is None
    assert run.score.value > 0.9
    again = modelwright.load(run.path / "model.safetensors")
    assert again.predict(penguins()).equals(run.predict(penguins()))


@pytest.mark.parametrize("format", ["csv", "tsv", "parquet", "arrow", "jsonl"])
def test_a_file_of_any_format_gives_the_same_model_and_answers(format: str, tmp_path: Path) -> None:
    frame = penguins().drop_nulls()
    writers: dict[str, Any] = {
        "csv": frame.write_csv,
        "tsv": lambda path: frame.write_csv(path, separator="\t"),
        "parquet": frame.write_parquet,
        "arrow": frame.write_ipc,
        "jsonl": frame.write_ndjson,
    }
    file = tmp_path / f"rows.{format}"
    writers[format](file)
    run = modelwright.train(file, target="species", runs=tmp_path, **FEW)
    frames = modelwright.train(frame, target="species", runs=tmp_path, **FEW)
    np.testing.assert_array_equal(run.model.answers(file), frames.model.answers(frame))
    assert run.model.answers(str(file)).shape == (len(frame), 3)


def test_no_epochs_give_an_untrained_model_and_say_so(tmp_path: Path) -> None:
    run = modelwright.train(PENGUINS, target="species", train={"epochs": 0}, runs=tmp_path)
    assert run.history == [] and run.plan.train.epochs == 0
    assert run.predict(penguins()).height == 344
    assert "E801" in (run.path / "checks.json").read_text()  # it is worse than the baseline
