"""Settings that contradict each other or have no effect, and the same settings where they make sense."""

from __future__ import annotations

import pytest

from modelwright.errors import SpecError
from modelwright.spec.source import from_text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("split: {by: group}", "split.by"),
        ("split: {by: time}", "split.by"),
        ("data: {group: g}\nsplit: {by: random}", "split.by"),
        ("data: {test: t.csv}\nsplit: {test_size: 0.1}", "split.test_size"),
        ("data: {validation: v.csv}\nsplit: {validation_size: 0.1}", "split.validation_size"),
        ("data: {test: t.csv}\nsplit: {folds: 5}", "split.folds"),
        ("data: {test: t.csv}\nsplit: {sizes: [5, 1, 1]}", "split.sizes"),
        ("data: {test: t.csv, validation: v.csv}\nsplit: {random_state: 1}", "split.random_state"),
        ("split: {folds: 5, test_size: 0.1}", "split.test_size"),
        ("split: {folds: 5, sizes: [5, 1, 1]}", "split.sizes"),
        ("split: {sizes: [5, 1, 1], by: random}", "split.sizes"),
        ("split: {sizes: [5, 1, 1], test_size: 3}", "split.test_size"),
        ("split: {sizes: [0, 1, 1]}", "split.sizes"),
        ("split: {gap: 3}", "split.gap"),
        ("data: {group: g}\nsplit: {gap: 3}", "split.gap"),
        ("data: {time: t}\nsplit: {stratify: true}", "split.stratify"),
        ("data: {time: t}\nsplit: {shuffle: true}", "split.shuffle"),
        ("data: {time: t}\nsplit: {random_state: 1}", "split.random_state"),
        ("split: {shuffle: false, stratify: true}", "split.stratify"),
        ("split: {shuffle: false, random_state: 1}", "split.random_state"),
        ("data: {target: y, drop: [x, y]}", "data.drop[1]"),
        ("data: {target: [y, z], weight: z}", "data.weight"),
        ("data: {target: y, group: y}", "data.group"),
        ("data: {target: [y, y]}", "data.target"),
        ("data: {path: a.parquet, separator: ';'}", "data.separator"),
        ("data: {path: a.xlsx, encoding: utf-8}", "data.encoding"),
        ("data: {path: a.parquet, header: false}", "data.header"),
        ("data: {path: a.csv, sheet: s}", "data.sheet"),
        ("data: {path: a.csv, query: select}", "data.query"),
        ("split: {validation_size: 0}\ntrain: {patience: 3}", "train.patience"),
        ("train: {batch_size: 4, accumulate: 8}", "train.accumulate"),
        ("task: regression\ntrain: {class_weight: balanced}", "train.class_weight"),
        ("train: {epochs: 0, seeds: 3}", "train.seeds"),
        ("ignore: [x205]", None),
        ("ignore: [L2]", "ignore[0]"),
    ],
)
def test_contradictions(text: str, key: str | None) -> None:
    if key is None:
        from_text(text)
        return
    with pytest.raises(SpecError) as caught:
        from_text(text)
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.where.key) == ("Y007", key)
    assert finding.help


@pytest.mark.parametrize(
    "text",
    [
        "data: {group: g}\nsplit: {by: group}",
        "data: {group: g}",
        "data: {time: t}\nsplit: {by: time, gap: 24}",
        "data: {time: t}\nsplit: {gap: 24, shuffle: false}",
        "data: {time: t}\nsplit: {by: random, stratify: true}",
        "split: {sizes: [8640, 2880, 2880], by: time}",
        "split: {sizes: [8640, 2880, 2880], gap: 1}",
        "split: {folds: 5, stratify: true, shuffle: true, random_state: 42}",
        "split: {folds: 5, shuffle: false, stratify: true}",
        "split: {validation_size: 0}\ntrain: {patience: none}",
        "data: {path: train.csv, validation: valid.csv, test: test.csv}",
        "data: {path: train.csv, test: test.csv}\nsplit: {validation_size: 0.2, random_state: 3}",
        "data: {path: [a.csv, b.tsv], separator: ';', encoding: latin-1}",
        "data: {path: 'sqlite:///x.db', query: 'select 1'}",
        "data: {path: x.db, query: 'select 1'}",
        "data: {path: a.xlsx, sheet: s, header: false}",
        "data: {length: auto, resample: 8}",
        "train: {batch_size: 8, accumulate: 8}",
        "task: binary\ntrain: {class_weight: balanced}",
    ],
)
def test_what_goes_together(text: str) -> None:
    from_text(text)
