"""Peak memory of training on a CSV of 10⁶ × 20 floats, in units of its float32 matrix, beside torch's own footprint.

python benchmarks/memory.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS, COLUMNS = 1_000_000, 20
WRITE = """
import sys, numpy as np, polars as pl
rows, columns = int(sys.argv[2]), int(sys.argv[3])
x = np.random.default_rng(0).normal(size=(rows, columns))
x[:, -1] = x[:, 0] * 2 + np.sin(x[:, 1])
pl.DataFrame({f"x{i}": x[:, i] for i in range(columns)}).write_csv(sys.argv[1])
"""
TORCH = "import torch, polars; torch.nn.Linear(2, 2)(torch.ones(1, 2))"
STEPS = """
import polars, torch
net = torch.nn.Sequential(torch.nn.Linear(20, 128), torch.nn.ReLU(), torch.nn.Linear(128, 1))
optimizer = torch.optim.AdamW(net.parameters())
for _ in range(5):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(net(torch.randn(512, 20)), torch.randn(512, 1)).backward()
    optimizer.step()
"""


def peak(command: list[str]) -> float:
    """Return the peak megabytes of a command."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {command}")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Train one epoch on few rows and on many, and print the peaks."""
    with tempfile.TemporaryDirectory() as folder:
        peaks: list[float] = []
        for rows in (2_000, ROWS):
            path = Path(folder) / f"rows-{rows}.csv"
            # In a process of its own: a child's peak begins with what its parent held when it was started.
            subprocess.run([sys.executable, "-c", WRITE, str(path), str(rows), str(COLUMNS)], check=True)
            words = ["train", str(path), "train.epochs=1", "--quiet", "--runs", folder]
            peaks.append(peak([sys.executable, "-m", "modelwright", *words]))
        imports, steps = peak([sys.executable, "-c", TORCH]), peak([sys.executable, "-c", STEPS])
    matrix, (few, many) = ROWS * COLUMNS * 4 / 2**20, peaks
    print(f"torch and polars imported {imports:.0f} MB, after five steps of plain PyTorch {steps:.0f} MB")
    print(f"training on 2,000 rows {few:.0f} MB, on {ROWS:,} rows {many:.0f} MB")
    print(f"the rows cost {(many - few) / matrix:.2f} × their matrix of {matrix:.0f} MB")
    print(f"beyond the imports: {(many - imports) / matrix:.2f} ×, beyond the steps: {(many - steps) / matrix:.2f} ×")


if __name__ == "__main__":
    main()
