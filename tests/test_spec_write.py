"""Descriptions written as YAML: `to_yaml` reads back equal, `describe` reads back without problems."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.data.columns import Column, Reading, Table
from modelwright.spec.call import Call
from modelwright.spec.describe import WIDTH, describe
from modelwright.spec.schema import Spec
from modelwright.spec.source import from_mapping, from_text
from modelwright.spec.write import to_yaml

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data"))
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(
    lambda word: word not in ("none", "null", "None", "auto")
)
data = st.fixed_dictionaries(
    {},
    optional={
        "path": words | st.lists(words, max_size=2),
        "drop": st.lists(words.map(lambda word: "drop " + word), max_size=3),
        "time": words,
        "missing": st.lists(words | st.sampled_from(["1", "-9.50", "true", "no", "~", "1e3"]), max_size=3),
        "columns": st.dictionaries(words, st.sampled_from(["category", "text", "numeric"]), max_size=2),
        "header": st.booleans(),
    },
)
training = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.integers(0, 10**6),
        "clip_grad_norm": st.floats(1e-12, 1e12),
        "class_weight": st.dictionaries(words, st.floats(1e-3, 10), max_size=2),
        "patience": st.sampled_from(["none", "auto", 3]),
    },
)
descriptions = st.fixed_dictionaries(
    {},
    optional={
        "data": data,
        "train": training,
        "scale": st.sampled_from(["none", "auto", "MinMaxScaler(feature_range=(-1, 1))"]),
        "model": st.sampled_from(["mlp(hidden=[3, 4])", ["Linear(..., 8)", "ReLU", "Residual(Linear(..., 8), GELU)"]]),
        "encode": st.just({"missing": 'SimpleImputer(strategy="median")'}),
        "optimizer": st.sampled_from(["AdamW(lr=1e-3)", "SGD(lr=0.1, momentum=0.9)"]),
    },
)


@given(descriptions)
def test_to_yaml_reads_back_equal(mapping: dict[str, Any]) -> None:
    spec = from_mapping(mapping).spec
    assert from_text(to_yaml(spec)).spec == spec


def test_to_yaml_is_short_and_ordered() -> None:
    spec = from_text(
        "train: {epochs: 5, seed: 0}\nmodel: [ReLU, Linear(..., ...)]\ndata: {target: y, drop: [id, a b]}"
    ).spec
    assert to_yaml(spec) == (
        "data:\n  target: y\n  drop: [id, a b]\nmodel:\n  - ReLU\n  - Linear(..., ...)\ntrain:\n  epochs: 5\n"
    )
    assert from_text(to_yaml(Spec())).spec == Spec()


def table(*columns: Column, rows: int = 3) -> Table:
    reading = Reading(paths=("x.csv",), format="csv", options={}, why={}, fingerprint="", seconds=0.0)
    frame = pl.DataFrame({column.name: np.zeros(rows) for column in columns})
    return Table(frame=frame, columns=columns, reading=reading)


def column(name: str, **facts: Any) -> Column:
    return Column(**{"name": name, "kind": "numeric", "why": "", "count": 3, "missing": 0, "unique": 3, **facts})


FACTS: list[tuple[str, object, str]] = [
    ("train.epochs", 20, "about 6,000 steps"),
    ("data.target", "income", "the last column"),
    ("data.drop", ("id", "x: y"), "unique in every row:\nan identifier # or not"),
    ("data.columns", {"zip code": "category", "1": "text"}, "codes that only look like numbers"),
    ("split.stratify", True, "each part keeps the shares of the classes, " * 8),
    ("scale", "StandardScaler", "default"),
    ("scheduler", "none", ""),
    ("model", [Call("Linear", (..., 64)), "ReLU", "Linear(..., ...)"], "given"),
    ("optimizer", Call("AdamW", (), {"lr": 0.002}), "default"),
]


def test_a_description_reads_back_as_the_facts() -> None:
    text = describe(
        "../a b/adult #1.csv", table(column("age", low=17.0, high=90.0), column("job", kind="category")), FACTS
    )
    spec = from_text(text).spec
    assert (spec.data.path, spec.data.target, spec.data.drop) == ("../a b/adult #1.csv", "income", ["id", "x: y"])
    assert spec.data.columns == {"zip code": "category", "1": "text"}
    assert (spec.split.stratify, spec.scale, spec.scheduler, spec.train.epochs) == (True, "StandardScaler", "none", 20)
    assert spec.model == ["Linear(..., 64)", "ReLU", "Linear(..., ...)"]
    assert spec.optimizer == "AdamW(lr=0.002)"


def test_reasons_stand_in_one_column_and_lines_stay_short() -> None:
    lines = describe("adult.csv", table(column("age")), FACTS).splitlines()
    body = [line for line in lines if not line.startswith("#")]
    assert len({line.index("# ") for line in body if "# " in line}) == 1
    assert all(len(line) <= WIDTH for line in lines)
    keys = [line.split(":")[0] for line in body if line and line[0].isalpha()]
    assert keys == ["data", "split", "scale", "model", "optimizer", "scheduler", "train"]


def test_columns_are_listed_with_what_is_known() -> None:
    text = describe(
        "a.csv",
        table(
            column("age", low=17.0, high=90.0, missing=1836),
            column("n\nl", kind="category", unique=1200),
            *(column(f"c{index}") for index in range(70)),
        ),
        [],
    )
    assert "#   age  numeric     17 … 90, 1,836 missing" in text
    assert "#   n l  category    1,200 values" in text
    assert "#   and 12 more" in text
    assert from_text(text).spec.data.path == "a.csv"


@given(st.lists(st.tuples(words, words), max_size=3), words)
def test_any_names_and_reasons_read_back(facts: list[tuple[str, str]], path: str) -> None:
    given_facts: list[tuple[str, object, str]] = [
        ("data.drop", [name for name, _ in facts], "".join(w for _, w in facts))
    ]
    text = describe(path, table(column("x")), given_facts)
    spec = from_text(text).spec
    assert spec.data.drop == [name for name, _ in facts]
    assert spec.data.path == path


@pytest.mark.parametrize("file", ["adult/adult-train.csv", "california-housing/housing.csv"])
def test_real_tables(file: str) -> None:
    from modelwright.data.table import read
    from modelwright.spec.schema import DataSpec

    if not (DATA / file).exists():
        pytest.skip(f"{DATA / file} is not there")
    found = read(DataSpec(path=str(DATA / file)), Path())
    text = describe(file, found, [("data.target", found.names[-1], "the last column")])
    assert from_text(text).spec.data.target == found.names[-1]
    assert all(name in text for name in found.names)
