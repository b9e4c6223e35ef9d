"""`modelwright compare`: runs side by side, scores with intervals and what differs in the plans."""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelwright.diagnostic import Diagnostic
from modelwright.errors import ModelwrightError, RunError
from modelwright.evaluate.result import format_score
from modelwright.run.handle import Run
from modelwright.text import aligned

PIPE = 120  # columns of a table that no terminal shows
LONGEST = 28  # characters of one value; a longer one is shortened in the middle
OF_ONE_RUN = ("why", "inputs", "unused", "outputs", "modelwright")
NOISE = re.compile(r"(data\.(paths|fingerprint|options.*)|split\.(rows|fold)|execution\..*)")
"""What follows from other data or another machine: told in `--json`, and in the table by the note on test rows."""


def compare(paths: Sequence[Path], as_json: bool, page: Path | None = None) -> None:
    """Print one table, best score first, and write `page`; RunError with every folder that is no finished run."""
    runs = by_score(opened(paths))
    if page is not None:
        write_page(runs, page)
    if as_json:
        print(json.dumps([facts(run) for run in runs], ensure_ascii=False))
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE
    print("\n".join([*fitting(table(runs), width), *notes(runs)]))


def write_page(runs: Sequence[Run], page: Path) -> None:
    """Write the comparison as one HTML file."""
    from modelwright.files import write_atomically
    from modelwright.report.comparison import Side, comparison
    from modelwright.report.page import report_html

    sides = [Side(name=str(run.path), plan=run.plan, result=run.result, history=run.history) for run in runs]
    write_atomically(page, report_html(comparison(sides, table(runs), notes(runs))))


def opened(paths: Sequence[Path]) -> list[Run]:
    """Return the runs, each with its score and plan read."""
    runs: list[Run] = []
    problems: list[Diagnostic] = []
    for path in paths:
        try:
            run = Run(path)
            _ = run.result, run.plan, run.split
            runs.append(run)
        except ModelwrightError as error:
            problems += error.diagnostics
    if problems:
        raise RunError(*problems)
    return runs


def by_score(runs: Sequence[Run]) -> list[Run]:
    """Return the runs by metric, the best of each first, undefined scores last."""

    def rank(run: Run) -> tuple[str, bool, float]:
        value = run.score.value
        return run.score.metric, math.isnan(value), -value if run.score.higher_is_better else value

    return sorted(runs, key=rank)


def facts(run: Run) -> dict[str, Any]:
    """Return what is known of a run as JSON values."""
    score, best = run.score.to_json(), run.result.baseline
    return {
        "run": str(run.path),
        "models": max(1, run.members),
        "task": run.plan.task,
        "score": {name: score[name] for name in ("metric", "value", "low", "high")},
        "baseline": None if best is None else {"name": best.name, "metric": best.metric, "value": best.value},
        "test": run.split,
        "plan": run.plan.model_dump(mode="json", exclude=set(OF_ONE_RUN)),
    }


def table(runs: Sequence[Run]) -> list[list[str]]:
    """Return header and rows: run, score with interval, best baseline, then each value of the plans that differs."""
    flats = [flat(run.plan.model_dump(mode="json", exclude=set(OF_ONE_RUN))) for run in runs]
    keys = list(dict.fromkeys(key for each in flats for key in each if not NOISE.fullmatch(key)))
    keys = [key for key in keys if len({each.get(key) for each in flats}) > 1]
    if "recipe" in keys and "layers" not in keys:
        keys.remove("recipe")  # one network, written in two ways
    if {"recipe", "layers"} <= set(keys) and len({(each["recipe"], each["layers"]) for each in flats}) == len(
        {each["recipe"] for each in flats}
    ):
        keys.remove("layers")  # the recipes say it already
    cohorts = any(run.members for run in runs)
    rows = [["run", *(["models"] if cohorts else []), "metric", "score (95 %)", "baseline", *keys]]
    for run, each in zip(runs, flats, strict=True):
        best = run.result.baseline
        baseline = "" if best is None else f"{best.name} {best.value:.4g}"
        models = [str(max(1, run.members))] if cohorts else []
        values = [shortened(each.get(key, "")) for key in keys]
        rows.append([str(run.path), *models, run.score.metric, format_score(run.score), baseline, *values])
    return rows


def flat(value: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested values by dotted path, as text; lists of texts as those, one after the other."""
    found: dict[str, str] = {}
    for key, item in value.items():
        if isinstance(item, dict) and item:
            found |= flat(item, f"{prefix}{key}.")
        elif isinstance(item, list) and all(isinstance(part, str) for part in item):
            found[f"{prefix}{key}"] = ", ".join(item)
        else:
            found[f"{prefix}{key}"] = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
    return found


def shortened(text: str) -> str:
    """Return a long value without its middle: beginning and end are what tells values apart."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 10]}…{text[-9:]}"


def fitting(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return a table as lines of at most `width`: columns that have no room follow below, the runs named again."""
    lines: list[str] = []
    columns = [list(column) for column in zip(*rows, strict=True)]
    names, rest = columns[0], columns[1:]
    while rest:
        taken = [names]
        while rest and (len(taken) == 1 or _width([*taken, rest[0]]) <= width):
            taken.append(rest.pop(0))
        lines += [""] * bool(lines) + aligned(list(zip(*taken, strict=True)))
    return lines


def _width(columns: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + 2 for column in columns) - 2


def notes(runs: Sequence[Run]) -> list[str]:
    """Return what keeps scores from being compared: other metrics, other rows."""
    told: list[str] = []
    if len({run.score.metric for run in runs}) > 1:
        told.append("the runs lead with different metrics: `evaluate.metric` sets one")
    groups: dict[str, list[str]] = {}
    for run in runs:
        groups.setdefault(json.dumps(run.split, sort_keys=True), []).append(str(run.path))
    if len(groups) > 1:
        told.append("not scored on the same test rows, so these differences are not those of the models alone:")
        told += [f"  {', '.join(names)}" for names in groups.values()]
    return ["", *told] if told else []
