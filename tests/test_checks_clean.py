"""No rule fires at warning or above on real tables, read with defaults, and known leaks in them are found."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from check_facts import at_warning
from modelwright.checks.facts import Facts
from modelwright.checks.run import Receipt, run
from modelwright.data.roles import labelled, target_columns
from modelwright.data.split import split
from modelwright.data.table import from_frame, read
from modelwright.errors import DataError
from modelwright.plan.inputs import plan_inputs
from modelwright.plan.outputs import plan_outputs
from modelwright.plan.task import infer_task
from modelwright.spec.source import Description, from_mapping

ROOT = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data"))
TABLES: dict[str, list[str]] = {
    "adult/adult-train.csv": ["auto"],
    "adult/adult-test.csv": ["auto"],
    "california-housing/housing.csv": ["auto", "median_house_value"],
    "covertype-kaggle/train.csv": ["auto"],
    "diamonds/diamonds.csv": ["auto", "price", "cut", "x"],
    "ett/ETTh1.csv": ["auto"],
    "ett/ETTh2.csv": ["auto"],
    "ett/ETTm1.csv": ["auto"],
    "jbrownlee-tabular/horse-colic.csv": ["auto", "column_23"],
    "jbrownlee-tabular/iris.csv": ["auto", "column_3"],
    "jbrownlee-tabular/pima-indians-diabetes.csv": ["auto", "column_2"],
    "jbrownlee-tabular/sonar.csv": ["auto"],
    "jbrownlee-timeseries/airline-passengers.csv": ["auto"],
    "jbrownlee-timeseries/daily-min-temperatures.csv": ["auto"],
    "jbrownlee-timeseries/pollution.csv": ["auto", "pm2.5"],
    "penguins/penguins.csv": ["auto", "species", "sex", "body_mass_g"],
    "penguins/penguins_raw.csv": ["Species", "Sex"],  # the last column holds remarks
    "titanic/test.csv": ["auto"],
    "titanic/titanic_seaborn.csv": ["auto"],
    "titanic/train.csv": ["auto", "Survived", "Fare"],
    "ucr-uea/ECG200/ECG200_TEST.tsv": ["auto", "column_1"],
    "ucr-uea/ECG200/ECG200_TRAIN.tsv": ["auto", "column_1"],
    "wine-quality/winequality-red.csv": ["auto"],
    "wine-quality/winequality-white.csv": ["auto"],
}
needs_data = pytest.mark.skipif(not ROOT.exists(), reason=f"no data sets in {ROOT}")


def check(description: Description, frame: pl.DataFrame | None = None) -> Receipt:
    """Return what the first two phases say, with all facts that they can have."""
    spec = description.spec
    table = from_frame(frame, spec.data) if frame is not None else read(spec.data, Path())
    targets, _ = target_columns(spec, table)
    task, _ = infer_task(spec, table, targets)
    labels = table.frame[targets[0]] if task in ("binary", "multiclass") else None
    parts = split(spec, table, labels, labelled(table, targets))
    inputs, _, _ = plan_inputs(spec, table, parts.train)
    plan_outputs(spec, table, parts.train, task)
    facts: dict[str, Any] = {"table": table, "targets": targets, "task": task, "split": parts, "inputs": inputs}
    before = run("description", Facts(description=description))
    return run("data", Facts(description=description, **facts), before=before)


@needs_data
@pytest.mark.parametrize(("name", "target"), [(name, target) for name in TABLES for target in TABLES[name]])
def test_nothing_is_wrong_with_real_tables(name: str, target: str) -> None:
    receipt = check(from_mapping({"data": {"path": str(ROOT / name), "target": target}}))
    assert [(d.code, d.message) for d in at_warning(list(receipt.diagnostics))] == []
    assert len(receipt.ran) >= 16


@needs_data
def test_leaks_of_real_tables_are_found() -> None:
    given = from_mapping({"data": {"path": str(ROOT / "titanic/titanic_seaborn.csv"), "target": "survived"}})
    found = at_warning(list(check(given).diagnostics))
    assert [(d.code, d.severity, d.where.key, d.help) for d in found] == [
        ("L205", "error", "alive", "data: {drop: [alive]}")
    ]


@needs_data
def test_one_iris_against_the_others_is_easy_by_nature() -> None:
    names = [f"column_{i}" for i in range(1, 6)]
    iris = pl.read_csv(ROOT / "jbrownlee-tabular/iris.csv", has_header=False, new_columns=names)
    frame = iris.with_columns((pl.col("column_5") == "Iris-setosa").alias("column_5"))
    receipt = check(from_mapping({"data": {"target": "column_5"}}), frame)
    assert at_warning(list(receipt.diagnostics)) == []
    assert "L205" in {d.code for d in receipt.diagnostics}


@needs_data
@pytest.mark.parametrize(
    ("code", "faulty"),
    [
        ("L205", lambda rows: rows.with_columns((pl.col("median_house_value") / 1000).round(0).alias("value_k"))),
        ("L205", lambda rows: rows.with_columns(pl.col("median_house_value").log().alias("log_value"))),
        ("D106", lambda rows: pl.concat([rows, rows.sample(fraction=0.3, seed=1)])),
        ("L204", lambda rows: pl.concat([rows, rows.sample(fraction=0.3, seed=1)])),
        ("D102", lambda rows: rows.with_columns(pl.lit(1.5).alias("version"))),
        ("D103", lambda rows: rows.with_columns(block_id=pl.int_range(rows.height))),
    ],
)
def test_faults_planted_into_a_real_table_are_found(code: str, faulty: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    housing = faulty(pl.read_csv(ROOT / "california-housing/housing.csv"))
    kinds = {"block_id": "integer"} if code == "D103" else {}
    given = from_mapping({"data": {"target": "median_house_value", "columns": kinds}})
    assert code in {d.code for d in at_warning(list(check(given, housing).diagnostics))}


def test_adult_s_dotted_labels_are_said_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("age,income\n" + "30,<=50K\n40,>50K\n" * 20)
    (tmp_path / "test.csv").write_text("age,income\n" + "31,<=50K.\n41,>50K.\n" * 5)
    data = {"path": str(tmp_path / "train.csv"), "test": str(tmp_path / "test.csv"), "target": "income"}
    try:
        said = check(from_mapping({"data": data})).diagnostics
    except DataError as error:
        said = error.diagnostics
    told = next(d for d in said if d.code == "D112")
    assert told.severity == "error"
    assert "replace: {income: {" in told.help
