"""Time whole commands beside the textbook loop, the best loop by hand, and other tools, on the same rows and layers.

    benchmarks/setup_peers.sh                                        # once: an environment for each tool
    python benchmarks/compare.py [WORKLOAD...] [--repeat 5] [--peers sklearn_ skorch_] [--write docs]

Workloads: table, pictures, series, texts (those whose data set is in MODELWRIGHT_DATA). Everything runs in turns
(A B A B …), so that a noisy spell of the machine falls on all; the first turn warms the page cache and is left out.
Prints a table a workload: medians, and the ratio ours / theirs turn by turn. `--write` puts it into a page, a
picture and the README. A peer without its environment is left out, and that is said.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from drawing import between, picture, short_table
from workloads import DATA, WORKLOADS, Workload

HERE = Path(__file__).resolve().parent
VENVS = Path(os.environ.get("BENCH_VENVS", Path(tempfile.gettempdir()) / "peers"))
NAMES = {
    "ours": "modelwright",
    "sklearn_": "scikit-learn MLPClassifier",
    "keras_jax": "Keras on JAX",
    "fast_torch": "torch by hand, resident",
    "skorch_": "skorch",
    "lightning_": "Lightning",
    "textbook": "textbook loop, DataLoader",
}
BY_HAND = ("fast_torch",)  # no tool, so no "fastest peer"
ONLY = {"sklearn_": ("table",)}
COMMAND = ("train", "run.yaml", "--json", "--quiet", "--no-report")


@dataclass(frozen=True, slots=True)
class Timed:
    """One process: seconds, the processor's seconds, peak megabytes, its score, the seconds of its parts."""

    wall: float
    cpu: float
    memory: float
    score: float
    parts: dict[str, float]


