"""Faulty runs: what shows only while a model is trained, or when it is scored. Each is trained for a few epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.tables import flowers, frauds, houses

HIDDEN = ["Linear(..., 32)", "ReLU", "Linear(..., 32)", "ReLU", "Linear(..., ...)"]

WIDE = ["Linear(..., 512)", "ReLU", "Linear(..., 512)", "ReLU", "Linear(..., ...)"]


def _run(frame: pl.DataFrame, epochs: int = 10, **keys: Any) -> dict[str, Any]:
    train = {"epochs": epochs, "batch_size": 32, **keys.pop("train", {})}
    return {"source": frame, "target": "y", "run": True, "train": train, **keys}


def t702_rate_that_grows() -> dict[str, Any]:
    """Also R005, which is T701, where it ends in infinity."""
    return _run(houses(), model=HIDDEN, optimizer="SGD(lr=0.001, momentum=0.99)", scheduler="ExponentialLR(gamma=2.2)")


def t702_momentum_of_nearly_one() -> dict[str, Any]:
    """Also T704, O612, T710 or E801."""
    return _run(houses(), 12, model=HIDDEN, optimizer="SGD(lr=0.05, momentum=0.995)")


def t703_rate_of_nothing() -> dict[str, Any]:
    """Also O612, E801."""
    return _run(flowers(), model=HIDDEN, optimizer="SGD(lr=0.0000002)")


def t703_deep_and_flat() -> dict[str, Any]:
    """Also T705, T710 or E801."""
    layers = [layer for _ in range(12) for layer in ("Linear(..., 16)", "Sigmoid")]
    return _run(flowers(), model=[*layers, "Linear(..., ...)"], optimizer="SGD(lr=0.01)")


def t704_rate_of_one() -> dict[str, Any]:
    """Also O612, T702 or T710."""
    return _run(flowers(), 20, model=HIDDEN, optimizer="SGD(lr=1.0, momentum=0.9)")


def t704_adam_jumps() -> dict[str, Any]:
    """Also O612, T702, T710 or E801."""
    return _run(houses(), 20, model=HIDDEN, optimizer="AdamW(lr=0.5)")


def t705_twenty_sigmoids() -> dict[str, Any]:
    """Also T703, T710."""
    layers = [layer for _ in range(20) for layer in ("Linear(..., 16)", "Sigmoid")]
    return _run(houses(), model=[*layers, "Linear(..., ...)"], optimizer="SGD(lr=0.1)")


def t707_first_steps_kill_the_units() -> dict[str, Any]:
    """Also T704, O612, T702, T710, T709 or E801."""
    return _run(flowers(), model=HIDDEN, optimizer="SGD(lr=30)")


def t708_driven_to_the_ends() -> dict[str, Any]:
    """Also O612, T704, T710 or E801."""
    layers = ["Linear(..., 32)", "Tanh", "Linear(..., 32)", "Tanh", "Linear(..., ...)"]
    return _run(flowers(), model=layers, optimizer="AdamW(lr=0.9)")


def t709_layer_behind_dead_units() -> dict[str, Any]:
    """Also T707, T710, T703 or E801."""
    layers = ["Linear(..., 16)", "Threshold(1000, 0)", "Linear(..., 16)", "ReLU", "Linear(..., ...)"]
    return _run(flowers(), model=layers, optimizer="SGD(lr=0.01)")


def t710_always_the_mean() -> dict[str, Any]:
    """Also T703, T707 or E801."""
    layers = ["Linear(..., 16)", "Threshold(1000, 0)", "Linear(..., ...)"]
    return _run(houses(), model=layers)


def o612_steps_as_large_as_the_weights() -> dict[str, Any]:
    """Also T704, T707, E801."""
    return _run(houses(), model=HIDDEN, optimizer="AdamW(lr=0.9)")


def o612_steps_too_small_to_see() -> dict[str, Any]:
    """Also T703."""
    return _run(houses(), model=HIDDEN, optimizer="AdamW(lr=0.0000001)")


def e801_overfitted_noise() -> dict[str, Any]:
    frame = houses(200)
    wide = {f"n{i}": np.random.default_rng(i).normal(size=200) for i in range(30)}
    return _run(frame.with_columns(**{n: pl.Series(v) for n, v in wide.items()}), 40, model=WIDE)


def e803_accuracy_of_frauds() -> dict[str, Any]:
    """Also E806."""
    return _run(frauds(2000, share=0.04), 5, evaluate={"metric": "accuracy"})


def e803_accuracy_of_a_rare_flower() -> dict[str, Any]:
    """Also E806 or D107."""
    frame = flowers(1200, classes=2)
    rare = frame.filter(pl.col("y") == "rose").head(40)
    return _run(pl.concat([frame.filter(pl.col("y") != "rose"), rare]), 5, evaluate={"metric": "accuracy"})


def e806_nobody_is_a_fraud() -> dict[str, Any]:
    """Also E803."""
    frame = frauds(2000, share=0.03).with_columns(amount=pl.lit(1.0) * pl.int_range(2000).shuffle(seed=1))
    return _run(frame.with_columns(hour=pl.int_range(2000).shuffle(seed=2) % 24), 8, evaluate={"metric": "accuracy"})


def e808_means_that_never_settle() -> dict[str, Any]:
    """Also E801, E802 or T710."""
    layers = ["Linear(..., 32)", "BatchNorm1d(..., momentum=0.00001)", "ReLU", "Linear(..., ...)"]
    frame = houses().with_columns(area=pl.col("area") * 1000 + 90_000)
    return _run(frame, 4, model=layers, scale="none")


def e804_one_column_says_it_all() -> dict[str, Any]:
    """Also L205."""
    frame = flowers(400, classes=2)
    score = (frame["y"] == "rose").cast(pl.Float64) + pl.Series(np.random.default_rng(5).normal(0, 0.1, 400))
    return _run(frame.with_columns(score.alias("ward_code")), 10)


def t705_deep_tanh_and_tiny_weights() -> dict[str, Any]:
    """Also T703, T710, O612, T709 or E801."""
    layers = [layer for _ in range(16) for layer in ("Linear(..., 8)", "Hardsigmoid")]
    return _run(flowers(), model=[*layers, "Linear(..., ...)"], optimizer="SGD(lr=0.05)")


def t709_second_branch_is_cut_off() -> dict[str, Any]:
    """Also T707, T705, T710, T703 or E801."""
    layers = ["Linear(..., 16)", "ReLU", "Linear(..., 16)", "Hardshrink(1000)", "Linear(..., ...)"]
    return _run(houses(), model=layers)


def t710_dead_classifier() -> dict[str, Any]:
    """Also T707, T703 or E801."""
    layers = ["Linear(..., 16)", "Threshold(100, 0)", "Linear(..., ...)"]
    return _run(flowers(), model=layers)


def e801_target_was_shuffled() -> dict[str, Any]:
    frame = houses(400)
    keys = {"model": WIDE, "optimizer": "AdamW(lr=0.003)", "split": {"validation_size": 0}}
    return _run(frame.with_columns(y=frame["y"].shuffle(seed=1)), 60, **keys)


def e804_temperature_that_was_measured_after() -> dict[str, Any]:
    """Also L205."""
    frame = houses(400)
    tax = frame["y"] * 0.03 + pl.Series(np.random.default_rng(6).normal(0, 300, 400))
    return _run(frame.with_columns(tax.alias("tax_paid")), 40)


def e806_nobody_is_ill() -> dict[str, Any]:
    """Also E803."""
    random = np.random.default_rng(8)
    frame = pl.DataFrame({"age": random.integers(20, 90, 1500), "pulse": random.normal(70, 9, 1500)})
    ill = pl.Series(np.where(random.random(1500) < 0.05, "ill", "well"))
    return _run(frame.with_columns(y=ill), 6, evaluate={"metric": "accuracy"})


def e808_three_steps_are_too_few() -> dict[str, Any]:
    """Also E801, E802 or T710."""
    layers = ["Linear(..., 32)", "BatchNorm1d(..., momentum=0.001)", "Tanh", "Linear(..., ...)"]
    frame = flowers(400).with_columns(pl.col("length", "width", "height", "weight_g") * 40 + 300)
    return _run(frame, 3, model=layers, scale="none")
