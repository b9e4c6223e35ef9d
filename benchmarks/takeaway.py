"""What leaving costs: the time of a run's script beside that of the run, and of one row in ONNX Runtime beside torch.

    python benchmarks/takeaway.py RUN         # a run folder of a table

Medians; the commands in turns, since a busy machine slows one more than another.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

import modelwright
from modelwright.ship.columns import vectors
from modelwright.ship.export import export_onnx, session_of, torch_values
from modelwright.ship.prove import asked_rows
from modelwright.ship.raw_model import RawModel

TURNS = 5
ROWS = 300


def seconds(command: list[str], folder: str) -> float:
    """Return the wall time of a command."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def commands(run: Path, folder: str) -> tuple[float, float]:
    """Return the median times of training by command and by script."""
    program = [sys.executable, "-m", "modelwright"]
    subprocess.run([*program, "script", str(run), "-o", f"{folder}/train.py"], check=True, capture_output=True)
    facts = modelwright.Run(run).plan
    source = run.parent.parent / facts.data.paths[0]
    train = [*program, "train", str(source), "--target", ",".join(facts.outputs.targets), "--quiet"]
    turns = [(seconds(train, folder), seconds([sys.executable, "train.py"], folder)) for _ in range(TURNS)]
    return statistics.median(a for a, _ in turns), statistics.median(b for _, b in turns)


def one_row(run: Path, folder: str) -> dict[str, float]:
    """Return the median microseconds of one row: ONNX Runtime, torch with the same columns, `Model.predict`."""
    model = modelwright.load(run)
    export_onnx(model, run, Path(folder) / "model.onnx", {})
    session = session_of((Path(folder) / "model.onnx").read_bytes())
    rows = asked_rows(model, run)
    frame = rows.frame.head(1)
    values, raw = vectors(frame, model.inputs), RawModel(model).eval()
    tensors = torch_values(model, raw, type(rows)(frame))
    told: dict[str, float] = {}
    with torch.inference_mode():
        ways = {
            "ONNX Runtime": lambda: session.run(None, values),
            "torch": lambda: raw(*tensors),
            "Model.predict": lambda: model.predict(frame),
        }
        for name, way in ways.items():
            times: list[float] = []
            for _ in range(ROWS):
                start = time.perf_counter()
                way()
                times.append(time.perf_counter() - start)
            told[name] = statistics.median(times) * 1e6
    return told


def main() -> None:
    """Print the figures."""
    torch.set_num_threads(1)
    run = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        train, script = commands(run, folder)
        print(f"modelwright train {train:.2f} s, its script {script:.2f} s: {script / train:.2f}")
        for name, micro in one_row(run, folder).items():
            print(f"one row: {name} {micro:,.0f} µs")


if __name__ == "__main__":
    main()
