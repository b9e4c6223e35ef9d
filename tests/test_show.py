"""`modelwright show`: how columns become numbers, the layers, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelwright.cli import run

EXAMPLE = Path(__file__).parent.parent / "examples/penguins/penguins.csv"


MLP = "model=mlp(hidden=16, dropout=0.1)"


@pytest.fixture(autouse=True)
def _columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def show(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(["show", *words]) == 0
    return capsys.readouterr().out


def sections(out: str) -> dict[str, list[str]]:
    parts = [part.splitlines() for part in out.split("\n\n")]
    return {lines[0].partition("  ")[0]: lines for lines in parts}


def test_inputs_and_layers_of_the_penguins(capsys: pytest.CaptureFixture[str]) -> None:
    found = sections(show(capsys, str(EXAMPLE), "--target", "species", "train.epochs=7", MLP))
    assert found["plan"][0] == "plan  307 weights to learn"
    words = [" ".join(line.split()) for line in found["plan"]]
    assert "epochs 7 given on the command line" in words
    assert not any(line.startswith(("  device", "  threads")) for line in found["plan"])
    assert found["inputs"] == [
        "inputs  7 columns → 15 numbers",
        "  column             kind      encoding  numbers",
        "  island             category  one-hot         3  Biscoe, Dream, Torgersen",
        "  bill_length_mm     numeric   number          2  33.1 to 59.6, scaled, a flag where it was missing",
        "  bill_depth_mm      numeric   number          2  13.1 to 21.2, scaled, a flag where it was missing",
        "  flipper_length_mm  integer   number          2  172 to 231, scaled, a flag where it was missing",
        "  body_mass_g        integer   number          2  2700 to 6300, scaled, a flag where it was missing",
        "  sex                category  one-hot         3  female, male, missing",
        "  year               integer   number          1  2007 to 2009, scaled",
    ]
    assert found["model"] == [
        "model  mlp(hidden=16, dropout=0.1) → 4 layers",
        "  #  layer           input  output  weights  learns  FLOPs",
        "  1  Linear(15, 16)     15      16      256  yes       480  16×15 weights, 16 biases",
        "  2  ReLU               16      16        0  no         16  a fixed function of each number",
        "  3  Dropout(0.1)       16      16        0  no          0  drops 10 % of the numbers, in training",
        " " * 60 + "only",
        "  4  Linear(16, 3)      16       3       51  yes        96  3×16 weights, 3 biases",
        "     total                              307            592  for one row",
    ]


def test_columns_that_are_no_inputs_and_embeddings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{k},town{k % 40},{k * 0.37:.2f},{k % 2 == 0}\n" for k in range(400))
    (tmp_path / "t.csv").write_text("id,town,x,y\n" + rows)
    found = sections(show(capsys, str(tmp_path / "t.csv")))
    assert found["not inputs"][0] == "not inputs  1 column"
    assert found["not inputs"][1].startswith("  id  identifier: ")
    inputs = " ".join(" ".join(found["inputs"]).split())
    assert "town category embedding 13 40 vectors: town" in inputs and " more x numeric" in inputs
    assert found["model"][2].startswith("  embed  Embedding × 1 ")


def test_json_has_plan_layers_and_totals(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(show(capsys, str(EXAMPLE), "--target", "species", "model=linear", "--json"))
    assert list(found) == ["plan", "layers", "total"]
    assert found["plan"]["outputs"]["targets"] == ["species"]
    (layer,) = found["layers"]
    assert (layer["call"], layer["input"], layer["output"]) == ("Linear(15, 3)", [15], [3])
    assert found["total"] == {"parameters": 48, "trainable": 48, "flops": 90}


def test_narrow_terminals_have_the_details_below(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    out = show(capsys, str(EXAMPLE), "--target", "species", "model=linear")
    lines = sections(out)["inputs"]
    assert lines[2:4] == ["  island             category  one-hot         3", "        Biscoe, Dream, Torgersen"]
    assert all(len(line) <= 66 for line in out.splitlines())


def test_a_shape_that_does_not_fit_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(EXAMPLE), "--target", "species", "model=[Linear(7, 3)]"]) == 1
    assert "error[S30" in capsys.readouterr().err
