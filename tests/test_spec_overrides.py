"""`key=value` on the command line: put in, and checked like the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.spec.source import from_mapping, from_text

FILE = "data: {time: t}\nmodel: [Linear(..., 64), ReLU, Linear(..., ...)]\ntrain: {epochs: 3}\n"


def wrong(*overrides: str, text: str = FILE) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        from_text(text, overrides)
    return caught.value.diagnostics


def test_values_are_read_as_in_the_file() -> None:
    spec = from_text(
        FILE,
        [
            "train.epochs=5", "optimizer=SGD(lr=0.1, momentum=0.9)", "data.drop=[a, b c]", "split.gap=24",
            "scheduler=none", "data.target=income", "data.columns.zip=category", "train.clip_grad_norm=1e-1",
            "data.separator=,", "data.replace={income: {1: yes}}", "encode.missing=SimpleImputer(strategy='mean')",
        ],
    ).spec  # fmt: skip
    assert (spec.train.epochs, spec.optimizer, spec.scheduler) == (5, "SGD(lr=0.1, momentum=0.9)", "none")
    assert (spec.data.drop, spec.data.target, spec.data.columns) == (["a", "b c"], "income", {"zip": "category"})
    assert (spec.split.gap, spec.train.clip_grad_norm, spec.data.separator) == (24, 0.1, ",")
    assert spec.data.replace == {"income": {"1": "yes"}}
    assert spec.encode.missing == "SimpleImputer(strategy='mean')"


def test_a_tab_is_a_separator() -> None:
    assert from_mapping({}, ["data.separator=\t"]).spec.data.separator == "\t"


def test_models_and_single_layers() -> None:
    assert from_text(FILE, ["model=mlp(hidden=[8, 8])"]).spec.model == "mlp(hidden=[8, 8])"
    assert from_text(FILE, ["model=[Linear(..., 8), Linear(..., ...)]"]).spec.model == [
        "Linear(..., 8)",
        "Linear(..., ...)",
    ]
    assert from_text(FILE, ["model[1]=GELU"]).spec.model == ["Linear(..., 64)", "GELU", "Linear(..., ...)"]


def test_a_later_override_wins_and_a_section_is_replaced() -> None:
    assert from_text(FILE, ["train.epochs=4", "train.epochs=6"]).spec.train.epochs == 6
    spec = from_text(FILE, ["train={batch_size: 8}"]).spec
    assert (spec.train.epochs, spec.train.batch_size) == ("auto", 8)


def test_an_override_repairs_what_is_wrong_in_the_file() -> None:
    assert from_text("train: {epochs: ten}", ["train.epochs=5"]).spec.train.epochs == 5
    assert from_text("model: [Lin, ReLU]", ["model=mlp"]).spec.model == "mlp"


@pytest.mark.parametrize(
    ("override", "code", "says", "fix"),
    [
        ("train.epochs=ten", "Y002", "cannot be `ten`", "train.epochs=auto"),
        ("train.epochs", "Y006", "is not an override", "train.epochs=VALUE"),
        ("epochs=5", "Y001", "did you mean `train.epochs`?", "train.epochs=5"),
        ("train.epohcs=5", "Y001", "did you mean `train.epochs`?", "train.epochs=5"),
        ("optimzer=SGD", "Y001", "did you mean `optimizer`?", "optimizer=SGD"),
        ("lr=0.1", "Y001", "unknown key `lr`", None),
        ("split={by: time", "Y006", "not closed", "close it"),
        ("loss=MSELoss(", "Y006", "never closed", ""),
        ("optimizer=Adamw", "Y004", "did you mean `AdamW`?", "AdamW"),
        ("model[7]=ReLU", "Y001", "unknown key `model[7]`", None),
        ("data.columns.zip=kategory", "Y002", "did you mean `category`?", "data.columns.zip=category"),
        ("split.by=group", "Y007", "needs the column of the groups", None),
        ("=5", "Y006", "is not an override", None),
    ],
)
def test_problems_point_into_the_override(override: str, code: str, says: str, fix: str | None) -> None:
    (finding,) = wrong(override)
    assert finding.code == code
    assert says in finding.message
    assert (finding.where.file, finding.where.line, finding.where.source) == (None, None, override)
    if fix is not None:
        assert finding.help == fix


def test_the_offending_characters_are_meant() -> None:
    (finding,) = wrong("optimizer=SGD(lr=0.1, momentum=-1)")
    where = finding.where
    assert where.source is not None and where.column is not None
    assert where.source[where.column - 1 :][: where.length] == "momentum"
    assert str(where) == "optimizer"


def test_problems_of_file_and_overrides_come_together() -> None:
    findings = wrong("train.epochs=ten", "loss=MSELos", text="scale: 3\nseed: 1\n")
    assert sorted(finding.code for finding in findings) == ["Y001", "Y002", "Y002", "Y004"]


def test_a_wrong_section_stays_wrong() -> None:
    (finding,) = wrong("train.epochs=3", text="train: 5")
    assert "holds keys" in finding.message


def test_files_among_the_overrides_are_told_as_a_pattern_without_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.csv", "c.csv"):
        (tmp_path / name).touch()
    (found,) = wrong("b.csv", "c.csv")
    assert (found.code, found.message) == ("Y006", "`b.csv` is a file, not an override (2 of them)")
    assert "'*.csv'" in found.help
    assert wrong("gone.csv")[0].message == "`gone.csv` is not an override"
