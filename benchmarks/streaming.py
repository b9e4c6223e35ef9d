"""The memory of a run on an iterable data set of dicts: two vectors, a word and the answer, in memory or streamed.

python benchmarks/streaming.py ROWS [BYTES THAT ARE FREE]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import numpy as np
from torch.utils.data import IterableDataset

import modelwright

WIDTH, AT_ONCE = 20, 1000


class Dicts(IterableDataset[Any]):
    """Rows that are made as they are asked for; nothing holds them."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __iter__(self) -> Iterator[Any]:
        random = np.random.default_rng(0)
        for _ in range(self.rows // AT_ONCE):
            x = random.normal(size=(AT_ONCE, WIDTH)).astype(np.float32)
            y = (x[:, 0] * x[:, 1] > 0).astype(int)
            for at in range(AT_ONCE):
                word = "ab"[y[at] ^ (at % 7 == 0)]
                yield {"left": x[at, :12], "right": x[at, 12:], "word": word, "kind": int(y[at])}


def peak() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main(rows: int, free: float | None) -> None:
    """Train one epoch; print the peak, and what it was after the imports."""
    before, began = peak(), time.perf_counter()
    train = {"epochs": 1, "batch_size": 1024, "threads": 1}
    with tempfile.TemporaryDirectory() as runs:
        given: dict[str, Any] = {"model": "mlp(hidden=[16])", "train": train, "report": False, "dry_run": False}
        with ExitStack() as stack:
            for module in ("data.datasets", "run.assemble") if free is not None else ():
                stack.enter_context(patch(f"modelwright.{module}.free_bytes", lambda: free))
            modelwright.train(Dicts(rows), runs=runs, **given)
    print(
        f"{rows:,} rows: peak {peak():.0f} MB, {before:.0f} after imports, {time.perf_counter() - began:.0f} s; "
        f"the inputs have {rows * WIDTH * 4 / 1e6:.0f} MB as float32"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else None)
