"""Descriptions as people write them: what they mean, and every problem of a wrong one with its place and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.spec.schema import DataSpec, Spec
from modelwright.spec.source import from_mapping, from_text, read


def wrong(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        from_text(text)
    return caught.value.diagnostics


def meant(finding: Diagnostic) -> str:
    """The characters of the source line that the place points at."""
    assert finding.where.source is not None and finding.where.column is not None
    start = finding.where.column - 1
    return finding.where.source[start : start + finding.where.length]


def test_the_first_description_of_the_design(tmp_path: Path) -> None:
    file = tmp_path / "adult.yaml"
    file.write_text(
        "data:\n  path: adult.csv\n  target: income\nsplit:\n  test_size: 0.2\n  stratify: true\n  random_state: 42\n"
        "scale: StandardScaler\nmodel: mlp(hidden=[128, 128])\noptimizer: AdamW(lr=0.001)\n"
        "train:\n  epochs: 20\n  batch_size: 256\n"
    )
    description = read(file)
    spec = description.spec
    assert spec.data == DataSpec(path="adult.csv", target="income")
    assert (spec.split.test_size, spec.split.stratify, spec.split.random_state) == (0.2, True, 42)
    assert (spec.scale, spec.model, spec.optimizer) == ("StandardScaler", "mlp(hidden=[128, 128])", "AdamW(lr=0.001)")
    assert (spec.train.epochs, spec.train.batch_size) == (20, 256)
    assert description.text == file.read_text()
    assert str(description.place("train.epochs")) == f"{file}:12:11, train.epochs"
    assert str(description.place("train")) == f"{file}:11:1, train"
    assert str(description.place("train.seed")) == f"{file}:11:1, train"
    assert str(description.place("loss")) == f"{file}, loss"


def test_lists_of_layers_in_every_form() -> None:
    block = from_text("model:\n  - nn.Linear(..., 32 * 2)\n  - ReLU\n  - 'Linear(..., ...)'\n").spec.model
    flow = from_text("model: [Linear(..., 64), ReLU, Linear(..., ...)]").spec.model
    sequential = from_text("model: nn.Sequential(nn.Linear(..., 64), nn.ReLU(), nn.Linear(..., ...))").spec.model
    assert block == flow == sequential == ["Linear(..., 64)", "ReLU", "Linear(..., ...)"]
    assert from_text("model: Linear(..., ...)").spec.model == ["Linear(..., ...)"]


def test_a_call_stays_whole_inside_brackets() -> None:
    text = "encode: {missing: SimpleImputer(strategy='median', add_indicator=True), category: OneHotEncoder}"
    encode = from_text(text).spec.encode
    assert encode.missing == "SimpleImputer(strategy='median', add_indicator=True)"
    assert encode.category == "OneHotEncoder"
    description = from_text("model: [Linear(..., 64), ReLU, Linear(..., ...)]")
    assert [description.place(f"model[{i}]").column for i in range(3)] == [9, 26, 32]


@pytest.mark.parametrize("none", ["none", "null", "", "~", "None"])
def test_none_switches_off(none: str) -> None:
    spec = from_text(f"scale: {none}\nscheduler: {none}\ntrain:\n  patience: {none}\n  clip_grad_norm: {none}\n").spec
    assert (spec.scale, spec.scheduler, spec.train.patience, spec.train.clip_grad_norm) == (
        "none",
        "none",
        "none",
        None,
    )


def test_yaml_1_2_numbers_and_names() -> None:
    spec = from_text(
        "data:\n  target: 1\n  drop: [2, a b]\n  missing: [-999, -1.50, 1e3]\n  columns: {3: category}\n"
        "train: {clip_grad_norm: 1e-3, class_weight: {0: 1, 1: 2.5}}\n"
    ).spec
    assert (spec.data.target, spec.data.drop) == ("1", ["2", "a b"])
    assert spec.data.missing == ["-999", "-1.50", "1e3"]
    assert spec.data.columns == {"3": "category"}
    assert spec.train.clip_grad_norm == 0.001
    assert spec.train.class_weight == {"0": 1, "1": 2.5}


def test_pasted_lines_lose_what_modelwright_supplies() -> None:
    spec = from_text(
        "optimizer: torch.optim.SGD(model.parameters(), lr=1e-1)\nscheduler: StepLR(optimizer, step_size=30)"
    ).spec
    assert (spec.optimizer, spec.scheduler) == ("SGD(lr=0.1)", "StepLR(step_size=30)")


@pytest.mark.parametrize(
    ("text", "code", "says", "where", "points_at", "fix"),
    [
        ("optimiser: AdamW", "Y001", "did you mean `optimizer`?", (1, 1), "optimiser", "optimizer: AdamW"),
        ("task: auto\nepochs: 5", "Y001", "it belongs under `train`", (2, 1), "epochs", "train: {epochs: 5}"),
        ("train: {test_size: 0.5}", "Y001", "under `split`", (1, 9), "test_size", "split: {test_size: 0.5}"),
        ("train: {optimizer: SGD}", "Y001", "at the top level", (1, 9), "optimizer", "optimizer: SGD"),
        ("train: {epoch: 5}", "Y001", "did you mean `epochs`?", (1, 9), "epoch", "epochs: 5"),
        ("lr: 0.1", "Y001", "unknown key `lr`", (1, 1), "lr", None),
        ("train:\n  epochs: ten", "Y002", "`train.epochs` cannot be `ten`", (2, 11), "ten", "epochs: auto"),
        ("train: {epochs: '5'}", "Y002", "cannot be `5`", (1, 17), "'5'", "epochs: 5   (without quotes)"),
        ("train: {epochs: 5.0}", "Y002", "cannot be `5.0`", (1, 17), "5.0", "epochs: 5"),
        ("train: {epochs: true}", "Y002", "cannot be `true`", (1, 17), "true", "epochs: auto"),
        ("train: {epochs: -1}", "Y003", "cannot be `-1`", (1, 17), "-1", "epochs: auto"),
        ("train: {epochs: }", "Y002", "has no value", None, None, "epochs: auto"),
        ("split: {test_size: 1.5}", "Y003", "cannot be `1.5`", (1, 20), "1.5", "test_size: 0.2"),
        ("split: {test_size: 1.0}", "Y003", "cannot be `1.0`", (1, 20), "1.0", "test_size: 0.2"),
        ("split: {test_size: .nan}", "Y003", "cannot be `.nan`", (1, 20), ".nan", "test_size: 0.2"),
        ("split: {shuffle: no}", "Y002", "cannot be `no`", (1, 18), "no", None),
        ("split: {by: grup}", "Y002", "did you mean `group`?", (1, 13), "grup", "by: group"),
        ("split: {sizes: [1, 2]}", "Y003", "cannot be `[1, 2]`", (1, 16), "[1, 2]", ""),
        ("split: {sizes: [1, 2, x]}", "Y002", "`split.sizes[2]` cannot be `x`", (1, 23), "x", ""),
        ("train: {device: gpu}", "Y003", "cannot be `gpu`", (1, 17), "gpu", "device: auto"),
        ("train: {class_weight: {a: 1, b: -1}}", "Y003", "`train.class_weight.b`", (1, 33), "-1", ""),
        ("data: {drop: id}", "Y002", "cannot be `id`", (1, 14), "id", "drop: [id]"),
        ("data: {columns: {zip: kategory}}", "Y002", "did you mean `category`?", (1, 23), "kategory", "zip: category"),
        ("data: adult.csv", "Y002", "holds keys", (1, 7), "adult.csv", "data: {path: adult.csv}"),
        ("task: regresion", "Y002", "did you mean `regression`?", (1, 7), "regresion", "task: regression"),
        ("optimizer: Adamw(lr=1)", "Y004", "did you mean `AdamW`?", (1, 12), "Adamw", "AdamW(lr=1)"),
        ("optimizer: SGD(lr=1, nestrov=True)", "Y005", "`nesterov`?", (1, 22), "nestrov", "SGD(lr=1, nesterov=True)"),
        ("loss: MSELoss(", "Y006", "never closed", (1, 14), "(", ""),
        ("model: [ReLU, Conv2D(..., 3, 3)]", "Y004", "`Conv2d`?", (1, 15), "Conv2D", "Conv2d(..., 3, 3)"),
        ("model: [mlp]", "Y004", "is a recipe, not a layer", (1, 9), "mlp", "model: mlp   (a recipe stands alone)"),
        ("model: []", "Y002", "has no layers", (1, 8), "[]", None),
        ("model: net.py:Net", "Y006", "not supported yet", (1, 11), ".py:", ""),
        ("model: [Linear(..., ...), Linear(..., 1)]", "Y005", "last layer only", (1, 9), None, "Linear(..., 64)"),
        ("scale: true", "Y002", "is not a name with arguments", (1, 8), "true", "StandardScaler"),
        ("loss: {name: MSELoss}", "Y002", "is not a name", (1, 7), "{name: MSELoss}", "MSELoss"),
        ("ignore: [L205, foo]", "Y007", "is not the code of a check", (1, 16), "foo", None),
        ("task: auto\ntask: binary", "Y006", "given twice (first on line 1)", (2, 1), "task", "keep one of them"),
    ],
)  # fmt: skip
def test_one_problem(
    text: str, code: str, says: str, where: tuple[int, int] | None, points_at: str | None, fix: str | None
) -> None:
    (finding,) = wrong(text)
    assert finding.code == code
    assert says in finding.message
    if where is not None:
        assert (finding.where.file, finding.where.line, finding.where.column) == ("description.yaml", *where)
    if points_at is not None:
        assert meant(finding) == points_at
    if fix is not None:
        assert finding.help == fix


def test_mappings_where_a_call_is_meant_show_the_call() -> None:
    text = (
        "model:\n  - Linear: {out_features: 64, bias: true}\n  - {type: Dropout, p: 0.1}\n  - Flatten: 1\n  - 5\n  -\n"
    )
    findings = wrong(text)
    assert [finding.code for finding in findings] == ["Y002"] * 5
    fixes = [finding.help for finding in findings]
    assert fixes[:3] == ["Linear(out_features=64, bias=True)", "Dropout(p=0.1)", "Flatten(1)"]


def test_all_problems_at_once_sorted_by_place() -> None:
    findings = wrong(
        "data: {path: a.csv, target: y, drop: [y]}\n"
        "split: {by: time}\noptimiser: SGD\nloss: MSELos\nscale: 3\ntrain: {epochs: ten, batch_size: 0}\n"
        "model:\n  - Linear(64)\n  - ReLu\n"
    )
    assert [(finding.code, finding.where.line) for finding in findings] == [
        ("Y007", 1), ("Y007", 2), ("Y001", 3), ("Y004", 4), ("Y002", 5), ("Y002", 6), ("Y003", 6), ("Y005", 8),
        ("Y004", 9),
    ]  # fmt: skip


def test_from_mapping_takes_python_values_and_specs() -> None:
    given = {
        "data": {"path": Path("a.csv"), "drop": ("x", "y"), "target": 3},
        "model": ["ReLU"],
        "train": {"epochs": 2},
    }
    spec = from_mapping(given).spec
    assert (spec.data.path, spec.data.drop, spec.data.target) == ("a.csv", ["x", "y"], "3")
    again = from_mapping(spec)
    assert again.spec == spec
    assert again.text is None and again.path is None
    assert from_mapping(Spec()).spec == Spec()
    with pytest.raises(SpecError) as caught:
        from_mapping({"train": {"epochs": "ten"}, "optimizer": "Adamw"})
    assert {str(finding.where) for finding in caught.value.diagnostics} == {"train.epochs", "optimizer"}
