"""Faulty descriptions and tables: `source` and the keys that `modelwright.check` takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, frauds, houses

HIDDEN = ["Linear(..., 32)", "ReLU"]


def _of(frame: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    return {"source": frame, "target": "y", **keys}


def h501_softmax_in_the_list() -> dict[str, Any]:
    return _of(flowers(), model=[*HIDDEN, "Linear(..., 3)", "Softmax(dim=1)"], loss="CrossEntropyLoss")


def h501_nll_of_logits() -> dict[str, Any]:
    return _of(flowers(), model=[*HIDDEN, "Linear(..., 3)"], loss="NLLLoss")


def h502_two_sigmoids() -> dict[str, Any]:
    return _of(flowers(classes=2), model=[*HIDDEN, "Linear(..., 1)", "Sigmoid"], loss="BCEWithLogitsLoss")


def h502_no_sigmoid() -> dict[str, Any]:
    return _of(flowers(classes=2), model=[*HIDDEN, "Linear(..., 1)"], loss="BCELoss")


def h503_softmax_of_one() -> dict[str, Any]:
    """Also H502."""
    return _of(flowers(classes=2), model=[*HIDDEN, "Linear(..., 1)", "Softmax(dim=1)"])


def h504_squares_for_names() -> dict[str, Any]:
    return _of(flowers(), loss="MSELoss")


def h504_accuracy_of_prices() -> dict[str, Any]:
    return _of(houses(), evaluate={"metric": "accuracy"})


def m401_linear_after_linear() -> dict[str, Any]:
    return _of(flowers(), model=["Linear(..., 64)", "Linear(64, 32)", "ReLU", "Linear(..., 3)"])


def m401_nested() -> dict[str, Any]:
    return _of(houses(), model=["Sequential(Linear(..., 64), Dropout(0.1))", "Linear(..., 1)"])


def m402_relu_at_the_end() -> dict[str, Any]:
    return _of(flowers(), model=[*HIDDEN, "Linear(..., 3)", "ReLU"], loss="CrossEntropyLoss")


def m402_dropout_at_the_end() -> dict[str, Any]:
    return _of(houses(), model=[*HIDDEN, "Linear(..., 1)", "Dropout(0.3)"])


def m403_two_activations() -> dict[str, Any]:
    return _of(flowers(), model=["Linear(..., 32)", "Sigmoid", "ReLU", "Linear(..., 3)"])


def m403_softmax_inside() -> dict[str, Any]:
    return _of(flowers(), model=["Linear(..., 32)", "Softmax(dim=1)", "Linear(..., 3)"])


def m407_dropout_of_nearly_all() -> dict[str, Any]:
    return _of(flowers(), model=[*HIDDEN, "Dropout(p=0.95)", "Linear(..., 3)"])


def o605_adam_of_five() -> dict[str, Any]:
    return _of(flowers(), optimizer="AdamW(lr=5)")


def o605_nothing() -> dict[str, Any]:
    return _of(houses(), optimizer="SGD(lr=0)")


def o606_cosine_of_three() -> dict[str, Any]:
    return _of(flowers(), scheduler="CosineAnnealingLR(T_max=3)", train={"epochs": 90})


def o606_milestones_after_the_end() -> dict[str, Any]:
    return _of(houses(), scheduler="MultiStepLR([100, 200])", train={"epochs": 30})


def o608_parts_of_two_rows() -> dict[str, Any]:
    layers = ["Linear(..., 32)", "BatchNorm1d(...)", "ReLU", "Linear(..., 3)"]
    return _of(flowers(), model=layers, train={"batch_size": 32, "accumulate": 16})


def s301_widths_apart() -> dict[str, Any]:
    return _of(flowers(), model=["Linear(..., 64)", "ReLU", "Linear(32, 3)"])


def s304_ten_for_three() -> dict[str, Any]:
    return _of(flowers(), model=[*HIDDEN, "Linear(..., 10)"])


def s304_two_for_a_price() -> dict[str, Any]:
    return _of(houses(), model=[*HIDDEN, "Linear(..., 2)"])


def s307_three_for_binary() -> dict[str, Any]:
    """Also H503."""
    return _of(flowers(), task="binary")


def t712_dead_from_the_start() -> dict[str, Any]:
    """Also T713 or M403."""
    return _of(flowers(), model=["Linear(..., 16)", "Threshold(1000, 0)", "Linear(..., ..., bias=False)"])


def d108_scaling_switched_off() -> dict[str, Any]:
    return _of(houses().with_columns(pl.col("area") * 1000), scale="none")


def d101_divided_by_zero() -> dict[str, Any]:
    """Also F007."""
    frame = houses()
    per_room = frame["area"] / np.where(np.arange(len(frame)) % 50 == 7, 0, frame["rooms"])
    return _of(frame.with_columns(per_room.alias("per_room")))


def d106_every_row_thrice() -> dict[str, Any]:
    """Also L204."""
    return _of(pl.concat([flowers()] * 3))


def d107_hardly_any_fraud() -> dict[str, Any]:
    return _of(frauds())


def l205_price_in_euros() -> dict[str, Any]:
    return _of(houses().with_columns((pl.col("y") * 0.92).alias("price_eur")))


def l205_code_of_the_class() -> dict[str, Any]:
    frame = flowers()
    return _of(frame.with_columns(pl.col("y").rank("dense").alias("label_id")))


def l204_the_same_rows_in_test() -> dict[str, Any]:
    """Also D106."""
    frame = flowers(200)
    return _of(pl.concat([frame, frame]))


def l207_time_shuffled() -> dict[str, Any]:
    """Also Y007."""
    frame = houses(365)
    days = pl.date_range(pl.date(2023, 1, 1), pl.date(2023, 12, 31), eager=True)
    return _of(frame.with_columns(days.alias("day")), data={"time": "day"}, split={"by": "random"})


def l208_patients_on_both_sides() -> dict[str, Any]:
    """Also Y007."""
    frame = flowers(300)
    groups = pl.Series("patient", [f"p{i % 30}" for i in range(300)])
    return _of(frame.with_columns(groups), data={"group": "patient"}, split={"by": "random"})


def l212_tail_of_sorted_rows() -> dict[str, Any]:
    """Also L213."""
    return _of(flowers().sort("y"), split={"shuffle": False})
