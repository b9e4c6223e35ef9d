"""The time of the checks on one table: each phase, and what the record of layers costs in an epoch of training.

python benchmarks/checks.py ../shared/data/adult/adult-train.csv [TARGET]
"""

from __future__ import annotations

import sys
import time
from statistics import median

import torch

from modelwright.api import request_for
from modelwright.checks.run import run as run_checks
from modelwright.run.assemble import assemble
from modelwright.run.dry import dry_run
from modelwright.run.prepare import prepare, read_dataset, splits
from modelwright.training.monitor import layers, weights_of


def main(path: str, target: str | None) -> None:
    """Print the seconds of data phase and dry run, and the share of an epoch that the record of layers takes."""
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
    trainer = assembly.trainer
    begin = time.perf_counter()
    next(event for event in trainer.run(every=10**6) if isinstance(event, dict))
    epoch = time.perf_counter() - begin
    costs: list[float] = []
    for _ in range(7):
        begin = time.perf_counter()
        layers(trainer.model, trainer.begun, len(trainer.batches))
        weights_of(trainer.model)
        costs.append(time.perf_counter() - begin)
    share = f"{median(costs) / epoch:.2%} of an epoch of {epoch:.2f} s, {len(trainer.batches)} steps"
    print(f"record of layers {median(costs) * 1e3:.2f} ms: {share}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
