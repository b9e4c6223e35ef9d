"""The time of the checks on one table: each phase, and what the monitors of training cost, in pairs of epochs.

python benchmarks/checks.py ../shared/data/adult/adult-train.csv [TARGET]

An epoch with the record of layers and one without it follow each other, `PAIRS` times, in changing order; what is told
is the median of the differences in processor time (one thread), and the quartiles, which say how far the machine's
other work moves it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any

import torch

from modelwright.api import request_for
from modelwright.checks.run import run as run_checks
from modelwright.run.assemble import assemble
from modelwright.run.dry import dry_run
from modelwright.run.prepare import prepare, read_dataset, splits
from modelwright.training import monitor
from modelwright.training import trainer as training
from modelwright.training.trainer import Trainer

PAIRS = 40


def main(path: str, target: str | None) -> None:
    """Print the seconds of data phase and dry run, and what the monitors of training cost."""
    torch.set_num_threads(1)
    request = request_for(path, target=target)
    dataset = read_dataset(request.description, request.base)
    prepared = prepare(dataset, splits(dataset)[0])
    begin = time.perf_counter()
    run_checks("data", prepared.facts)
    print(f"data phase {time.perf_counter() - begin:.2f} s (reading took {dataset.seconds:.2f} s)")
    assembly = assemble(prepared)
    begin = time.perf_counter()
    dry_run(assembly)
    print(f"dry run {time.perf_counter() - begin:.2f} s")
    pairs(assembly.trainer)


def pairs(trainer: Trainer) -> None:
    """Print how much longer an epoch takes with the record of layers than without, in percent."""
    loud = {"layers": monitor.layers, "weights_of": monitor.weights_of}
    quiet = {"layers": lambda *_: {}, "weights_of": lambda _: {}}
    epochs = (event for event in run_for_ever(trainer) if isinstance(event, dict))
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    next(epochs)
    for turn in range(PAIRS):
        for kind in ("with", "without") if turn % 2 else ("without", "with"):
            with patched(loud if kind == "with" else quiet):
                begin = time.process_time()
                next(epochs)
                seconds[kind].append(time.process_time() - begin)
    shares = [(a - b) / b for a, b in zip(seconds["with"], seconds["without"], strict=True)]
    low, middle, high = quantiles(shares, n=4)
    steps = len(trainer.batches)
    print(f"an epoch of {steps} steps takes {median(seconds['without']):.3f} s without the record of layers;")
    print(f"with it {middle:+.2%} (quartiles {low:+.2%} to {high:+.2%}, {PAIRS} pairs)")


def run_for_ever(trainer: Trainer) -> Iterator[object]:
    """Train more epochs than the pairs take."""
    trainer.epochs, trainer.patience, trainer.schedule = 2 * PAIRS + 2, None, None
    return trainer.run(every=10**6)


@contextmanager
def patched(functions: dict[str, Callable[..., Any]]) -> Generator[None]:
    """Let the trainer call other functions for a while: it has no switch for its monitors."""
    before = {name: getattr(training, name) for name in functions}
    vars(training).update(functions)
    try:
        yield
    finally:
        vars(training).update(before)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
