"""Write 2,000 points of eight narrow modes on a circle: `python examples/gan/make_data.py > mixture.csv`."""

from __future__ import annotations

import numpy as np


def main() -> None:
    """Print the points; the modes lie at distance 2 from the middle and are 0.1 wide."""
    random = np.random.default_rng(0)
    mode = random.integers(8, size=2000)
    points = 2 * np.stack([np.cos(mode * np.pi / 4), np.sin(mode * np.pi / 4)], axis=1)
    points += random.normal(size=points.shape) * 0.1
    print("x,y,mode")
    for (x, y), number in zip(points, mode, strict=True):
        print(f"{x:.3f},{y:.3f},{'ABCDEFGH'[number]}")


if __name__ == "__main__":
    main()
