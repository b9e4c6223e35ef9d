"""What leaving costs: the time of a run's script beside that of the run, and of one row in ONNX Runtime beside torch.

    python benchmarks/takeaway.py examples/*/*.yaml     # descriptions
    python benchmarks/takeaway.py --turns 5 examples/penguins/penguins.yaml

For each a line: seconds of `modelwright train --quiet --no-report` and of its script, in turns, since a busy machine
slows one more than another; then microseconds of one row in ONNX Runtime, in torch with the same inputs, and by
`Model.predict`. All figures are medians. ONNX's answers are compared before its file is written.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import modelwright
from modelwright.data.columns import Examples
from modelwright.ship.export import export_onnx, session_of, torch_values
from modelwright.ship.media_model import feeds, module_of
from modelwright.ship.prove import asked_rows

ROWS = 300
PROGRAM = [sys.executable, "-m", "modelwright"]


def seconds(command: list[str], folder: Path) -> float:
    """Return the wall time of a command."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def commands(description: Path, folder: Path, turns: int) -> tuple[float, float, Path, int]:
    """Return the median times of training by command and by script, the run, and the lines of its script."""
    train = [*PROGRAM, "train", str(description.resolve()), "--quiet", "--no-report"]
    subprocess.run(train, cwd=folder, check=True, capture_output=True)
    (run,) = (folder / "runs").iterdir()
    script = folder / "plain.py"
    subprocess.run([*PROGRAM, "script", str(run), "-o", str(script)], check=True, capture_output=True)
    lines = len(script.read_text().splitlines())
    times = [(seconds(train, folder), seconds([sys.executable, script.name], folder)) for _ in range(turns)]
    return *(statistics.median(each) for each in zip(*times, strict=True)), run, lines


def one_row(run: Path, folder: Path) -> dict[str, float]:
    """Return the median microseconds of one row: ONNX Runtime, torch with the same inputs, `Model.predict`."""
    model = modelwright.load(run)
    session = session_of(export_onnx(model, run, folder / "model.onnx", {}).file.read_bytes())
    rows = asked_rows(model, run)
    one = Examples(rows.frame.head(1), rows.media)
    values, module = feeds(model, one), module_of(model)
    tensors = torch_values(model, module, one)
    given: Any = one if rows.media else rows.frame.head(1)
    with torch.inference_mode():
        return {
            "ONNX Runtime": micros(lambda: session.run(None, values)),
            "torch": micros(lambda: module(*tensors)),
            "predict": micros(lambda: model.predict(given)),
        }


def micros(way: Callable[[], object]) -> float:
    """Return the median microseconds of a call."""
    times: list[float] = []
    for _ in range(ROWS):
        start = time.perf_counter()
        way()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("descriptions", nargs="+", type=Path)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    for description in asked.descriptions:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            train, script, run, lines = commands(description, folder, asked.turns)
            told = f"{description}: train {train:.2f} s, script {script:.2f} s ({script / train:.2f}), {lines} lines"
            plan = modelwright.Run(run).plan
            if plan.gan is None and plan.contrast is None:
                told += "; " + ", ".join(f"{way} {value:,.0f} µs" for way, value in one_row(run, folder).items())
            print(told, flush=True)


if __name__ == "__main__":
    main()
