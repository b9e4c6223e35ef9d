"""`modelwright export`: ONNX and torch programs answer raw rows as the model does, on strange rows as well."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import polars as pl
import pytest
import torch

import modelwright
from modelwright import RunError
from modelwright.cli import run as command
from modelwright.ship.columns import vectors
from modelwright.ship.export import export_onnx, export_torch, run_onnx, session_of
from modelwright.ship.onnx import to_onnx
from modelwright.ship.prove import TOLERANCE, apart
from modelwright.ship.raw_model import date_parts
from test_script import table

FAST = {"epochs": 2, "batch_size": 32}
CASES: dict[str, dict[str, Any]] = {
    "multiclass": {"target": "kind", "model": "mlp(hidden=[16], dropout=0.2, norm=BatchNorm1d)"},
    "binary": {"target": "good", "model": "linear", "scale": "MinMaxScaler(clip=True)"},
    "regression": {
        "target": ["price", "w"],
        "model": ["Linear(..., 8)", "Residual(Linear(8, 8), GELU)", "Concat(Linear(8, 2), Identity)", "Linear(..., 2)"],
        "scale": "QuantileTransformer(n_quantiles=30, output_distribution='normal')",
        "encode": {"category": "Embedding(..., 2)"},
    },
    "multilabel": {"target": ["good", "flag"], "scale": "RobustScaler"},
    "cohort": {"target": "price", "model": "mlp(hidden=[4])", "split": {"folds": 2}},
}


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return table().with_columns(
        pl.Series("day", [datetime(2023, 12, 30, 22, 59, k % 60) for k in range(240)]).dt.offset_by("7h")
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("export")
    file = folder / "trees.csv"
    rows = table()
    stamp = pl.datetime(2023, 12, 28, 21, 40) + pl.duration(minutes=pl.int_range(240) * 191)
    rows.with_columns(stamp.alias("day")).write_csv(file)
    made = {}
    for name, given in CASES.items():
        made[name] = modelwright.train(file, runs=folder / "runs", name=name, **{"train": FAST, **given}).path
    return made


def strange(model: modelwright.Model, file: Path) -> Any:
    """Rows of the file, and some with unseen words, missing values and numbers far out."""
    rows = model.read(file).frame
    odd = rows.head(6).with_columns(pl.when(pl.int_range(6) % 2 == 0).then(pl.col(n)).alias(n) for n in rows.columns)
    words = [name for name in odd.columns if odd[name].dtype == pl.String]
    odd = odd.with_columns(pl.lit("never seen").alias(name) for name in words)
    numbers = [name for name in odd.columns if odd[name].dtype == pl.Float64]
    odd = odd.with_columns(pl.col(numbers).fill_null(-1e6))
    return model.read(pl.concat([rows, odd], how="vertical_relaxed"))


@pytest.mark.parametrize("case", CASES)
def test_onnx_answers_as_the_model(case: str, runs: dict[str, Path], tmp_path: Path) -> None:
    model = modelwright.load(runs[case])
    made = export_onnx(model, runs[case], tmp_path / "model.onnx", {})
    assert made.apart <= TOLERANCE and made.rows >= 7
    rows = strange(model, runs[case].parent.parent / "trees.csv")
    content = made.file.read_bytes()
    assert apart(model.plan, model.answers_to(rows), run_onnx(content, model, rows)) <= TOLERANCE
    session = session_of(content)
    one = {name: values[:1] for name, values in vectors(rows.frame, model.inputs).items()}
    assert all(len(found) == 1 for found in session.run(None, one))
    facts = json.loads(session.get_modelmeta().custom_metadata_map["modelwright"])
    assert [column["name"] for column in facts["inputs"]] == [column.name for column in model.inputs]
    assert facts["task"] == model.plan.task and facts["targets"] == list(model.plan.outputs.targets)
    predicted = session.run(["prediction"], vectors(rows.frame, model.inputs))[0]
    expected = model.predict(rows.frame)
    columns = [name for name in expected.columns if name.startswith("prediction")]
    if model.plan.task == "regression":
        np.testing.assert_allclose(predicted.reshape(len(rows), -1), expected.select(columns).to_numpy(), rtol=1e-4)
    else:
        assert (predicted.reshape(len(rows), -1) == expected.select(columns).to_numpy()).all()


@pytest.mark.parametrize("case", ["multiclass", "cohort"])
def test_torch_programs_answer_as_the_model(case: str, runs: dict[str, Path], tmp_path: Path) -> None:
    model = modelwright.load(runs[case])
    made = export_torch(model, runs[case], tmp_path / "model.pt2", {})
    extra = {"schema.json": ""}
    program = torch.export.load(made.file, extra_files=extra)
    schema = json.loads(extra["schema.json"])
    assert made.apart == 0 and schema["task"] == model.plan.task
    assert len(program.graph_signature.user_inputs) == len(schema["arguments"])


def test_the_calendar_is_that_of_the_proleptic_gregorian_one() -> None:
    days = pl.date_range(date(1890, 1, 1), date(2110, 1, 1), interval="13d", eager=True)
    times = (
        days.cast(pl.Datetime("us"))
        + pl.Series([k * 7919 % 86400 for k in range(len(days))]).cast(pl.Duration("us")) * 10**6
    )
    seconds = torch.from_numpy(times.dt.epoch("us").to_numpy() / 1e6)
    names = ("year", "month", "day", "weekday", "hour", "minute")
    found = date_parts(seconds, names)
    for name in names:
        np.testing.assert_array_equal(found[name].numpy(), getattr(times.dt, name)().to_numpy(), err_msg=name)
    assert all(part.isnan().all() for part in date_parts(torch.tensor([float("nan")]), names).values())


def test_the_command(runs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    words = ["export", str(runs["multiclass"]), "--onnx", str(plain), "--int8", str(small)]
    assert command(words) == 0
    said = capsys.readouterr().err
    assert "opset 20" in said and f"{plain.stat().st_size:,} bytes" in said and "accuracy on" in said
    onnx.checker.check_model(str(small))
    assert any(node.op_type == "MatMulInteger" for node in onnx.load(small).graph.node)
    before = plain.read_bytes()
    assert command(words) == 1
    assert "is there already, and is kept" in capsys.readouterr().err and plain.read_bytes() == before
    assert command(["export", str(runs["cohort"]), "--onnx", str(plain), "--force"]) == 0
    assert "its 2 models are exported as one" in capsys.readouterr().err and plain.read_bytes() != before
    assert command(["export", str(runs["cohort"])]) == 1
    assert "nothing is asked for" in capsys.readouterr().err


def test_a_changed_model_file_is_refused_and_the_tensor_named(runs: dict[str, Path], tmp_path: Path) -> None:
    content = bytearray((runs["binary"] / "model.safetensors").read_bytes())
    content[-2] ^= 1
    changed = tmp_path / "model.safetensors"
    changed.write_bytes(content)
    with pytest.raises(RunError, match="tensor `preprocess"):
        modelwright.load(changed)


def test_a_layer_that_onnx_lacks_is_named(tmp_path: Path) -> None:
    rows = table(60).select("x", "w", "kind")
    run = modelwright.train(
        rows, target="kind", model=["Linear(..., 4)", "RReLU", "Linear(..., 3)"], train=FAST, runs=tmp_path
    )
    with pytest.raises(RunError, match="RReLU") as told:
        to_onnx(modelwright.load(run.path), {})
    assert told.value.diagnostics[0].code == "R011" and "LeakyReLU" in told.value.diagnostics[0].help
