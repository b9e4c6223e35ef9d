"""The time of the checks on one table: each phase, and what the monitors of training cost, in pairs of epochs.

python benchmarks/checks.py ../shared/data/adult/adult-train.csv [TARGET]
python benchmarks/checks.py --rows 1000000        # of a table of so many rows and 20 numbers, written to a new folder
python benchmarks/checks.py --programs            # the dry run of the four bench models as Python programs

An epoch with the record of layers and one without it follow each other, `PAIRS` times, in changing order; what is told
is the median of the differences in processor time (one thread) with its 95 % interval (order statistics), and how far
single pairs lie apart.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import sqrt
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
import polars as pl
import torch

from modelwright.api import request_for
from modelwright.checks.facts import Facts
from modelwright.checks.rule import load
from modelwright.checks.rules import DATA
from modelwright.checks.run import run as run_checks
from modelwright.run.assemble import assemble
from modelwright.run.dry import dry_run
from modelwright.run.prepare import Prepared, prepare, read_dataset, splits
from modelwright.training import monitor
from modelwright.training import trainer as training
from modelwright.training.trainer import Trainer

PAIRS = 200
TURNS = 7
SECONDS = 60.0  # for all pairs


def main(path: str, target: str | None) -> None:
    """Print the seconds of data phase and dry run, and what the monitors of training cost."""
    torch.set_num_threads(1)
    request = request_for(path, target=target)
    read = [read_dataset(request.description, request.base).seconds for _ in range(3)]
    dataset = read_dataset(request.description, request.base)
    prepared = prepare(dataset, splits(dataset)[0])
    data_phase(prepared, min(read))
    assembly = assemble(prepared)
    begin = time.perf_counter()
    dry_run(assembly)
    print(f"dry run {time.perf_counter() - begin:.2f} s")
    pairs(assembly.trainer)


def data_phase(prepared: Prepared, reading: float) -> None:
    """Print the seconds of the data phase, the best of some turns, and of its slowest rules."""
    seconds: list[float] = []
    for _ in range(TURNS):
        facts = replace(prepared.facts)  # nothing is remembered
        begin = time.perf_counter()
        run_checks("data", facts)
        seconds.append(time.perf_counter() - begin)
    best = min(seconds)
    print(f"data phase {best:.4f} s, {best / reading:.1%} of reading ({reading:.3f} s, the best of 3)")
    slowest = sorted(((each(name, replace(prepared.facts)), name) for name in DATA), reverse=True)[:6]
    print("  alone: " + ", ".join(f"{name.rpartition('.')[2][:4].upper()} {1000 * s:.1f} ms" for s, name in slowest))


def each(name: str, facts: Facts) -> float:
    """Return the seconds of one rule alone, with all that it asks for."""
    rule = load(name)
    if any(not facts.known(need) for need in rule.needs):
        return 0.0
    begin = time.perf_counter()
    list(rule.check(replace(facts)))
    return time.perf_counter() - begin


def pairs(trainer: Trainer) -> None:
    """Print how much longer an epoch takes with the record of layers than without, in percent."""
    loud = {"layers": monitor.layers, "weights_of": monitor.weights_of, "due": monitor.due}
    quiet = {**loud, "due": lambda *_: False}
    epochs = (event for event in run_for_ever(trainer) if isinstance(event, dict))
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    next(epochs)
    begin = time.perf_counter()
    for turn in range(PAIRS):
        for kind in ("with", "without") if turn % 2 else ("without", "with"):
            with patched(loud if kind == "with" else quiet):
                since = time.process_time()
                next(epochs)
                seconds[kind].append(time.process_time() - since)
        if time.perf_counter() - begin > SECONDS and turn % 2:
            break
    shares = sorted((a - b) / b for a, b in zip(seconds["with"], seconds["without"], strict=True))
    low, high = interval(shares)
    apart = quantiles(shares, n=4)
    steps, epoch = len(trainer.batches), median(seconds["without"])
    print(f"an epoch of {steps} steps takes {epoch:.4f} s without the record of layers; {len(shares)} pairs:")
    half = f"half of the pairs {apart[0]:+.1%} to {apart[2]:+.1%}"
    print(f"with it {median(shares):+.2%} ({low:+.2%} to {high:+.2%}); {half}")
    print(f"the record itself: {1000 * direct(trainer):.3f} ms, {direct(trainer) / epoch:.2%} of an epoch")


def interval(ordered: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of the median: the values whose ranks lie 0.98 roots of n to either side of it."""
    middle, half = len(ordered) / 2, 0.98 * sqrt(len(ordered))
    return ordered[max(0, int(middle - half))], ordered[min(len(ordered) - 1, int(middle + half) + 1)]


def direct(trainer: Trainer) -> float:
    """Return the seconds of one record, with the copy of the weights that it compares with."""
    begin = time.perf_counter()
    for _ in range(50):
        monitor.layers(trainer.model, monitor.weights_of(trainer.model), len(trainer.batches))
    return (time.perf_counter() - begin) / 50


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


def large(rows: int) -> None:
    """Print the data phase of a table of 20 numbers and a target that follows from them."""
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 20)).astype(np.float32)
    columns = {f"x{number}": x[:, number] for number in range(20)}
    frame = pl.DataFrame({**columns, "y": x[:, :3].sum(1) + random.normal(size=rows)})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        frame.write_csv(path)
        request = request_for(str(path), target="y")
        dataset = read_dataset(request.description, request.base)
        data_phase(prepare(dataset, splits(dataset)[0]), dataset.seconds)


def programs() -> None:
    """Print the seconds of the dry run of the bench models, as somebody's own script has them."""
    from checks_models import MODELS  # beside this file

    import modelwright

    torch.set_num_threads(1)
    for name, made in MODELS.items():
        model, data, loss = made()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        begin = time.perf_counter()
        found = modelwright.check(model, data=data, loss=loss, optimizer=optimizer)
        print(f"{name}: {time.perf_counter() - begin:.2f} s, found {', '.join(found.codes) or 'nothing'}")


if __name__ == "__main__":
    if sys.argv[1] == "--rows":
        large(int(sys.argv[2]))
    elif sys.argv[1] == "--programs":
        programs()
    else:
        main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
