"""Measure the checks on the corpus: faulty programs that are found, right ones that are left alone, as a table.

python scripts/measure_corpus.py         # the table of docs/checks.md, then what was missed and what misfired
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from test_corpus import FAULTY, RIGHT, check, codes, programs  # noqa: E402

GROUPS = {
    "D": "data",
    "L": "leakage and splits",
    "S": "shapes and types",
    "M": "architecture",
    "H": "loss and head",
    "O": "optimizer and loop",
    "T": "training",
    "E": "evaluation",
}


def main() -> None:
    """Print the table, and each program that was missed or misfired on."""
    seconds: list[float] = []
    found, all_of, missed, misfired = Counter[str](), Counter[str](), list[str](), list[str]()
    for program in programs(*FAULTY):
        group = program.__name__[0].upper()
        begin = time.perf_counter()
        told = {d.code for d in check(program) if d.severity != "note"}
        seconds.append(time.perf_counter() - begin)
        hit = bool(told & codes(program))
        all_of[group], found[group] = all_of[group] + 1, found[group] + hit
        missed += [] if hit else [program.__name__]
    right = programs(*RIGHT)
    for program in right:
        told = {d.code for d in check(program) if d.severity != "note"}
        misfired += [f"{program.__name__}: {', '.join(sorted(told))}"] if told else []
    print("| group | faulty | found with a right code |\n|---|---|---|")
    for group, name in GROUPS.items():
        print(f"| {name} | {all_of[group]} | {found[group]} |")
    print(f"| together | {sum(all_of.values())} | {sum(found.values())} |")
    print(f"\nright ones: {len(right)}, with a false alarm: {len(misfired)}; median {median(seconds):.2f} s a check")
    told = [*(f"missed {name}" for name in missed), *(f"misfired on {name}" for name in misfired)]
    print("\n".join(told))


if __name__ == "__main__":
    main()