def run(peer: str, name: str, folder: Path) -> Timed:
    """Run one peer, or ours, in `folder` and return what it took."""
    workload = WORKLOADS[name]
    if peer == "ours":
        command = [str(Path(sys.executable).with_name("modelwright")), *COMMAND]
    else:
        command = [str(VENVS / peer / "bin" / "python"), str(HERE / "peers" / f"{peer}.py"), name]
    environment = os.environ | {"MODELWRIGHT_DATA": str(DATA)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an editable install would be compiled at each start
    with tempfile.TemporaryFile("w+") as log:
        start = time.monotonic()
        environment["BENCH_STARTED"] = repr(start)
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        log.seek(0)
        text = log.read()
    if status:
        raise SystemExit(f"{peer} failed on {name}:\n{text[-2000:]}")
    answer = _answer(text)
    score = answer["score"] if peer != "ours" else workload.score(folder / answer["run"], answer)
    cpu = usage.ru_utime + usage.ru_stime
    return Timed(wall, cpu, usage.ru_maxrss / 1024, score, answer["seconds"])


def _answer(text: str) -> dict[str, Any]:
    lines = [line.removeprefix("BENCH ") for line in text.splitlines() if line.startswith(("BENCH {", '{"run"'))]
    return json.loads(lines[-1])


def measure(name: str, peers: list[str], repeat: int) -> dict[str, list[Timed]]:
    """Run a workload with all peers in turns; the first turn is left out."""
    runs: dict[str, list[Timed]] = {peer: [] for peer in peers}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        workload = WORKLOADS[name]
        workload.write(folder)
        (folder / "run.yaml").write_text(workload.description, encoding="utf-8")
        for turn in range(repeat + 1):
            for peer in peers:
                timed = run(peer, name, folder)
                print(f"  {name} turn {turn} {peer}: {timed.wall:.2f} s", file=sys.stderr, flush=True)
                if turn:
                    runs[peer].append(timed)
    return runs


def ratio(runs: dict[str, list[Timed]], peer: str) -> float:
    """Return the median of ours / theirs, turn by turn."""
    return statistics.median(a.wall / b.wall for a, b in zip(runs["ours"], runs[peer], strict=True))


def table(workload: Workload, runs: dict[str, list[Timed]]) -> list[str]:
    """Return the rows of a Markdown table, fastest first."""

    def middle(peer: str, what: str) -> float:
        return statistics.median(getattr(timed, what) for timed in runs[peer])

    tools = [peer for peer in runs if peer != "ours" and peer not in BY_HAND]
    fastest = min(tools, key=lambda peer: middle(peer, "wall"), default=None)
    lines = [
        f"| command | wall s (range) | processor s | peak MB | {workload.metric} | ours / this | asked for |",
        "|---|---|---|---|---|---|---|",
    ]
    for peer in sorted(runs, key=lambda peer: middle(peer, "wall")):
        walls = [timed.wall for timed in runs[peer]]
        wanted = [
            workload.asked[key] for key in (peer, "fastest peer" if peer == fastest else "") if key in workload.asked
        ]
        asked = f"≤ {min(wanted)}" if wanted else ""
        lines.append(
            f"| {NAMES[peer]} | {statistics.median(walls):.2f} ({min(walls):.2f}–{max(walls):.2f}) | "
            f"{middle(peer, 'cpu'):.1f} | {middle(peer, 'memory'):.0f} | {middle(peer, 'score'):.4f} | "
            f"{'1' if peer == 'ours' else format(ratio(runs, peer), '.2f')} | {asked} |"
        )
    parts = {part: statistics.median(t.parts.get(part, 0.0) for t in runs["ours"]) for part in runs["ours"][0].parts}
    said = ", ".join(f"{part} {seconds:.2f}" for part, seconds in parts.items() if part != "total")
    return [*lines, "", f"Seconds of modelwright's: {said}; the rest is the start of Python, checks and files."]


def machine() -> str:
    """Return what the figures were measured on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    processor = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{cores} cores ({processor}), Python {platform.python_version()}, {date.today().isoformat()}"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), metavar="WORKLOAD")
    parser.add_argument("--peers", nargs="*", default=[peer for peer in NAMES if peer != "ours"])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--write", type=Path, help="a folder for benchmarks.md and benchmarks.svg")
    arguments = parser.parse_args()
    absent = [peer for peer in arguments.peers if not (VENVS / peer / "bin" / "python").exists()]
    if absent:
        print(f"no environment, so left out (benchmarks/setup_peers.sh makes it): {', '.join(absent)}\n")
    chapters: list[str] = []
    bars: dict[str, dict[str, float]] = {}
    for name in arguments.workloads:
        there = [peer for peer in arguments.peers if peer not in absent and name in ONLY.get(peer, (name,))]
        runs = measure(name, ["ours", *there], arguments.repeat)
        chapter = "\n".join([f"## {WORKLOADS[name].title}", "", *table(WORKLOADS[name], runs), ""])
        print(chapter, flush=True)
        chapters.append(chapter)
        bars[name] = {NAMES[peer]: statistics.median(t.wall for t in runs[peer]) for peer in runs}
    if arguments.write:
        write(arguments.write, chapters, bars, arguments.repeat)


def write(folder: Path, chapters: list[str], bars: dict[str, dict[str, float]], repeat: int) -> None:
    """Write the page and its picture."""
    head = [
        "# Benchmarks",
        "",
        "Whole commands, from the start of the process to the saved model: modelwright with its checks, baselines,",
        "intervals and model file; the others with their script from raw files to the score. Same rows, layers, batch",
        f"size, epochs and optimizer. Medians of {repeat} turns, all commands in each turn.",
        "",
        f"`make bench` on {machine()}. A machine with neighbours: read ratios, not seconds.",
        "",
        "![Wall time of whole commands](benchmarks.svg)",
        "",
    ]
    (folder / "benchmarks.md").write_text("\n".join(head) + "\n" + "\n".join(chapters), encoding="utf-8")
    (folder / "benchmarks.svg").write_text(picture(bars), encoding="utf-8")
    page = folder.parent / "README.md"
    titles = {name: WORKLOADS[name].title for name in bars}
    page.write_text(between(page.read_text("utf-8"), "benchmarks", short_table(bars, titles)), encoding="utf-8")


if __name__ == "__main__":
    main()
