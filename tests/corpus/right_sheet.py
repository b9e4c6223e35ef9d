"""Right tables and descriptions of analysts that look suspicious: strong columns, odd spellings, uneven groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, frauds, houses

HIDDEN = ["Linear(..., 32)", "ReLU"]


def _of(frame: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    return {"source": frame, "target": "y", **keys}


def _with(frame: pl.DataFrame, **columns: Any) -> pl.DataFrame:
    return frame.with_columns(**{name: pl.Series(list(values)) for name, values in columns.items()})


def right_department_is_no_group() -> dict[str, Any]:
    made = np.random.default_rng(0)
    return _of(_with(flowers(), department=made.choice(["sales", "support", "research", "law"], 300)))


def right_postcode_with_leading_zeros() -> dict[str, Any]:
    made = np.random.default_rng(0)
    codes = [f"0{made.integers(10, 25)}00" for _ in range(300)]
    return _of(_with(houses(), postcode=codes), data={"columns": {"postcode": "category"}})


def right_estimate_of_an_expert() -> dict[str, Any]:
    made = np.random.default_rng(99)
    guess = houses()["y"].to_numpy() * made.uniform(0.7, 1.3, 300)
    return _of(_with(houses(), expert=guess))


def right_cents_end_in_99() -> dict[str, Any]:
    return _of(houses().with_columns(y=(pl.col("y") / 1000).round() * 1000 - 0.01))


def right_negative_temperatures() -> dict[str, Any]:
    made = np.random.default_rng(0)
    return _of(_with(flowers(), celsius=made.normal(-15, 12, 300).round(1)))


def right_sensor_stops_at_its_limit() -> dict[str, Any]:
    made = np.random.default_rng(0)
    return _of(_with(flowers(), lux=np.clip(made.lognormal(6, 0.7, 300), 0, 1000).round()))


def right_names_with_numbers_in_them() -> dict[str, Any]:
    made = np.random.default_rng(0)
    return _of(_with(flowers(), model=made.choice(["A4 2.0", "A4 1.8", "Golf 1.4", "Polo 1.0"], 300)))


def right_imbalance_weighted_and_averaged() -> dict[str, Any]:
    train = {"class_weight": "balanced"}
    return _of(frauds(3000, 0.04), train=train, evaluate={"metric": "average_precision"})


def right_days_in_their_order() -> dict[str, Any]:
    random = np.random.default_rng(5)
    days = np.datetime64("2022-01-01") + np.arange(500)
    y = 20 + 8 * np.sin(np.arange(500) / 58) + random.normal(size=500)
    frame = pl.DataFrame({"date": days, "rain": random.exponential(2, 500), "y": y})
    return _of(frame, data={"time": "date"}, split={"by": "time"})


def right_lag_of_yesterday() -> dict[str, Any]:
    random = np.random.default_rng(1)
    y = 10 + random.normal(size=500).cumsum() / 3
    frame = pl.DataFrame({"when": np.datetime64("2024-03-01", "D") + np.arange(500), "y": y})
    frame = frame.with_columns(lag_1=pl.col("y").shift(1)).tail(499)
    return _of(frame, data={"time": "when", "window": 14, "horizon": 1})


def right_trailing_rolling_mean() -> dict[str, Any]:
    random = np.random.default_rng(0)
    y = 10 + random.normal(size=500).cumsum() / 3
    when = np.datetime64("2024-03-01", "us") + np.arange(500) * np.timedelta64(3_600_000_000, "us")
    frame = pl.DataFrame({"when": when, "y": y}).with_columns(smooth=pl.col("y").rolling_mean(5, min_samples=1))
    return _of(frame, data={"time": "when", "window": 24, "horizon": 3})


def right_messages_of_a_form() -> dict[str, Any]:
    random = np.random.default_rng(6)
    words = [
        f"{a}{b}" for a in ("ka", "lo", "mi", "ne", "po", "ru", "sa", "ti") for b in ("ra", "len", "do", "mik", "sun")
    ]
    good, bad = ["great", "lovely", "superb"], ["awful", "broken", "poor"]
    texts, labels = [], []
    for i in range(300):
        own = " ".join(random.choice(words, 9))
        texts.append(f"dear team, {own} was {random.choice(good if i % 2 else bad)}, kind regards")
        labels.append("good" if i % 2 else "bad")
    return _of(pl.DataFrame({"text": texts, "y": labels}))


def right_plateau_of_a_falling_loss() -> dict[str, Any]:
    return _of(flowers(), scheduler="ReduceLROnPlateau(patience=3, factor=0.5)")


def right_betas_of_a_game() -> dict[str, Any]:
    return _of(flowers(), optimizer="Adam(lr=0.001, betas=(0.5, 0.999))")


def right_one_cycle_without_a_length() -> dict[str, Any]:
    return _of(flowers(600), scheduler="OneCycleLR(max_lr=0.01)", train={"epochs": 20, "batch_size": 32})


def right_sigmoid_and_bce_by_name() -> dict[str, Any]:
    return _of(flowers(classes=2), model=[*HIDDEN, "Linear(..., 1)", "Sigmoid"], loss="BCELoss")


def right_tanh_hidden_layers() -> dict[str, Any]:
    return _of(
        houses(), model=["Linear(..., 32)", "Tanh", "Linear(..., 16)", "Tanh", "Linear(..., 1)"], loss="HuberLoss"
    )


def right_some_answers_twice() -> dict[str, Any]:
    frame = flowers(300)
    return _of(pl.concat([frame, frame.head(3)]))


def right_amounts_without_cents() -> dict[str, Any]:
    values = [f"{1000 + 7 * i:,}" for i in range(300)]
    return _of(_with(flowers(), spent=values))


def right_share_of_unknown_is_said() -> dict[str, Any]:
    made = np.random.default_rng(0)
    values = ["unknown" if i % 7 == 0 else str(made.choice(["red", "blue", "green"])) for i in range(300)]
    return _of(_with(flowers(), colour=values))


def right_nothing_in_five_spellings() -> dict[str, Any]:
    made = np.random.default_rng(0)
    none = ["n/a", "-", "unknown", "none", "?"]
    values = [str(made.choice(none)) if i % 6 == 0 else f"{v:.1f}" for i, v in enumerate(made.normal(50, 9, 300))]
    return _of(_with(flowers(), age=values))


def right_country_after_filtering() -> dict[str, Any]:
    return _of(houses().with_columns(country=pl.lit("FI"), currency=pl.lit("EUR")))


def right_order_numbers_ascending() -> dict[str, Any]:
    return _of(houses().with_columns(order_id=pl.Series(range(10_001, 10_301))))
