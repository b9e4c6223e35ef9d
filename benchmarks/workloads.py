"""The four workloads that benchmarks/compare.py times: what modelwright is asked, and how its score is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from peers import raw
from texts import ATTENTION, news

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data")).resolve()


@dataclass(frozen=True, slots=True)
class Workload:
    """A description, what writes its files, the score it is judged by, and the ratios that are asked for."""

    title: str
    metric: str
    description: str
    write: Callable[[Path], object]
    score: Callable[[Path, dict[str, Any]], float]
    asked: dict[str, float]


def told(_: Path, answer: dict[str, Any]) -> float:
    """Return the score that the command told."""
    return float(answer["score"]["value"])


def adult(folder: Path) -> None:
    """Write the rows as `peers/raw.py` splits them, values as they stand."""
    files = [DATA / "adult" / f"adult-{part}.csv" for part in ("train", "test")]
    parts = [pl.read_csv(file, has_header=False, new_columns=raw.ADULT, infer_schema=False) for file in files]
    rows = pl.concat(parts).with_columns(pl.all().str.strip_chars())
    rows = rows.with_columns(pl.col("income").str.strip_suffix("."))
    order = np.random.RandomState(0).permutation(len(rows))
    cut = int(len(rows) * 0.8)
    rows[order[:cut]].write_csv(folder / "train.csv")
    rows[order[cut:]].write_csv(folder / "test.csv")


def standardised(run: Path, _: dict[str, Any]) -> float:
    """Return the error of a run on ETTh1 in standardised units, found by another process: what this one has loaded
    would count as the peak memory of those that it starts."""
    done = subprocess.run([sys.executable, __file__, str(run)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def standardised_error(run: Path) -> float:
    """Return the mean squared error over all windows of the test months."""
    import modelwright
    from modelwright.data.columns import Examples

    values = pl.read_csv(DATA / "ett" / "ETTh1.csv").drop("date").to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(values[11520 - 96 : 14400], 120, axis=0).swapaxes(1, 2)
    model = modelwright.load(run / "model.safetensors")
    name = model.plan.inputs[0].name
    shown = np.ascontiguousarray(windows[:, :96], dtype=np.float32)
    found = model.answers(Examples(pl.DataFrame({name: np.arange(len(windows))}), {name: shown}))
    errors = (np.asarray(found).reshape(len(windows), 24, 7) - windows[:, 96:]) / values[:8640].std(0)
    return float((errors**2).mean())


TABLE = """data: {path: train.csv, test: test.csv, target: income}
split: {validation_size: 0}
scale: StandardScaler
encode: {category: OneHotEncoder}
model: mlp(hidden=[128, 128])
optimizer: Adam(lr=0.001)
scheduler: none
train: {epochs: 10, batch_size: 256}
"""
PICTURES = """data: {{path: {data}/mnist}}
transform: Normalize(0.1307, 0.3081)
split: {{validation_size: 0}}
model:
  - Conv2d(..., 16, 3, padding=1)
  - ReLU
  - MaxPool2d(2)
  - Conv2d(..., 32, 3, padding=1)
  - ReLU
  - MaxPool2d(2)
  - Flatten
  - Linear(..., 10)
optimizer: Adam(lr=0.001)
scheduler: none
train: {{epochs: 2, batch_size: 64}}
"""
SERIES = """data: {{path: {data}/ett/ETTh1.csv, time: date, target: all, window: 96, horizon: 24}}
split: {{sizes: [8640, 0, 2880], gap: 2880}}
scale: MinMaxScaler
model: gru(hidden_size=64)
optimizer: Adam(lr=0.001)
scheduler: none
train: {{epochs: 2, batch_size: 64}}
"""
WORKLOADS = {
    "table": Workload(
        "Adult, MLP 128-128, batch 256, 10 epochs",
        "accuracy",
        TABLE,
        adult,
        told,
        {"fastest peer": 0.75, "lightning_": 0.35, "skorch_": 0.35, "textbook": 0.1},
    ),
    "pictures": Workload(
        "MNIST, two convolutions, batch 64, 2 epochs",
        "accuracy",
        PICTURES.format(data=DATA),
        lambda _: None,
        told,
        {"fastest peer": 0.4, "fast_torch": 0.75, "lightning_": 0.35},
    ),
    "series": Workload(
        "ETTh1, GRU 64, 96 to 24 steps of 7 channels, batch 64, 2 epochs",
        "mean squared error",
        SERIES.format(data=DATA),
        lambda _: None,
        standardised,
        {"fastest peer": 0.6, "lightning_": 0.35},
    ),
    "texts": Workload(
        "AG News, one attention block, batch 128, 3 epochs",
        "accuracy",
        ATTENTION,
        news,
        told,
        {"fastest peer": 0.5, "lightning_": 0.35},
    ),
}

if __name__ == "__main__":
    print(standardised_error(Path(sys.argv[1])))
