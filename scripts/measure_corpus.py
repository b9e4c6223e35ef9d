"""Measure the checks on the corpus: faulty programs that are found, right ones that are left alone, as a table.

python scripts/measure_corpus.py                 # the table of docs/checks.md, then what was missed and what misfired
python scripts/measure_corpus.py faulty_thread   # these modules alone
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from test_corpus import FAULTY, RIGHT, check, codes, programs  # noqa: E402
from test_loops import SCRIPTS, found_by  # noqa: E402

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


def named(program: Callable[[], object], chosen: list[str]) -> bool:
    """Return whether a program stands in one of these modules; in any, where none is named."""
    return not chosen or program.__module__.removeprefix("corpus.") in chosen


def faulty(chosen: list[str]) -> list[Callable[[], dict[str, Any]]]:
    """Return the faulty programs of these modules."""
    return [program for program in programs(*FAULTY) if named(program, chosen)]


def scripts(all_of: Counter[str], found: Counter[str], missed: list[str], misfired: list[str]) -> None:
    """Count what is found in whole scripts, whose training loops are read."""
    for script in SCRIPTS:
        with redirect_stdout(StringIO()):
            told = {d.code for d in found_by(script) if d.severity != "note"}
        code = script.stem.partition("_")[0].upper()
        if code == "RIGHT":
            misfired += [f"{script.stem}: {', '.join(sorted(told))}"] if told else []
            continue
        all_of[code[0]], found[code[0]] = all_of[code[0]] + 1, found[code[0]] + (code in told)
        missed += [] if code in told else [script.stem]


def main() -> None:
    """Print the table, and each program that was missed or misfired on."""
    seconds: list[float] = []
    found, all_of, missed, misfired = Counter[str](), Counter[str](), list[str](), list[str]()
    chosen = sys.argv[1:]
    for program in faulty(chosen):
        group = program.__name__[0].upper()
        begin = time.perf_counter()
        told = {d.code for d in check(program) if d.severity != "note"}
        seconds.append(time.perf_counter() - begin)
        hit = bool(told & codes(program))
        all_of[group], found[group] = all_of[group] + 1, found[group] + hit
        missed += [] if hit else [f"{program.__name__}: {', '.join(sorted(told)) or 'nothing'}"]
    right = [program for program in programs(*RIGHT) if named(program, chosen)]
    for program in right:
        told = {d.code for d in check(program) if d.severity != "note"}
        misfired += [f"{program.__name__}: {', '.join(sorted(told))}"] if told else []
    if not chosen:
        scripts(all_of, found, missed, misfired)
    print("| group | faulty | found with a right code |\n|---|---|---|")
    for group, name in GROUPS.items():
        print(f"| {name} | {all_of[group]} | {found[group]} |")
    print(f"| together | {sum(all_of.values())} | {sum(found.values())} |")
    number = len(right) + (0 if chosen else sum(script.stem.startswith("right") for script in SCRIPTS))
    print(f"\nright ones: {number}, with a false alarm: {len(misfired)}; median {median(seconds):.2f} s a check")
    told = [*(f"missed {name}" for name in missed), *(f"misfired on {name}" for name in misfired)]
    print("\n".join(told))


if __name__ == "__main__":
    main()
