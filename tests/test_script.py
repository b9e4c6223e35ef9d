"""`modelwright script`: each script, run, gives the losses and the weights of its run, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from scripts import repeats

FAST = {"epochs": 3, "batch_size": 32}
IN_TURNS = FAST | {"accumulate": 2}  # which members of a cohort cannot do together
CASES: dict[str, dict[str, Any]] = {
    "multiclass mlp": {"target": "kind", "model": "mlp(hidden=[16], dropout=0.2)"},
    "multiclass linear": {"target": "kind", "model": "linear", "optimizer": "SGD(lr=0.1, momentum=0.9)"},
    "multiclass, norm": {
        "target": "kind",
        "model": "mlp(hidden=[8, 8], norm=BatchNorm1d)",
        "train": FAST | {"batch_size": 37},
    },
    "binary": {"target": "good", "model": "mlp(hidden=[8])"},
    "binary, two outputs": {"target": "good", "loss": "CrossEntropyLoss(label_smoothing=0.1)"},
    "binary, weights of loss": {"target": "good", "loss": "BCEWithLogitsLoss(pos_weight=[2.0])"},
    "binary, signs": {"target": "good", "loss": "SoftMarginLoss", "evaluate": {"metric": "log_loss"}},
    "regression": {"target": "price", "model": "mlp(hidden=[8])"},
    "regression, several": {"target": ["price", "x"], "loss": "HuberLoss(delta=0.5)", "evaluate": {"metric": "mae"}},
    "multilabel": {"target": ["good", "flag"], "model": "mlp(hidden=[8])"},
    "layers": {
        "target": "kind",
        "model": [
            "Linear(..., 8)",
            "Residual(Linear(8, 8), ReLU, Dropout(0.1), shortcut=Linear(8, 8))",
            "Concat(Linear(8, 4), Residual(Linear(8, 8), Tanh))",
            "LayerNorm(12)",
            "Linear(..., 3)",
        ],
    },
    "embedding": {
        "target": "kind",
        "encode": {"category": "Embedding(..., 3)"},
        "train": FAST | {"clip_grad_norm": 0.5},
    },
    "min and max": {"target": "kind", "scale": "MinMaxScaler(feature_range=(-1, 1), clip=True)"},
    "robust": {"target": "kind", "scale": "RobustScaler(unit_variance=True)"},
    "quantiles": {"target": "kind", "scale": "QuantileTransformer(n_quantiles=40, output_distribution='normal')"},
    "not scaled": {"target": "kind", "scale": "none", "encode": {"missing": "SimpleImputer(strategy='most_frequent')"}},
    "mean": {"target": "kind", "encode": {"missing": "SimpleImputer(strategy='mean', add_indicator=True)"}},
    "constant": {"target": "kind", "encode": {"missing": "SimpleImputer(strategy='constant', fill_value=-1)"}},
    "balanced": {"target": "kind", "train": FAST | {"class_weight": "balanced"}, "evaluate": {"metric": "f1"}},
    "class weights": {"target": "good", "train": FAST | {"class_weight": {"yes": 3.0}}},
    "row weights": {"target": "price", "data": {"weight": "w"}},
    "row and class weights": {"target": "kind", "data": {"weight": "w"}, "train": FAST | {"class_weight": "balanced"}},
    "parts of a batch": {"target": "price", "train": FAST | {"accumulate": 3, "clip_grad_norm": 1.0}},
    "steps": {"target": "price", "optimizer": "SGD(lr=0.05)", "scheduler": "StepLR(step_size=1, gamma=0.5)"},
    "cosine": {"target": "price", "optimizer": "Adam(lr=0.01)", "scheduler": "CosineAnnealingLR"},
    "sequence": {
        "target": "price",
        "optimizer": "Adam(lr=0.01)",
        "scheduler": "SequentialLR(schedulers=[LinearLR(total_iters=1), CosineAnnealingLR()], milestones=[1])",
    },
    "plateau": {"target": "price", "optimizer": "RMSprop(lr=0.5)", "scheduler": "ReduceLROnPlateau(patience=0)"},
    "LBFGS": {"target": "price", "model": "linear", "optimizer": "LBFGS(lr=0.5, max_iter=3)"},
    "early stopping": {
        "target": "kind",
        "optimizer": "SGD(lr=2.0)",
        "train": {"epochs": 40, "patience": 2, "batch_size": 32},
    },
    "bfloat16": {"target": "kind", "train": FAST | {"precision": "bfloat16"}},
    "no validation": {"target": "kind", "split": {"validation_size": 0}},
    "groups": {"target": "kind", "data": {"group": "owner"}},
    "time": {"target": "price", "data": {"time": "day"}, "split": {"gap": 2}},
    "sizes": {"target": "price", "split": {"sizes": [100, 30, 40]}},
    "in order": {"target": "price", "split": {"shuffle": False}},
    "folds": {"target": "price", "split": {"folds": 3}},
    "stratified folds": {"train": IN_TURNS, "target": "kind", "split": {"folds": 3}},
    "folds of groups": {"train": IN_TURNS, "target": "price", "split": {"folds": 3}, "data": {"group": "owner"}},
    "stratified folds of groups": {
        "train": IN_TURNS,
        "target": "kind",
        "split": {"folds": 3},
        "data": {"group": "owner"},
    },
    "folds in time": {"train": IN_TURNS, "target": "price", "split": {"folds": 3}, "data": {"time": "day"}},
    "seeds": {"target": "kind", "train": FAST | {"seeds": 2, "seed": 5}},
}


def table(rows: int = 240) -> pl.DataFrame:
    """Numbers with gaps, categories rare and missing, dates, truth values, far numbers, weights, groups."""
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(2, rows))
    kind = np.array(["ash", "beech", "cedar"])[(x + rng.normal(size=rows) * 0.3 > 0).astype(int) + (y > 0.5)]
    gap = rng.random((3, rows)) < 0.1
    return pl.DataFrame(
        {
            "x": pl.Series(x).set(pl.Series(gap[0]), None),
            "count": pl.Series(rng.integers(0, 50, rows)).set(pl.Series(gap[1]), None),
            "far": 1e9 + rng.integers(0, 3, rows),
            "colour": pl.Series(rng.choice(["red", "green", "blue", "grey"], rows)).set(pl.Series(gap[2]), None),
            "town": rng.choice([f"town {k}" for k in range(40)], rows),
            "flag": rng.choice(["yes", "no"], rows),
            "day": pl.Series(np.datetime64("2024-01-01") + np.sort(rng.integers(0, 300, rows))).cast(pl.Date),
            "owner": rng.choice([f"owner {k}" for k in range(30)], rows),
            "w": np.round(rng.random(rows) + 0.5, 2),
            "good": np.where(x + y > 0, "yes", "no"),
            "price": np.round(100 + 20 * x - 5 * y, 3),
            "kind": kind,
        }
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "trees.csv"
    table().write_csv(path)
    return path


@pytest.mark.parametrize("case", CASES)
def test_the_script_of_a_run_gives_its_bits(case: str, file: Path, tmp_path: Path) -> None:
    repeats(file, tmp_path, **{"train": FAST, **CASES[case]})
