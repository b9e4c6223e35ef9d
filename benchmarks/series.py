"""Accuracy of the defaults on sequences and forecasts (the UEA & UCR archive, ETTh1), and the memory of windows.

MODELWRIGHT_DATA=../shared/data python benchmarks/series.py archive     # five data sets, 3 seeds
MODELWRIGHT_DATA=../shared/data python benchmarks/series.py ett         # horizons 96 to 720 beside published rows
MODELWRIGHT_DATA=../shared/data python benchmarks/series.py ett transformer 96      # another recipe, some horizons
MODELWRIGHT_DATA=../shared/data python benchmarks/series.py gru         # 96 → 24, 2 epochs, standardised units
python benchmarks/series.py memory                                      # peak for windows of 24 and of 720 steps
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

import modelwright

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data"))
ARCHIVE = {
    "ECG200": ("tsv", 0.88),
    "GunPoint": ("ts", 0.98),
    "BasicMotions": ("ts", 0.97),
    "JapaneseVowels": ("ts", 0.96),
    "ItalyPowerDemand": ("ts", 0.95),
}
PUBLISHED = {96: 0.375, 192: 0.405, 336: 0.439, 720: 0.472}
"""DLinear, look-back 336, as printed in cure-lab/LTSF-Linear; its test loader drops the last batch."""
ETT = {"time": "date", "target": "all"}


def archive(*names: str) -> None:
    """Print the test accuracy of three seeds for each data set."""
    for name, (ending, wanted) in ARCHIVE.items():
        if names and name not in names:
            continue
        place = DATA / "ucr-uea" / name / name
        scores: list[float] = []
        for seed in range(3):
            run = modelwright.train(
                f"{place}_TRAIN.{ending}",
                data={"test": f"{place}_TEST.{ending}"},
                train={"seed": seed},
                runs=tempfile.mkdtemp(),
                report=False,
            )
            scores.append(run.result.scores["accuracy"].value)
        told = ", ".join(f"{score:.4f}" for score in scores)
        print(f"{name:18} mean {np.mean(scores):.4f} ({told}); asked for {wanted}", flush=True)


def ett(model: str = "linear", *horizons: str) -> None:
    """Print the error on ETTh1 in standardised units, seven channels, look-back 336, of three seeds."""
    for horizon in [int(each) for each in horizons] or PUBLISHED:
        found: list[float] = []
        run = None
        for seed in range(3):
            given = {"window": 336, "horizon": horizon}
            run = _ett(seed, given, split={"sizes": [8640, 2880, 2880]}, model=model, report=False)
            found.append(run.score.value)
        assert run is not None
        simple = ", ".join(f"{each.name} {each.value:.3f}" for each in run.result.baselines)
        told = ", ".join(f"{score:.4f}" for score in found)
        print(
            f"{model} {horizon}: mean {np.mean(found):.4f} ({told}); DLinear {PUBLISHED[horizon]}; {simple}", flush=True
        )


def gru() -> None:
    """Print the error of a GRU with 64 units after two epochs, scaled to 0…1 and told in standardised units."""
    values = pl.read_csv(DATA / "ett" / "ETTh1.csv").drop("date").to_numpy()
    spread = values[:8640].std(0)
    for seed in range(3):
        run = _ett(
            seed,
            {"window": 96, "horizon": 24},
            split={"sizes": [8640, 0, 2880], "gap": 2880},
            scale="MinMaxScaler",
            model="gru(hidden_size=64)",
            optimizer="Adam(lr=0.001)",
            train={"epochs": 2, "batch_size": 64},
            report=False,
        )
        windows = np.lib.stride_tricks.sliding_window_view(values[11520 - 96 : 14400], 120, axis=0).swapaxes(1, 2)
        frame = pl.DataFrame({run.plan.inputs[0].name: np.arange(len(windows))})
        examples = examples_of(frame, windows[:, :96])
        found = run.model.answers(examples).reshape(len(windows), 24, 7)
        print(f"seed {seed}: {(((found - windows[:, 96:]) / spread) ** 2).mean():.4f}", flush=True)


def examples_of(frame: pl.DataFrame, windows: np.ndarray) -> object:
    """Return windows as a model takes them."""
    from modelwright.data.columns import Examples

    return Examples(frame, {frame.columns[0]: np.ascontiguousarray(windows, dtype=np.float32)})


def _ett(seed: int, data: dict[str, object], **settings: object) -> modelwright.Run:
    training = {"seed": seed, **dict(settings.pop("train", {}))}  # pyright: ignore
    return modelwright.train(
        DATA / "ett" / "ETTh1.csv",
        data={**ETT, **data},
        evaluate={"metric": "mse", "units": "scaled"},
        train=training,
        runs=tempfile.mkdtemp(),
        **settings,  # pyright: ignore
    )


def memory() -> None:
    """Print the peak of a process that trains on windows of 24 and of 720 steps of a series of 10⁶ rows."""
    for window in (24, 720):
        done = subprocess.run(
            [sys.executable, __file__, "peak", str(window)], capture_output=True, text=True, check=True
        )
        print(f"window {window}: {done.stdout.strip()} MB", flush=True)


def peak(window: int) -> None:
    """Print the peak of this process after an epoch's batches of windows."""
    import torch

    from modelwright.data.batches import Batches
    from modelwright.data.steps import segments
    from modelwright.data.windows import Windows

    rows = 1_000_000
    series = torch.zeros(rows, 7)
    runs = segments(np.arange(rows), np.ones(rows, bool), [(0, rows)], window, 24, 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tensors = (Windows.of(series, window, runs), Windows.of(series[window:], 24, runs, flat=True))
    for number, _ in enumerate(Batches(tensors, 64, 0).epoch(0)):
        if number == 200:
            break
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"series {series.numel() * 4 / 2**20:.0f}, batches and their order {(after - before) / 2**10:.0f} more")


COMMANDS: dict[str, Callable[..., None]] = {"archive": archive, "ett": ett, "gru": gru, "memory": memory}

if __name__ == "__main__":
    if sys.argv[1:2] == ["peak"]:
        peak(int(sys.argv[2]))
    elif sys.argv[1:] and sys.argv[1] in COMMANDS:
        COMMANDS[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(__doc__)
