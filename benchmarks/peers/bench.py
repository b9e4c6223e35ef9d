"""What every peer's file calls: marks of its parts, and the score, told as one line of JSON at the end."""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from typing import Any

LOADED = time.monotonic()
STARTED = float(os.environ.get("BENCH_STARTED", LOADED))  # time.monotonic() just before the process was started
marks: dict[str, float] = {}
steps: list[float] = []
warnings.filterwarnings("ignore")


def mark(name: str) -> None:
    """Remember when a part was done: imported, prepared, trained."""
    marks[name] = time.monotonic()


def step(*_: object, **__: object) -> None:
    """Remember when a training step was done."""
    steps.append(time.monotonic())


def torch_steps() -> None:
    """Call `step` after every step of any optimizer of torch."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    register_optimizer_step_post_hook(step)


def main(namespace: dict[str, Any]) -> None:
    """Run the workload that the command names and print what it took."""
    score = float(namespace[sys.argv[1]]())
    end = time.monotonic()
    seconds = {
        "import": marks["imported"] - STARTED,
        "read": marks["prepared"] - marks["imported"],
        "train": marks["trained"] - marks["prepared"],
        "evaluate": end - marks["trained"],
    }
    steady = (len(steps) - 1) / (steps[-1] - steps[0]) if len(steps) > 1 else None
    print("\nBENCH " + json.dumps({"score": score, "seconds": seconds, "steps_per_second": steady}), flush=True)
