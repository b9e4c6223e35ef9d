"""Faulty tables and descriptions of analysts: exports of a shop, of sensors and of surveys, as they were sent."""

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


def l205_logarithm_of_the_price() -> dict[str, Any]:
    return _of(houses().with_columns(log_price=pl.col("y").abs().log()))


def l205_two_parts_of_the_answer() -> dict[str, Any]:
    frame = flowers(400, classes=2)
    return _of(frame.with_columns(is_rose=(pl.col("y") == "rose").cast(pl.Int8)))


def l205_price_a_metre_and_metres() -> dict[str, Any]:
    """Also L208."""
    return _of(houses().with_columns(rank=pl.col("y").rank("ordinal")))


def l205_reason_for_the_refusal() -> dict[str, Any]:
    frame = flowers(400, classes=2)
    made = np.random.default_rng(1)
    reasons = ["income too low" if made.random() < 0.5 else "no documents" for _ in range(400)]
    said = [why if y == "rose" else "" for why, y in zip(reasons, frame["y"], strict=True)]
    return _of(_with(frame, reason=said))


def l208_clips_of_videos() -> dict[str, Any]:
    random = np.random.default_rng(2)
    own = random.normal(size=(30, 4)).repeat(12, axis=0)
    x = own + 0.1 * random.normal(size=own.shape)
    names = [f"video{i:02d}" for i in range(30) for _ in range(12)]
    y = np.where(own[:, 0] + random.normal(0, 0.7, 30).repeat(12) > 0, "goal", "none")
    return _of(pl.DataFrame({"video": names, **{f"f{i}": x[:, i] for i in range(4)}, "y": y}))


def l208_engines_by_number() -> dict[str, Any]:
    random = np.random.default_rng(3)
    engine = np.arange(1, 41).repeat(15)
    wear = random.normal(size=40).repeat(15)
    cycle = np.tile(np.arange(15), 40)
    y = 100 + 20 * wear - cycle + random.normal(0, 1, 600)
    heat, hum = wear + 0.1 * random.normal(size=600), wear * 2 + 0.1 * random.normal(size=600)
    return _of(pl.DataFrame({"engine_id": engine, "cycle": cycle, "heat": heat, "hum": hum, "y": y}))


def l207_unix_seconds_split_at_random() -> dict[str, Any]:
    random = np.random.default_rng(4)
    frame = pl.DataFrame({"timestamp": 1_700_000_000 + 3600 * np.arange(500), "load": random.normal(size=500)})
    y = 50 + 0.05 * np.arange(500) + 5 * np.sin(np.arange(500) / 24) + random.normal(size=500)
    return _of(frame.with_columns(y=pl.Series(y)), data={"time": "timestamp"}, split={"by": "random"})


def l207_days_as_text_and_shuffled() -> dict[str, Any]:
    random = np.random.default_rng(5)
    days = np.datetime64("2022-01-01") + np.arange(500)
    y = 20 + 8 * np.sin(np.arange(500) / 58) + random.normal(size=500)
    frame = pl.DataFrame({"date": [str(d) for d in days], "rain": random.exponential(2, 500), "y": y})
    return _of(frame, split={"test_size": 0.2, "shuffle": True})


def l204_minority_repeated_before_the_split() -> dict[str, Any]:
    """Also D106."""
    frame = frauds(1500, 0.05)
    return _of(pl.concat([frame, *[frame.filter(pl.col("y") == "yes")] * 12]))


def l204_reviews_posted_again() -> dict[str, Any]:
    """Also D106: texts that differ in a word."""
    random = np.random.default_rng(6)
    good = ["great", "lovely", "perfect", "superb", "solid"]
    bad = ["awful", "broken", "poor", "useless", "flimsy"]
    things = ["kettle", "lamp", "chair", "phone", "bag", "shoe", "mixer", "clock", "radio", "scarf", "drill", "tent"]
    extra = ["box", "cable", "manual", "colour", "handle", "button", "cover", "price", "shop", "parcel", "weight"]
    texts, labels = [], []
    for i in range(150):
        word = str(random.choice(good if i % 2 else bad))
        said = [word, *random.choice(things, 3), *random.choice(extra, 4)]
        text = f"bought the {said[1]} for my {said[2]} and the {said[4]} was {said[0]}, the {said[5]} of the {said[3]}"
        text += f" came with a {said[6]} and a {said[7]} order {i}"
        for day in ("monday", "tuesday", "friday"):
            texts.append(f"{text} on {day}")
            labels.append("good" if i % 2 else "bad")
    order = random.permutation(len(texts))
    return _of(pl.DataFrame({"text": np.array(texts)[order], "y": np.array(labels)[order]}))


def d103_policy_numbers() -> dict[str, Any]:
    return _of(_with(houses(), policy_no=np.random.default_rng(0).permutation(np.arange(500_000, 500_300))))


def d103_mail_addresses() -> dict[str, Any]:
    names = [f"user{i * 37 % 1000}@example.org" for i in range(300)]
    return _of(_with(flowers(), email=names), data={"columns": {"email": "category"}})


def d104_dollars_with_commas() -> dict[str, Any]:
    values = [f"{1000 + 7.5 * i:,.2f} USD" for i in range(300)]
    return _of(_with(flowers(), spent=values))


