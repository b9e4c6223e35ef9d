"""The processor time of training a module of one's own against that of the same layers by name, in turns.

python benchmarks/own_module.py [TURNS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time

import numpy as np
import torch
from torch import nn

import modelwright


class MLP(nn.Module):
    """The layers of `mlp(hidden=[128, 128])`."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(in_features, 128), nn.Linear(128, 128), nn.Linear(128, out_features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


TRAIN = {"epochs": 10, "batch_size": 256, "threads": 1}


def main(turns: int) -> None:
    """Print the median of the ratios, and whether the weights are equal bit for bit."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 20)).astype(np.float32)
    y = x[:, 0] * x[:, 1] + rng.normal(size=len(x)) / 10
    ratios, fastest = list[float](), [float("inf")] * 2
    with tempfile.TemporaryDirectory() as runs:
        both = ("mlp(hidden=[128, 128])", MLP)
        for turn in range(turns):
            seconds, weights = [0.0, 0.0], []
            for at in (0, 1) if turn % 2 else (1, 0):
                model = both[at]
                started = time.process_time()
                run = modelwright.train(x, y, model=model, train=TRAIN, runs=runs, report=False)
                seconds[at] = time.process_time() - started
                given = None if isinstance(model, str) else model
                weights.append(list(modelwright.load(run.path, model=given).module.layers.parameters()))
            ratios.append(seconds[1] / seconds[0])
            fastest = [min(pair) for pair in zip(fastest, seconds, strict=True)]
            equal = all(torch.equal(a, b) for a, b in zip(*weights, strict=True))
            print(
                f"built in {seconds[0]:.2f} s, own {seconds[1]:.2f} s, ratio {ratios[-1]:.3f}, equal weights: {equal}"
            )
    after = statistics.median(ratios[1:])
    print(f"median ratio {after:.3f} after the first turn, of the fastest {fastest[1] / fastest[0]:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
