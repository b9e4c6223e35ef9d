"""Train on the penguins from Python: find problems, train, read the score, answer new rows.

python examples/penguins/train.py [FOLDER FOR RUNS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

import modelwright


def main(runs: str) -> None:
    """Train and print what came of it."""
    table = pl.read_csv(Path(__file__).with_name("penguins.csv"), null_values="NA")
    for finding in modelwright.check(table, target="species"):
        print(f"{finding.severity} {finding.code}: {finding.message}")

    run = modelwright.train(
        table, target="species", model="mlp(hidden=[32, 32])", train={"epochs": 30}, runs=runs, name="penguins"
    )
    score, baseline = run.score, run.result.baseline
    print(f"{score.metric} {score.value:.3f} ({score.low:.3f} to {score.high:.3f}) on {run.result.rows} test rows")
    if baseline is not None:
        print(f"baseline {baseline.name} {baseline.value:.3f}")

    # A penguin that was never measured: gaps are allowed, and the model says how sure it is.
    stranger = pl.DataFrame({name: [None] for name in table.columns if name not in ("species", "island")})
    answer = run.predict(stranger.with_columns(island=pl.lit("Torgersen")))
    print(answer.row(0, named=True))
    print(f"model: {run.path / 'model.safetensors'}")


if __name__ == "__main__":
    main(*sys.argv[1:] or ["runs"])
