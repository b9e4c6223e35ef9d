"""Defaults that depend on what else was said."""

from __future__ import annotations

import pytest

from modelwright.plan.defaults import OPTIMIZER, batch_size, scheduler
from modelwright.spec.source import from_mapping


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "OneCycleLR(max_lr=0.005)"),
        ({"optimizer": "SGD(lr=0.05)"}, None),
        ({"optimizer": "SGD(lr=0.05)", "scheduler": "OneCycleLR"}, "OneCycleLR(max_lr=0.05)"),
        ({"optimizer": "Adam", "scheduler": "OneCycleLR(pct_start=0.2)"}, "OneCycleLR(pct_start=0.2, max_lr=0.001)"),
        ({"optimizer": "SGD(lr=0.05)", "scheduler": "OneCycleLR(max_lr=0.1)"}, "OneCycleLR(max_lr=0.1)"),
        ({"optimizer": "SGD(lr=0.05)", "scheduler": "CyclicLR(0.001)"}, "CyclicLR(0.001, max_lr=0.05)"),
        ({"optimizer": "SGD(lr=0.05)", "scheduler": "StepLR(5)"}, "StepLR(5)"),
        ({"scheduler": "none"}, None),
    ],
)
def test_a_schedule_rises_to_the_optimizers_rate(given: dict[str, str], expected: str | None) -> None:
    spec = from_mapping(given).spec
    assert scheduler(spec, OPTIMIZER[0] if spec.optimizer == "auto" else spec.optimizer)[0] == expected


@pytest.mark.parametrize(
    ("rows", "encoding", "expected"),
    [(67_349, "tokens", 256), (67_349, "number", 1024), (9_000, "tokens", 128), (9, "tokens", 9)],
)
def test_a_step_takes_more_rows_of_large_tables_and_few_texts(rows: int, encoding: str, expected: int) -> None:
    size, why = batch_size(from_mapping({}).spec, rows, encoding)
    assert size == expected
    assert ("few passes" in why) == (expected == 256)
    assert batch_size(from_mapping({"train": {"batch_size": 512}}).spec, 67_349, encoding) == (512, "given")
