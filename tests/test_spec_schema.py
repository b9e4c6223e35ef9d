"""The JSON Schema, the reference page, and what reading a description costs."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from modelwright.errors import SpecError
from modelwright.spec import keys, words
from modelwright.spec.json_schema import json_schema
from modelwright.spec.schema import Spec
from modelwright.spec.source import from_text

ROOT = Path(__file__).parents[1]


def test_the_reference_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("make_schema_docs", ROOT / "scripts/make_schema_docs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.TARGET.read_text(encoding="utf-8") == module.render()


def test_every_key_has_a_description_in_the_schema() -> None:
    schema = json_schema()
    assert "$id" not in schema
    assert schema["title"] == "modelwright description"
    assert set(schema["properties"]) == set(Spec.model_fields)
    for definition in [schema, *schema["$defs"].values()]:
        assert definition["additionalProperties"] is False
        for name, entry in definition["properties"].items():
            assert entry.get("description"), name


@pytest.mark.parametrize(
    ("key", "call", "matches"),
    [
        ("optimizer", "AdamW(lr=0.001)", True),
        ("optimizer", "torch.optim.SGD(model.parameters(), lr=0.1)", True),
        ("optimizer", "auto", True),
        ("optimizer", "Adamw", False),
        ("loss", "MSELoss", True),
        ("loss", "SGD", False),
        ("scale", "none", True),
        ("model", "mlp(hidden=[128, 128])", True),
        ("model", "nn.Sequential(nn.ReLU())", True),
        ("model", "mpl", False),
    ],
)
def test_patterns_know_the_closed_set(key: str, call: str, matches: bool) -> None:
    pattern = json_schema()["properties"][key]["pattern"]
    assert bool(re.search(pattern, call)) is matches
    if matches and "…" not in call:
        from_text(f"{key}: {call}")


def test_examples_of_the_schema_are_descriptions() -> None:
    for key in ("scale", "loss", "optimizer", "scheduler", "model"):
        for example in json_schema()["properties"][key]["examples"][:3]:
            try:
                from_text(f"{key}: {example if isinstance(example, str) else '[' + ', '.join(example) + ']'}")
            except SpecError as error:
                assert all(finding.code == "Y005" for finding in error.diagnostics), example


def test_words_for_every_key() -> None:
    for key in keys.known():
        assert words.expected(list(key.split("."))) not in ("", "a value") or key in keys.sections()
    assert words.expected(["split", "test_size"]) == "a number between 0 and 1, or a whole number ≥ 1"
    assert words.expected(["split", "sizes"]) == "a list of 3 whole numbers ≥ 0, or none"
    assert words.expected(["train", "class_weight", "a"]) == "a number > 0"
    assert words.expected(["train", "seed"]) == "a whole number ≥ 0 and < 2,147,483,648"


def test_the_page_of_a_description_is_itself_right() -> None:
    page = (ROOT / "docs/descriptions.md").read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        from_text(block)


def test_checking_a_description_loads_neither_torch_nor_polars() -> None:
    code = (
        "import sys; from modelwright.spec.source import from_text;"
        "from modelwright.spec.json_schema import json_schema;"
        "from_text('model: [Linear(..., 64), ReLU]\\noptimizer: AdamW(lr=1e-3)'); json_schema();"
        "heavy = {'torch', 'polars', 'numpy', 'sklearn', 'pandas'} & set(sys.modules); sys.exit(' '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    meta = subprocess.run([sys.executable, "-c", "import polars; " + code], capture_output=True, text=True, check=False)
    assert "polars" in meta.stderr
