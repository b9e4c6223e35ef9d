"""Faulty descriptions of tables from clinics, shops and factories: who is in which part, what is known when."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, frauds, houses

HIDDEN = ["Linear(..., 32)", "ReLU"]


def _of(frame: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    return {"source": frame, "target": "y", **keys}


def _visits(patients: int = 60, each: int = 8, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    own = random.normal(size=(patients, 3)).repeat(each, axis=0)
    x = own + 0.2 * random.normal(size=own.shape)
    ill = (own[:, 0] + random.normal(0, 0.8, patients).repeat(each) > 0).astype(int)
    names = [f"P{i:03d}" for i in range(patients) for _ in range(each)]
    columns = {"pressure": x[:, 0], "pulse": x[:, 1], "weight": x[:, 2]}
    return pl.DataFrame({"patient_id": names, **columns, "y": np.where(ill, "ill", "well")})


def l208_visits_of_patients() -> dict[str, Any]:
    return _of(_visits())


def l208_recordings_of_speakers() -> dict[str, Any]:
    frame = _visits(24, 20, 1).rename({"patient_id": "speaker"})
    return _of(frame)


def l205_date_of_discharge_is_only_known_for_survivors() -> dict[str, Any]:
    frame = flowers(400, classes=2)
    days = np.random.default_rng(0).integers(1, 30, 400)
    gone = [None if y == "rose" else int(d) for y, d in zip(frame["y"], days, strict=True)]
    return _of(frame.with_columns(pl.Series("days_until_discharge", gone)))


def l205_price_with_tax() -> dict[str, Any]:
    return _of(houses().with_columns((1.19 * pl.col("y")).round(2).alias("gross")))


def o606_rate_is_gone_after_ten_epochs() -> dict[str, Any]:
    return _of(flowers(), scheduler="StepLR(step_size=1, gamma=0.1)", train={"epochs": 50})


def o606_decays_by_half_each_epoch() -> dict[str, Any]:
    return _of(houses(), scheduler="ExponentialLR(gamma=0.5)", train={"epochs": 100})


def o605_momentum_beyond_one() -> dict[str, Any]:
    """Also Y003."""
    return _of(houses(), optimizer="SGD(lr=0.01, momentum=1.5)")


def o607_decay_larger_than_the_rate_allows() -> dict[str, Any]:
    """Also O605."""
    return _of(flowers(), optimizer="AdamW(lr=0.01, weight_decay=100)")


def h504_error_of_classes_by_number() -> dict[str, Any]:
    """Also H503 or S304."""
    frame = flowers(300, 4).with_columns(pl.col("y").rank("dense").cast(pl.Int64) - 1)
    return _of(frame, task="multiclass", model=[*HIDDEN, "Linear(32, 1)"], loss="MSELoss")


def d107_two_cases_among_thousands() -> dict[str, Any]:
    """Also L213 or E803."""
    return _of(frauds(4000, share=0.002))


def d104_decimal_commas_and_a_unit() -> dict[str, Any]:
    values = [f"{v:.1f} kg".replace(".", ",") for v in houses()["area"]]
    return _of(houses().with_columns(pl.Series("load", values)))


def h503_two_tags_that_exclude_nothing() -> dict[str, Any]:
    """Also H504, S304 or Y003."""
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 3))
    frame = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "sun": x[:, 0] > 0, "wind": x[:, 1] > 0.3})
    model = [*HIDDEN, "Linear(32, 2)", "Softmax(dim=1)"]
    return {"source": frame, "data": {"target": ["sun", "wind"]}, "model": model, "loss": "BCELoss"}
