"""The linear probe of a contrastive model beside that of the same network untrained and beside the pixels, on digits.

python benchmarks/probes.py [SPLITS] [OVERRIDES ...]

Each split has other test rows, and other weights at the start: 360 rows alone tell two models apart from six errors on.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import modelwright

EXAMPLE = Path(__file__).parent.parent / "examples" / "contrastive-digits" / "contrastive.yaml"
BESIDE = ("untrained network", "linear on the inputs")


def main(splits: int, overrides: list[str]) -> None:
    """Train once for each split; print the probes, and the mean of the differences with its interval."""
    found: list[list[float]] = []
    for number in range(splits):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as runs:
            words = [f"split.random_state={number}", f"train.seed={number}", *overrides]
            run = modelwright.train(EXAMPLE, overrides=words, runs=runs, report=False)
            result = run.result
        probes = {each.name: each.value for each in result.baselines if each.metric == "probe_accuracy"}
        found.append([result.scores["probe_accuracy"].value, *(probes[name] for name in BESIDE)])
        told = ", ".join(f"{name} {value:.4f}" for name, value in zip(("model", *BESIDE), found[-1], strict=True))
        print(
            f"split {number}: {told}; recall at 1 {result.score.value:.3f}, {time.perf_counter() - began:.0f} s",
            flush=True,
        )
    table = np.array(found)
    for at, name in enumerate(BESIDE, start=1):
        differences = table[:, 0] - table[:, at]
        half = 2.0 * differences.std(ddof=1) / np.sqrt(splits)
        print(
            f"model {table[:, 0].mean():.4f}, {name} {table[:, at].mean():.4f}: better by {differences.mean():.4f} "
            f"± {half:.4f} (two standard errors), in {(differences > 0).sum()} of {splits} splits"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10, sys.argv[2:])
