"""Right descriptions that look suspicious: names of persons, constant speed, copies by nature, codes and dates."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, frauds, houses


def _of(frame: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    return {"source": frame, "target": "y", **keys}


def _shops(rows: int = 600, shops: int = 20) -> tuple[pl.DataFrame, np.ndarray]:
    random = np.random.default_rng(0)
    shop = random.integers(0, shops, rows)
    return houses(rows), shop


def right_visits_split_by_patient() -> dict[str, Any]:
    frame = flowers(400, classes=2)
    names = pl.Series("patient_id", [f"P{i // 10}" for i in range(400)])
    return _of(frame.with_columns(names), data={"group": "patient_id"}, split={"by": "group"})


def right_region_is_a_category() -> dict[str, Any]:
    frame, shop = _shops()
    return _of(frame.with_columns(pl.Series("region", [f"region {i % 8}" for i in shop])))


def right_store_that_says_something() -> dict[str, Any]:
    frame, shop = _shops()
    price = frame["y"] + pl.Series(20_000.0 * (shop % 4))
    return _of(frame.with_columns(pl.Series("store", [f"S{i}" for i in shop]), y=price))


def right_model_and_maker() -> dict[str, Any]:
    frame, shop = _shops()
    return _of(frame.with_columns(pl.Series("device", [f"D{i % 3}" for i in shop])))


def right_decay_of_a_tenth() -> dict[str, Any]:
    return _of(flowers(), optimizer="AdamW(lr=0.003, weight_decay=0.3)")


def right_rate_falls_thousandfold() -> dict[str, Any]:
    return _of(flowers(), scheduler="StepLR(step_size=10, gamma=0.1)", train={"epochs": 30})


def right_frauds_weighted_and_measured() -> dict[str, Any]:
    return _of(frauds(4000, 0.01), train={"class_weight": "balanced"}, evaluate={"metric": "average_precision"})


def right_tax_is_known_before() -> dict[str, Any]:
    frame = houses()
    return _of(frame.with_columns((0.03 * pl.col("area") + 2).round(1).alias("tax")))
