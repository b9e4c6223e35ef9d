"""The model file: one safe file that answers as the run did, or says that it is damaged; never anything else."""

from __future__ import annotations

import copy
import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

import modelwright
from modelwright import RunError
from modelwright.plan.plan import PLAN_VERSION
from modelwright.ship import artifact
from real import needs_data, penguins

pytestmark = needs_data
ROWS = 40


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file with all kinds of inputs: numbers with gaps, categories, embeddings, dates, quantiles."""
    runs = tmp_path_factory.mktemp("runs")
    frame = penguins().with_columns(seen=pl.date(2000, 1, 1) + pl.duration(days=pl.int_range(pl.len()) * 3 % 1000))
    run = modelwright.train(
        frame,
        target="species",
        model="mlp(hidden=[6])",
        scale="QuantileTransformer(n_quantiles=20)",
        encode={"category": "Embedding(..., 2)"},
        train={"epochs": 2},
        runs=runs,
    )
    frame.head(ROWS).write_parquet(runs / "rows.parquet")
    return run.path / "model.safetensors"


@pytest.fixture(scope="module")
def rows(file: Path) -> pl.DataFrame:
    return pl.read_parquet(file.parent.parent / "rows.parquet")


@pytest.fixture(scope="module")
def parts(file: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    content = file.read_bytes()
    length = int.from_bytes(content[:8], "little")
    return load_tensors(content), json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["modelwright"])


def written(path: Path, tensors: dict[str, torch.Tensor], facts: dict[str, Any], *, signed: bool = True) -> Path:
    if signed:
        facts = {**facts, "digest": artifact.digest(tensors, facts)}
    path.write_bytes(save_tensors(tensors, {"modelwright": json.dumps(facts)}))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(RunError) as told:
        modelwright.load(path)
    (found,) = told.value.diagnostics
    return f"{found.code} {found.message}"


def test_answers_are_the_same_bits_after_loading(file: Path, rows: pl.DataFrame) -> None:
    run = modelwright.Run(file.parent)
    for where in (file, str(file), file.parent):
        np.testing.assert_array_equal(modelwright.load(where).answers(rows), run.model.answers(rows))


def test_an_answer_depends_on_its_row_alone(file: Path, rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    model = modelwright.load(file)
    expected = model.answers(rows)
    order = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_allclose(model.answers(rows[order]), expected[order], rtol=0, atol=1e-7)
    monkeypatch.setattr("modelwright.ship.model.ROWS_AT_ONCE", 7)
    np.testing.assert_allclose(model.answers(rows), expected, rtol=0, atol=1e-7)
    single = np.concatenate([model.answers(rows[i]) for i in range(len(rows))])
    np.testing.assert_allclose(single, expected, rtol=0, atol=1e-7)
    assert model.answers(rows.clear()).shape == (0, 3)
    assert model.predict(rows.clear()).columns == model.predict(rows).columns
    assert model.predict(rows.clear()).schema == model.predict(rows).schema


def test_the_file_alone_is_enough(file: Path, rows: pl.DataFrame, tmp_path: Path) -> None:
    """In another process and folder, with nothing else of the run; no rows of the user's are needed to prove it."""
    shutil.copy(file, tmp_path / "alone.safetensors")
    rows.drop("species").write_parquet(tmp_path / "rows.parquet")
    code = "import modelwright as m; m.load('alone.safetensors').predict('rows.parquet').write_parquet('out.parquet')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert pl.read_parquet(tmp_path / "out.parquet").equals(modelwright.load(file).predict(rows))


