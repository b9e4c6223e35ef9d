"""A steady training step beside the best hand-written loop: resident tensors, one gather a batch, fused Adam.

    python benchmarks/steps.py

Both train an MLP 128-128 on 39,073 × 105 rows, batch 256, one thread, in turns; prints microseconds a step and the
median ratio (ours / by hand).
"""

from __future__ import annotations

import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

from modelwright.data.batches import Batches
from modelwright.model.components import make_optimizer
from modelwright.model.lean_optimizer import lean_step
from modelwright.training.loop import Position, train
from modelwright.training.objective import supervised

ROWS, WIDTH, BATCH, EPOCHS, TURNS = 39_073, 105, 256, 3, 9
generator = torch.Generator().manual_seed(0)
X = torch.randn(ROWS, WIDTH, generator=generator)
Y = (torch.rand(ROWS, 1, generator=generator) > 0.7).float()


def network() -> nn.Sequential:
    """Return the same fresh network each time."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(WIDTH, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 1))


def by_hand() -> float:
    """Return the seconds of the loop as one writes it."""
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    start = time.perf_counter()
    for _ in range(EPOCHS):
        for index in torch.randperm(ROWS).split(BATCH):
            loss = F.binary_cross_entropy_with_logits(model(X.index_select(0, index)), Y.index_select(0, index))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
    return time.perf_counter() - start


def ours() -> float:
    """Return the seconds of modelwright's loop."""
    model = network()
    optimizer = make_optimizer("Adam(lr=0.001)", model)
    objective, batches = supervised(nn.BCEWithLogitsLoss()), Batches((X, Y), BATCH, seed=0)
    start = time.perf_counter()
    settings = {"epochs": EPOCHS, "step": lean_step(optimizer), "position": Position(every=100)}
    for _ in train(model, objective, batches, **settings):
        pass
    return time.perf_counter() - start


def main() -> None:
    """Print one line."""
    torch.set_num_threads(1)
    by_hand()
    ours()
    turns = [(ours(), by_hand()) for _ in range(TURNS)]
    steps = EPOCHS * -(-ROWS // BATCH)
    mine, hand = (statistics.median(seconds) / steps * 1e6 for seconds in zip(*turns, strict=True))
    ratio = statistics.median(a / b for a, b in turns)
    print(f"modelwright {mine:.0f} µs a step, by hand {hand:.0f} µs, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
