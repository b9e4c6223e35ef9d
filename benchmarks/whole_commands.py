"""Time whole commands in turns and print their ratios to the first one.

    python benchmarks/whole_commands.py --repeat 5 'ours=modelwright train adult.yaml --quiet' 'other=python other.py'

In turns (A B A B …), so that a noisy spell of the machine does not fall on one of them; medians with the range.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import time


def run(command: str) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and peak megabytes of one run."""
    start = time.monotonic()
    process = subprocess.Popen(shlex.split(command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    problems = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {command}\n{problems.decode()[-2000:]}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Print one line a command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    commands = dict(word.split("=", 1) for word in arguments.commands)
    runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for turn in range(arguments.repeat + 1):
        for name, command in commands.items():
            measured = run(command)
            if turn:  # the first turn warms the page cache
                runs[name].append(measured)
    first = [wall for wall, _, _ in runs[next(iter(commands))]]
    print(f"{'command':<16} {'wall s':>7} {'range':>13} {'CPU s':>6} {'MB':>6}  first / this, turn by turn")
    for name, own in runs.items():
        walls = [wall for wall, _, _ in own]
        ratio = statistics.median(a / b for a, b in zip(first, walls, strict=True))
        spread = f"{min(walls):.2f}-{max(walls):.2f}"
        cpu, memory = statistics.median(c for _, c, _ in own), max(m for _, _, m in own)
        print(f"{name:<16} {statistics.median(walls):>7.2f} {spread:>13} {cpu:>6.2f} {memory:>6.0f}  {ratio:.2f}")


if __name__ == "__main__":
    main()