def test_header_is_json_that_people_read(parts: tuple[Any, dict[str, Any]]) -> None:
    facts = parts[1]
    assert facts["plan"]["outputs"]["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert set(facts["versions"]) == {"python", "modelwright", "torch", "polars"}
    assert len(facts["proof"]["rows"]) == len(facts["proof"]["answers"]) == 5


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_damage_is_refused_or_harmless(data: st.DataObject, file: Path, rows: pl.DataFrame) -> None:
    content = bytearray(file.read_bytes())
    expected = modelwright.load(file).answers(rows)
    header = 8 + int.from_bytes(content[:8], "little")
    at = data.draw(st.one_of(st.integers(0, 16), st.integers(0, header), st.integers(0, len(content) - 1)), label="at")
    match data.draw(st.sampled_from(["flip", "set", "cut", "drop", "insert"]), label="kind"):
        case "flip":
            content[at] ^= 1 << data.draw(st.integers(0, 7))
        case "set":
            content[at] = data.draw(st.integers(0, 255))
        case "cut":
            del content[at:]
        case "drop":
            del content[at : at + data.draw(st.integers(1, 64))]
        case _:
            content[at:at] = data.draw(st.binary(min_size=1, max_size=64))
    damaged = file.with_name("damaged.safetensors")
    damaged.write_bytes(content)
    try:
        model = modelwright.load(damaged)
    except RunError as error:
        assert {found.code for found in error.diagnostics} <= {"R003", "R004"}
    else:
        np.testing.assert_array_equal(model.answers(rows), expected)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _places(item, (*path, key))


ODD = [
    None,
    0,
    -1,
    3,
    10**30,
    1e300,
    math.nan,
    "",
    "x",
    [],
    {},
    True,
    ["a"],
    {"a": 1},
    [[1]],
    "none",
    "date",
    "one_hot",
]
ODD += ["binary", "regression", "embedding", "Linear(3, 1000000000)", "Residual(ReLU)", "QuantileTransformer(10**9)"]


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_a_forged_plan_is_refused_or_answers(data: st.DataObject, file: Path, rows: pl.DataFrame, parts: Any) -> None:
    """Whoever writes a plan by hand can sign it as well: loading must neither crash nor ask for much memory."""
    tensors, facts = parts[0], copy.deepcopy(parts[1])
    *way, last = data.draw(st.sampled_from([place for place in _places(facts) if place[:2] != ("plan", "why")]))
    inner = facts
    for key in way:
        inner = inner[key]
    if data.draw(st.booleans()):
        inner[last] = data.draw(st.sampled_from(ODD))
    else:
        del inner[last]
    try:
        model = modelwright.load(written(file.with_name("forged.safetensors"), tensors, facts))
        model.predict(rows)
    except modelwright.ModelwrightError:
        pass


def test_each_way_of_tampering_is_named(file: Path, parts: Any, tmp_path: Path) -> None:
    tensors, facts = parts
    path, content = tmp_path / "m.safetensors", file.read_bytes()
    name = "layers.0.weight"
    moved = {**tensors, name: tensors[name] + 1e-3}
    assert "digest differs" in refusal(written(path, moved, facts, signed=False))
    assert "answered otherwise" in refusal(written(path, moved, facts))
    assert "holds NaN" in refusal(written(path, {**tensors, name: tensors[name] * math.nan}, facts))
    renamed = {**facts, "plan": {**facts["plan"], "metric": "f1"}}
    assert "digest differs" in refusal(written(path, tensors, renamed, signed=False))
    newer = {**facts, "plan": {**facts["plan"], "version": PLAN_VERSION + 1}}
    assert refusal(written(path, tensors, newer)).startswith("R004")
    assert "no rows to prove" in refusal(written(path, tensors, {**facts, "proof": {"rows": [], "answers": []}}))
    larger = {**facts, "plan": {**facts["plan"], "layers": ["Linear(40, 1000000000)"]}}
    assert "do not fit together" in refusal(written(path, tensors, larger))
    assert "do not fit together" in refusal(written(path, {"x": torch.zeros(1)}, facts))
    path.write_bytes(save_tensors(tensors))
    assert "another tool wrote it" in refusal(path)
    path.write_bytes((2**62).to_bytes(8, "little") + content[8:])
    assert "cut short" in refusal(path)
    path.write_bytes(content[:-1])
    assert "no sound safetensors" in refusal(path)
    path.write_bytes(b"")
    assert "cut short" in refusal(path)
    assert refusal(tmp_path / "nowhere.safetensors").startswith("R001")
    assert refusal(tmp_path).startswith("R001")


def test_overlapping_tensors_are_refused(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    one, other = [name for name in header if name.startswith("layers") and name.endswith("bias")][:2]
    header[one]["data_offsets"][0] = header[other]["data_offsets"][0]
    text = json.dumps(header).encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
    assert "no sound safetensors" in refusal(path)


UNSAFE = re.compile(
    r"^\s*(import|from) (pickle|cloudpickle|joblib|dill|marshal|shelve)\b"
    r"|(?<!`)torch\.(load|save)\(|(?<![.\w])(eval|exec)\("
)


def unsafe_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if UNSAFE.search(line)]


def test_no_pickle_anywhere() -> None:
    found = ["import pickle", "from joblib import dump", "x = torch.load(file)", "eval(text)"]
    assert unsafe_lines("\n".join([*found, "model.eval()", "load_file(path)"])) == found
    package = Path(modelwright.__file__).parent
    told = [f"{path}: {line}" for path in package.rglob("*.py") for line in unsafe_lines(path.read_text("utf-8"))]
    assert told == []
