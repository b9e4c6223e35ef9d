"""`modelwright init`: what it writes loads, checks clean, and trains to the same plan as without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelwright.api import check, request_for
from modelwright.cli import run
from modelwright.plan.plan import Plan
from modelwright.run.prepare import prepare, read_dataset, splits

EXAMPLES = Path(__file__).parent.parent / "examples"
DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data")).absolute()
TABLES = [
    (EXAMPLES / "penguins/penguins.csv", "species"),
    (DATA / "adult/adult-train.csv", None),
    (DATA / "california-housing/housing.csv", "median_house_value"),
    (DATA / "titanic/train.csv", "Survived"),
    (DATA / "diamonds/diamonds.csv", "price"),
    (DATA / "wine-quality/winequality-red.csv", None),
    (DATA / "covertype-kaggle/train.csv", None),
]


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def plan_of(source: Path, target: str | None = None) -> Plan:
    request = request_for(source, target=target)
    dataset = read_dataset(request.description, request.base, request.frame)
    return prepare(dataset, splits(dataset)[0]).plan


@pytest.mark.parametrize(("table", "target"), TABLES, ids=[path.parent.name for path, _ in TABLES])
def test_the_description_gives_the_same_plan(table: Path, target: str | None) -> None:
    if not table.exists():
        pytest.skip(f"{table} is not here")
    words = ["init", str(table), "-o", "made.yaml"]
    assert run(words if target is None else [*words, "--target", target]) == 0
    bare, made = plan_of(table, target), plan_of(Path("made.yaml"))
    for name in ("task", "inputs", "outputs", "split", "scale", "layers", "loss", "optimizer", "scheduler", "train"):
        assert getattr(made, name) == getattr(bare, name), name
    assert set(made.unused) == set(bare.unused) and made.metric == bare.metric
    found = {each.code for each in check("made.yaml") if each.severity != "note"}
    assert found <= {each.code for each in check(table, target=target) if each.severity != "note"}


def test_each_line_has_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(EXAMPLES / "penguins/penguins.csv"), "--target", "species"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote  penguins.yaml: predict species (multiclass) from 7 columns",
        "  check  modelwright check penguins.yaml",
        "  train  modelwright train penguins.yaml",
    ]
    lines = Path("penguins.yaml").read_text().splitlines()
    body = [line for line in lines if line and not line.startswith("#")]
    keys = [line.split(":")[0].strip() for line in body if not line.strip().startswith("#")]
    assert keys == [
        *("data", "path", "target", "task"),
        *("split", "test_size", "validation_size", "random_state", "stratify"),
        *("scale", "encode", "missing", "model", "loss", "optimizer", "scheduler"),
        *("train", "epochs", "batch_size", "patience", "evaluate", "metric"),
    ]
    told = "\n".join(lines)
    assert "as `--target` says" in told and "given" not in told
    assert "model: mlp(hidden=[128, 128], activation=ReLU" in told


def test_identifiers_and_codes_are_said() -> None:
    rows = "".join(f"{k},{1000 + 7 * (k % 12)},{k * 0.37:.2f},{k % 2 == 0}\n" for k in range(400))
    Path("t.csv").write_text("id,zip,x,y\n" + rows)
    assert run(["init", "t.csv"]) == 0
    lines = Path("t.yaml").read_text().splitlines()
    assert any(line.startswith("  drop: [id]") and "# no inputs: `id`: " in line for line in lines)
    if plan_of(Path("t.csv")).inputs[0].kind == "category":
        assert any(line.strip() == "zip: category" for line in lines)


def test_paths_hold_from_where_the_description_is() -> None:
    Path("data").mkdir()
    Path("notes").mkdir()
    Path("data/t.csv").write_text("x,y\n" + "".join(f"{k / 3:.3f},{k % 2 == 0}\n" for k in range(200)))
    assert run(["init", "data/t.csv", "-o", "notes/mine.yaml"]) == 0
    assert "path: ../data/t.csv" in Path("notes/mine.yaml").read_text()
    assert plan_of(Path("notes/mine.yaml")).outputs.targets == ("y",)


def test_a_description_that_is_there_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    table = str(EXAMPLES / "penguins/penguins.csv")
    Path("penguins.yaml").write_text("mine")
    assert run(["init", table, "--target", "species"]) == 1
    assert "`penguins.yaml` is there already; it is kept" in capsys.readouterr().err
    assert Path("penguins.yaml").read_text() == "mine"
    assert run(["init", table, "--target", "species", "--force"]) == 0
    assert Path("penguins.yaml").read_text() != "mine"
