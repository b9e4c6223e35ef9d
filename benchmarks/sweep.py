"""Steady rows a second over sizes, beside the best loop by hand: 10³ to 10⁶ rows, batches to 4,096, widths to 1,024.

    python benchmarks/sweep.py [--repeat 3]

A table of 20 random columns, two hidden layers, Adam, one thread; ours is the loop of a run (`training/loop.py` with
its batches and its optimizer's step), the other one what benchmarks/peers/fast_torch.py does. In turns; medians. Last,
the exponent of time over rows: 1 where the cost of a row does not depend on how many there are.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modelwright.data.batches import Batches
from modelwright.model.components import make_optimizer
from modelwright.model.lean_optimizer import lean_step
from modelwright.training.loop import Position, train
from modelwright.training.objective import supervised

COLUMNS, LEAST_ROWS = 20, 40_000
SIZES = {
    "rows": [(rows, 256, 128) for rows in (1_000, 10_000, 100_000, 1_000_000)],
    "batch": [(100_000, batch, 128) for batch in (16, 64, 256, 1_024, 4_096)],
    "width": [(100_000, 256, width) for width in (16, 64, 256, 1_024)],
}


def network(width: int) -> nn.Sequential:
    """Return the same fresh network each time."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(COLUMNS, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))


def by_hand(x: Tensor, y: Tensor, batch: int, width: int, epochs: int) -> float:
    """Return the seconds of the loop as one writes it."""
    model = network(width)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    start = time.perf_counter()
    for _ in range(epochs):
        for index in torch.randperm(len(x)).split(batch):
            loss = F.mse_loss(model(x.index_select(0, index)), y.index_select(0, index))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
    return time.perf_counter() - start


def ours(x: Tensor, y: Tensor, batch: int, width: int, epochs: int) -> float:
    """Return the seconds of modelwright's loop."""
    model = network(width)
    step = lean_step(make_optimizer("Adam(lr=0.001)", model))
    objective, batches, position = supervised(nn.MSELoss()), Batches((x, y), batch, seed=0), Position(every=100)
    start = time.perf_counter()
    for _ in train(model, objective, batches, epochs=epochs, step=step, position=position):
        pass
    return time.perf_counter() - start


def seconds(run: Callable[..., float], rows: int, batch: int, width: int) -> float:
    """Return the seconds of one epoch, over as many epochs as make enough rows."""
    epochs = max(1, LEAST_ROWS // rows)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(rows, COLUMNS, generator=generator)
    return run(x, x[:, :1].clone(), batch, width, epochs) / epochs


def main() -> None:
    """Print one table a size, and how time grows with rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    torch.set_num_threads(1)
    seconds(by_hand, 10_000, 256, 128), seconds(ours, 10_000, 256, 128)
    grown: list[tuple[float, float]] = []
    for name, sizes in SIZES.items():
        print(f"| {name} | modelwright, rows/s | by hand, rows/s | ours / by hand, time |\n|---|---|---|---|")
        for rows, batch, width in sizes:
            turns = [(seconds(ours, rows, batch, width), seconds(by_hand, rows, batch, width)) for _ in range(repeat)]
            mine, hand = (statistics.median(each) for each in zip(*turns, strict=True))
            ratio = statistics.median(a / b for a, b in turns)
            size = {"rows": rows, "batch": batch, "width": width}[name]
            print(f"| {size:,} | {rows / mine:,.0f} | {rows / hand:,.0f} | {ratio:.2f} |", flush=True)
            if name == "rows" and rows >= 10_000:
                grown.append((math.log(rows), math.log(mine)))
        print()
    (low, first), (high, last) = grown[0], grown[-1]
    print(f"time grows with the rows to the power {(last - first) / (high - low):.3f} (10,000 to 1,000,000 rows)")


if __name__ == "__main__":
    main()
