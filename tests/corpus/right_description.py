"""Right descriptions that look suspicious."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, frauds, houses


def _of(frame: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    return {"source": frame, "target": "y", **keys}


def right_defaults() -> dict[str, Any]:
    return _of(flowers(600))


def right_prices() -> dict[str, Any]:
    return _of(houses(600))


def right_log_softmax() -> dict[str, Any]:
    return _of(flowers(600), model=["Linear(..., 16)", "ReLU", "Linear(..., 3)", "LogSoftmax(dim=1)"], loss="NLLLoss")


def right_two_logits() -> dict[str, Any]:
    model = ["Linear(..., 16)", "Tanh", "Linear(..., 2)"]
    return _of(flowers(600, classes=2), model=model, loss="CrossEntropyLoss")


def right_probability() -> dict[str, Any]:
    return _of(flowers(600, classes=2), model=["Linear(..., 1)", "Sigmoid"], loss="BCELoss")


def right_logistic_regression() -> dict[str, Any]:
    return _of(flowers(600), model=["Linear(..., 3)"], optimizer="SGD(lr=1.0)")


def right_waist() -> dict[str, Any]:
    layers = ["Linear(..., 64)", "ReLU", "Linear(64, 4)", "Linear(4, 64)", "ReLU", "Linear(..., ...)"]
    return _of(houses(600), model=layers)


def right_residual_blocks() -> dict[str, Any]:
    block = "Residual(Linear(..., 32), ReLU, Linear(..., 32))"
    return _of(flowers(600), model=["Linear(..., 32)", block, "ReLU", block, "ReLU", "Linear(..., 3)"])


def right_weighted_frauds() -> dict[str, Any]:
    return _of(frauds(6000, 0.05), train={"class_weight": "balanced"}, evaluate={"metric": "average_precision"})


def right_sorted_but_shuffled() -> dict[str, Any]:
    return _of(flowers(600).sort("y"))


def right_groups_by_group() -> dict[str, Any]:
    groups = pl.Series("patient", [f"p{i % 60}" for i in range(600)])
    return _of(flowers(600).with_columns(groups), data={"group": "patient"})


def right_time_in_order() -> dict[str, Any]:
    days = pl.date_range(pl.date(2022, 1, 1), pl.date(2023, 8, 23), eager=True)
    return _of(houses(600).with_columns(days.alias("day")), data={"time": "day"}, split={"by": "time"})


def right_unscaled_small_numbers() -> dict[str, Any]:
    return _of(flowers(600), scale="none")


def right_few_distinct_values() -> dict[str, Any]:
    random = np.random.default_rng(0)
    rows = {name: random.integers(0, 3, 600) for name in ("a", "b", "c")}
    y = np.where(rows["a"] + rows["b"] + random.normal(0, 0.7, 600) > 2, "yes", "no")
    return _of(pl.DataFrame(rows | {"y": y}))


def right_accumulation() -> dict[str, Any]:
    layers = ["Linear(..., 32)", "BatchNorm1d(...)", "ReLU", "Linear(..., 3)"]
    return _of(flowers(600), model=layers, train={"batch_size": 64, "accumulate": 4})


def right_restarts() -> dict[str, Any]:
    return _of(flowers(600), scheduler="CosineAnnealingWarmRestarts(T_0=10)", train={"epochs": 60})


def right_missing_values() -> dict[str, Any]:
    frame = houses(600)
    holes = pl.when(pl.int_range(pl.len()) % 7 == 0).then(None).otherwise(pl.col("area")).alias("area")
    return _of(frame.with_columns(holes))


def right_constant_column_is_left_out() -> dict[str, Any]:
    return _of(flowers(600).with_columns(pl.lit("ACME").alias("maker")))


def right_row_number_is_left_out() -> dict[str, Any]:
    return _of(flowers(600).with_row_index("id"))
