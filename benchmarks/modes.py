"""How many of the eight modes of a mixture on a circle a GAN with default settings makes, for several seeds.

python benchmarks/modes.py [SEEDS] [DEVIATION] [OVERRIDES ...]
"""

from __future__ import annotations

import sys
import tempfile
import time

import numpy as np
import polars as pl

import modelwright

MODES, RADIUS, ROWS, MADE = 8, 2.0, 4000, 2500
PRESENT = 0.01
"""Share of the made rows from which a mode counts as there: an eighth of 8 % of what it should have."""


def centres() -> np.ndarray:
    """Return the middles of the modes, `[8, 2]`."""
    angle = np.arange(MODES) * 2 * np.pi / MODES
    return RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def mixture(deviation: float) -> pl.DataFrame:
    """Return points of the mixture, each mode as often as the others."""
    random = np.random.default_rng(0)
    points = centres()[random.integers(MODES, size=ROWS)] + random.normal(size=(ROWS, 2)) * deviation
    return pl.DataFrame({"x": points[:, 0], "y": points[:, 1]})


def main(seeds: int, deviation: float, overrides: list[str]) -> None:
    """Train once for each seed; count modes by points within three deviations of their middle."""
    rows = mixture(deviation)
    with tempfile.TemporaryDirectory() as runs:
        for seed in range(seeds):
            began = time.perf_counter()
            words = [f"train.seed={seed}", *overrides]
            run = modelwright.train(rows, task="gan", runs=runs, overrides=words, report=False)
            made = run.sample(MADE).to_numpy()
            away = np.linalg.norm(made[:, None] - centres(), axis=2)
            near = away.min(1) <= 3 * deviation
            shares = np.bincount(away.argmin(1)[near], minlength=MODES) / MADE
            scores = {name: run.result.scores[name].value for name in ("told_apart", "coverage")}
            print(
                f"seed {seed}: {(shares >= PRESENT).sum()} of {MODES} modes, shares {shares.min():.3f} to "
                f"{shares.max():.3f}, {near.mean():.3f} of {MADE:,} points within 3 deviations, distance "
                f"{run.score.value:.2f}, {scores}, {time.perf_counter() - began:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 3, float(given[1]) if len(given) > 1 else 0.1, given[2:])