def d104_minutes_and_seconds_mixed() -> dict[str, Any]:
    made = np.random.default_rng(0).uniform(1, 90, 300)
    values = [f"{v:.0f} min" if i % 3 else f"{v * 60:.0f} s" for i, v in enumerate(made)]
    return _of(_with(houses(), walk=values))


def d104_no_measurement_is_minus_999() -> dict[str, Any]:
    """Also D108, D110 or D101: a number stands for a missing value."""
    frame = flowers()
    wet = np.random.default_rng(0).uniform(20, 90, 300).round(1)
    wet[::11] = -999
    return _of(_with(frame, humidity=wet))


def d101_rows_nobody_labelled() -> dict[str, Any]:
    y = [None if i % 9 < 5 else v for i, v in enumerate(flowers()["y"])]
    return _of(_with(flowers(), y=y))


def d106_survey_answered_twice_otherwise() -> dict[str, Any]:
    frame = flowers(200, classes=2)
    other = frame.with_columns(y=pl.when(pl.col("y") == "rose").then(pl.lit("daisy")).otherwise(pl.lit("rose")))
    return _of(pl.concat([frame, other.head(120)]).sample(fraction=1.0, shuffle=True, seed=0))


def d107_defects_among_good_parts() -> dict[str, Any]:
    return _of(frauds(2000, 0.003), loss="CrossEntropyLoss")


def d109_revenue_by_plain_descent() -> dict[str, Any]:
    """Also D108."""
    return _of(houses(), scale="none", optimizer="SGD(lr=0.01)", loss="MSELoss")


def d114_two_clocks_in_one_log() -> dict[str, Any]:
    random = np.random.default_rng(0)
    start = np.datetime64("2024-03-01", "us")
    early = start + np.arange(200) * np.timedelta64(600_000_000, "us")
    late = early[-1] + (1 + np.arange(200)) * np.timedelta64(3_600_000_000, "us")
    when = np.concatenate([early, late])
    frame = pl.DataFrame({"when": when, "y": 10 + random.normal(size=400).cumsum() / 5})
    return _of(frame, data={"time": "when", "window": 24, "horizon": 6})


def l215_centred_rolling_mean() -> dict[str, Any]:
    random = np.random.default_rng(0)
    y = 10 + random.normal(size=500).cumsum() / 3
    when = np.datetime64("2024-03-01", "us") + np.arange(500) * np.timedelta64(3_600_000_000, "us")
    frame = pl.DataFrame({"when": when, "y": y})
    frame = frame.with_columns(smooth=pl.col("y").rolling_mean(5, center=True, min_samples=1))
    return _of(frame, data={"time": "when", "window": 24, "horizon": 3})


def l215_yesterdays_value_shifted_the_wrong_way() -> dict[str, Any]:
    """Also L205."""
    random = np.random.default_rng(1)
    y = 10 + random.normal(size=500).cumsum() / 3
    frame = pl.DataFrame({"when": np.datetime64("2024-03-01", "D") + np.arange(500), "y": y})
    frame = frame.with_columns(lag_1=pl.col("y").shift(-1)).head(499)
    return _of(frame, data={"time": "when", "window": 14, "horizon": 1})


def l214_one_percent_for_the_test() -> dict[str, Any]:
    return _of(flowers(), split={"test_size": 0.01})


def h509_tanh_for_a_standardised_price() -> dict[str, Any]:
    """Also M402."""
    return _of(houses(), model=[*HIDDEN, "Linear(..., 1)", "Tanh"], loss="HuberLoss")


def h503_softmax_and_bce_for_yes_and_no() -> dict[str, Any]:
    """Also M402, H501, H502."""
    return _of(flowers(classes=2), model=[*HIDDEN, "Linear(..., 1)", "Softmax(dim=1)"], loss="BCELoss")


def h504_f1_of_prices() -> dict[str, Any]:
    """Also Y007, Y003."""
    return _of(houses(), evaluate={"metric": "f1"})


def o605_betas_exchanged() -> dict[str, Any]:
    return _of(flowers(), optimizer="Adam(lr=0.001, betas=(0.999, 0.9))")


def o606_plateau_of_a_growing_loss() -> dict[str, Any]:
    return _of(flowers(), scheduler="ReduceLROnPlateau(mode='max', patience=2)")


def o606_one_cycle_of_fewer_steps() -> dict[str, Any]:
    """Also Y005, Y007."""
    return _of(
        flowers(600), scheduler="OneCycleLR(max_lr=0.01, total_steps=20)", train={"epochs": 40, "batch_size": 32}
    )


def m403_relu_after_softplus() -> dict[str, Any]:
    return _of(houses(), model=["Linear(..., 32)", "Softplus", "ReLU", "Linear(..., 1)"])


def h508_balanced_for_a_price() -> dict[str, Any]:
    """Also Y007."""
    return _of(houses(), train={"class_weight": "balanced"})


def h501_loss_after_softmax_by_name() -> dict[str, Any]:
    return _of(flowers(), model=[*HIDDEN, "nn.Linear(32, 3)", "nn.Softmax(-1)"], loss="nn.CrossEntropyLoss()")


def y004_relu_in_small_letters() -> dict[str, Any]:
    return _of(flowers(), model=["Linear(..., 32)", "Relu", "Linear(..., 3)"])


def y001_epoch_for_epochs() -> dict[str, Any]:
    return _of(flowers(), train={"epoch": 10})
