"""Faulty tables written after all rules stood still, to measure what is found at first sight."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, frauds, houses


def _of(frame: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    return {"source": frame, "target": "y", **keys}


def d104_area_in_square_metres_as_text() -> dict[str, Any]:
    return _of(houses().with_columns(area=pl.col("area").round(1).cast(pl.String) + " m²"))


def d104_percent_signs() -> dict[str, Any]:
    share = np.random.default_rng(3).uniform(0, 100, 300).round(1)
    return _of(flowers().with_columns(humidity=pl.Series([f"{s}%" for s in share])))


def d104_minus_9999_at_night() -> dict[str, Any]:
    """Also D108, D110."""
    light = np.random.default_rng(3).gamma(2, 150, 300).round()
    light[::7] = -9999
    return _of(houses().with_columns(lux=pl.Series(light)))


def l205_tax_that_follows_from_the_price() -> dict[str, Any]:
    return _of(houses().with_columns(tax=(pl.col("y") * 0.035 + 120).round(0)))


def l205_flag_set_after_the_fraud() -> dict[str, Any]:
    frame = frauds(2000, 0.1)
    return _of(frame.with_columns(account_blocked=(pl.col("y") == "yes").cast(pl.Int8)))


def l208_photos_of_the_same_animal() -> dict[str, Any]:
    random = np.random.default_rng(8)
    own = random.normal(size=(40, 3)).repeat(9, axis=0)
    x = own + 0.15 * random.normal(size=own.shape)
    kind = np.where(own[:, 0] + random.normal(0, 0.8, 40).repeat(9) > 0, "lame", "sound")
    names = [f"cow {i}" for i in range(40) for _ in range(9)]
    return _of(pl.DataFrame({"animal_id": names, "gait": x[:, 0], "load": x[:, 1], "pace": x[:, 2], "y": kind}))


def l207_measurements_with_a_clock_shuffled() -> dict[str, Any]:
    n = 600
    random = np.random.default_rng(2)
    when = np.datetime64("2023-05-01T00:00", "us") + np.arange(n) * np.timedelta64(900_000_000, "us")
    load = 40 + 12 * np.sin(np.arange(n) / 96 * 2 * np.pi) + random.normal(0, 1, n)
    frame = pl.DataFrame({"timestamp": when, "wind": random.normal(5, 2, n), "y": load})
    return _of(frame, split={"test_size": 0.25, "shuffle": True, "random_state": 1})


def l204_articles_with_another_dateline() -> dict[str, Any]:
    """Also D106."""
    random = np.random.default_rng(5)
    words = [f"{a}{b}" for a in ("ban", "cor", "del", "fir", "gol", "hem") for b in ("ter", "min", "sal", "vok", "rus")]
    texts, labels = [], []
    for i in range(120):
        body = " ".join(random.choice(words, 25)) + (" shares rose" if i % 2 else " match won")
        for town in ("Berlin", "Paris", "Madrid"):
            texts.append(f"{town}: {body}")
            labels.append("money" if i % 2 else "sport")
    order = random.permutation(len(texts))
    return _of(pl.DataFrame({"text": np.array(texts)[order], "y": np.array(labels)[order]}))


def d107_no_positive_at_all() -> dict[str, Any]:
    """Also D102."""
    return _of(frauds(500).with_columns(y=pl.lit("no")))


def o606_step_size_beyond_the_epochs() -> dict[str, Any]:
    return _of(houses(), scheduler="StepLR(step_size=50)", train={"epochs": 20})


def h503_sigmoid_of_three_flowers() -> dict[str, Any]:
    """Also H502, S304, S307, M402, H501."""
    return _of(flowers(), model=["Linear(..., 32)", "ReLU", "Linear(..., 1)", "Sigmoid"], loss="BCELoss")


def m407_dropout_after_the_last_layer() -> dict[str, Any]:
    """Also M402."""
    return _of(flowers(), model=["Linear(..., 32)", "ReLU", "Linear(..., 3)", "Dropout(0.5)"])


def s301_flatten_forgotten_width() -> dict[str, Any]:
    return _of(houses(), model=["Linear(..., 64)", "ReLU", "Linear(64, 32)", "ReLU", "Linear(64, 1)"])


def l214_ten_rows_are_a_test() -> dict[str, Any]:
    return _of(houses(), split={"test_size": 6})
