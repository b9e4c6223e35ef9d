"""Train a network of one's own on scikit-learn's digits: 1,797 pictures of 8×8.

python examples/own-cnn/train.py [FOLDER FOR RUNS]
"""

from __future__ import annotations

import sys

import polars as pl
from net import SimpleCNN
from sklearn.datasets import load_digits

import modelwright


def main(runs: str) -> None:
    """Train and print what came of it."""
    digits = load_digits()
    names = [f"pixel_{number}" for number in range(64)]
    table = pl.DataFrame(digits.data / 16, schema=names)
    run = modelwright.train(
        table,
        digits.target,
        model=SimpleCNN,
        scale="none",
        data={"columns": dict.fromkeys(names, "numeric")},  # also those pixels that are 0 in every picture
        train={"epochs": 15},
        runs=runs,
        name="digits",
    )
    print(f"{run.score.metric} {run.score.value:.2f}; linear {run.result.baseline.value:.2f}")
    model = modelwright.load(run.path, model=SimpleCNN)
    print(model.predict(table[:3])["prediction"].to_list())


if __name__ == "__main__":
    main(*sys.argv[1:] or ["runs"])
