"""Faulty tables and descriptions as beginners have them: files from exports, columns of all kinds, layers by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, frauds, houses


def _of(frame: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    return {"source": frame, "target": "y", **keys}


def d101_infinite_growth() -> dict[str, Any]:
    """Also F007."""
    growth = np.random.default_rng(1).normal(size=300)
    growth[[3, 90]] = np.inf
    return _of(flowers().with_columns(pl.Series("growth", growth)))


def d102_year_is_always_the_same() -> dict[str, Any]:
    return _of(houses().with_columns(pl.lit(2023).alias("year")))


def d102_sensor_that_never_spoke() -> dict[str, Any]:
    return _of(flowers().with_columns(pl.lit(None, dtype=pl.Float64).alias("sensor_3")))


def d103_entry_counts_the_rows() -> dict[str, Any]:
    return _of(flowers().with_columns(pl.Series("entry", range(300))))


def d103_serial_number_of_a_device() -> dict[str, Any]:
    serial = np.random.default_rng(0).permutation(np.arange(70_000, 100_000, 100))
    return _of(houses().with_columns(pl.Series("serial", serial)))


def d104_temperatures_with_a_word() -> dict[str, Any]:
    values = [f"{v:.1f}" for v in flowers()["length"]]
    values[7] = values[150] = "sensor fault"
    return _of(flowers().with_columns(pl.Series("temperature", values)))


def d104_weights_with_a_comment() -> dict[str, Any]:
    values = [f"{v:.2f}" for v in houses()["area"]]
    values[3], values[44], values[45] = "about 80", "see file", "see file"
    return _of(houses().with_columns(pl.Series("weight", values)))


def d107_a_class_of_one_row() -> dict[str, Any]:
    """Also L213."""
    frame = flowers()
    y = frame["y"].to_list()
    y[0] = "orchid"
    return _of(frame.with_columns(pl.Series("y", y)))


def d109_salaries_as_they_are() -> dict[str, Any]:
    """Also D108."""
    return _of(houses(), scale="none", model=["Linear(..., 1)"])


def d106_copies_after_a_join() -> dict[str, Any]:
    """Also L204."""
    frame = houses(200)
    return _of(pl.concat([frame, frame.sample(80, seed=0)]).sample(fraction=1.0, shuffle=True, seed=1))


def l205_target_in_other_words() -> dict[str, Any]:
    frame = flowers(classes=2)
    return _of(frame.with_columns((pl.col("y") == "rose").cast(pl.Int64).alias("is_rose")))


def l205_sum_that_contains_the_price() -> dict[str, Any]:
    return _of(houses().with_columns((pl.col("y") + 500).alias("total_with_fees")))


def l206_row_number_of_a_sorted_file() -> dict[str, Any]:
    """Also L205 or D103."""
    frame = flowers().sort("y")
    return _of(frame.with_columns(pl.Series("entry", np.arange(300) * 3 + 7)), data={"columns": {"entry": "numeric"}})


def l208_sessions_of_users() -> dict[str, Any]:
    """Also Y007 or L204."""
    frame = flowers(400, classes=2)
    user = pl.Series("user_id", [f"u{i // 10}" for i in range(400)])
    return _of(frame.with_columns(user), data={"group": "user_id"}, split={"by": "random", "test_size": 0.25})


def l207_sales_split_at_random() -> dict[str, Any]:
    """Also Y007."""
    frame = houses(400)
    when = pl.Series("sold", np.datetime64("2020-01-01") + np.sort(np.random.default_rng(0).integers(0, 900, 400)))
    return _of(frame.with_columns(when), data={"time": "sold"}, split={"by": "random"})


def l212_no_shuffle_on_sorted_flowers() -> dict[str, Any]:
    """Also L213."""
    return _of(flowers(240).sort("y"), split={"shuffle": False, "test_size": 0.3})


def l214_a_claim_from_six_rows() -> dict[str, Any]:
    return _of(flowers(60), split={"test_size": 0.1})


def h501_log_softmax_of_probabilities() -> dict[str, Any]:
    """Also M403 or M402."""
    return _of(flowers(), model=["Linear(..., 16)", "ReLU", "Linear(..., 3)", "Softmax(1)"], loss="NLLLoss")


def h503_softmax_over_one_unit() -> dict[str, Any]:
    """Also H502 or S304."""
    return _of(
        flowers(classes=2), model=["Linear(..., 16)", "ReLU", "Linear(..., 1)", "Softmax(dim=-1)"], loss="BCELoss"
    )


def h504_cross_entropy_of_prices() -> dict[str, Any]:
    return _of(houses(), loss="CrossEntropyLoss")


def h504_r2_of_flowers() -> dict[str, Any]:
    return _of(flowers(), evaluate={"metric": "r2"})


def h509_sigmoid_for_a_price() -> dict[str, Any]:
    """Also M402."""
    return _of(houses(), model=["Linear(..., 16)", "ReLU", "Linear(..., 1)", "Sigmoid"])


def h509_relu_for_a_scaled_price() -> dict[str, Any]:
    """Also M402."""
    return _of(houses(), model=["Linear(..., 16)", "ReLU", "Linear(..., 1)", "ReLU"])


def h508_weights_of_another_order() -> dict[str, Any]:
    model = ["Linear(..., 16)", "ReLU", "Linear(..., 2)"]
    return _of(frauds(share=0.05), task="multiclass", model=model, loss="CrossEntropyLoss(weight=[0.95, 0.05])")


def m401_three_linear_layers() -> dict[str, Any]:
    return _of(houses(), model=["Linear(..., 128)", "Linear(128, 64)", "Linear(64, 1)"])


def m403_sigmoid_then_tanh() -> dict[str, Any]:
    return _of(houses(), model=["Linear(..., 32)", "Sigmoid", "Tanh", "Linear(..., 1)"])


def m407_keeps_a_twentieth() -> dict[str, Any]:
    return _of(flowers(), model=["Linear(..., 32)", "ReLU", "Dropout(0.96)", "Linear(..., 3)"])


def m408_rest_of_one_row() -> dict[str, Any]:
    layers = ["Linear(..., 32)", "BatchNorm1d(...)", "ReLU", "Linear(..., 3)"]
    return _of(flowers(300), model=layers, train={"batch_size": 1})


def o605_sgd_of_a_thousand() -> dict[str, Any]:
    return _of(houses(), optimizer="SGD(lr=1000)")


def o605_adam_of_a_billionth() -> dict[str, Any]:
    return _of(flowers(), optimizer="Adam(lr=1e-12)")


def o606_warm_up_longer_than_training() -> dict[str, Any]:
    return _of(flowers(), scheduler="LinearLR(start_factor=0.01, total_iters=500)", train={"epochs": 20})


def o606_step_after_the_end() -> dict[str, Any]:
    return _of(flowers(), scheduler="StepLR(step_size=50)", train={"epochs": 20})


def s304_one_output_for_three_flowers() -> dict[str, Any]:
    """Also H503 or S307."""
    return _of(flowers(), model=["Linear(..., 16)", "ReLU", "Linear(16, 1)"])


def s301_columns_counted_by_hand() -> dict[str, Any]:
    return _of(houses(), model=["Linear(3, 16)", "ReLU", "Linear(16, 1)"])


def s301_hidden_layers_do_not_meet() -> dict[str, Any]:
    return _of(houses(), model=["nn.Linear(..., 64)", "nn.ReLU()", "nn.Linear(128, 1)"])
