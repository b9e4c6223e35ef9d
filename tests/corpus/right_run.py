"""Right runs that look suspicious: rough curves, unequal classes, small networks that learn nevertheless."""

from __future__ import annotations

from typing import Any

import polars as pl

from corpus.tables import flowers, frauds, houses

HIDDEN = ["Linear(..., 32)", "ReLU", "Linear(..., 32)", "ReLU", "Linear(..., ...)"]


def _run(frame: pl.DataFrame, epochs: int = 10, **keys: Any) -> dict[str, Any]:
    train = {"epochs": epochs, "batch_size": 32, **keys.pop("train", {})}
    return {"source": frame, "target": "y", "run": True, "train": train, **keys}


def right_one_cycle() -> dict[str, Any]:
    return _run(
        flowers(600), 15, model=HIDDEN, optimizer="SGD(lr=0.05, momentum=0.9)", scheduler="OneCycleLR(max_lr=0.1)"
    )


def right_warm_restarts() -> dict[str, Any]:
    return _run(houses(600), 16, model=HIDDEN, scheduler="CosineAnnealingWarmRestarts(T_0=4)")


def right_tanh_network() -> dict[str, Any]:
    layers = ["Linear(..., 32)", "Tanh", "Linear(..., 32)", "Tanh", "Linear(..., ...)"]
    return _run(houses(600), 20, model=layers)


def right_frauds_by_balanced_accuracy() -> dict[str, Any]:
    keys = {"evaluate": {"metric": "balanced_accuracy"}, "train": {"class_weight": "balanced"}}
    return _run(frauds(3000, share=0.06), 8, model=HIDDEN, **keys)


def right_normalised_layers() -> dict[str, Any]:
    layers = ["Linear(..., 32)", "BatchNorm1d(...)", "ReLU", "Dropout(0.2)", "Linear(..., ...)"]
    return _run(flowers(900), 20, model=layers)


def right_many_epochs_on_few_rows() -> dict[str, Any]:
    return _run(flowers(400), 60, model=HIDDEN)


def right_gradients_are_clipped() -> dict[str, Any]:
    return _run(houses(600), 15, model=HIDDEN, train={"clip_grad_norm": 1.0})


def right_linear_model() -> dict[str, Any]:
    return _run(houses(600), 25, model="linear", optimizer="AdamW(lr=0.05)")
