"""Runs with reports for tests, each made once a process, and a browser to look at them."""

from __future__ import annotations

import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import modelwright
from modelwright.report.browser import Browser, find
from modelwright.run.handle import Run
from pictures import classes, folders, shades

ROOT = Path(__file__).parent.parent
AXE = ROOT / ".venv/axe/node_modules/axe-core/axe.min.js"
NASTY = "<script>alert(1)</script>"
TABLES = ("multiclass", "regression", "binary", "multilabel", "nasty", "few", "cohort")
OTHERS = ("pictures", "colours", "texts", "windows", "sequences")
MORE = ("seeds", "waves", "phrases")
KINDS = (*TABLES, *OTHERS, *MORE)


@cache
def folder() -> Path:
    """Return a folder that goes with the process."""
    keeper = tempfile.TemporaryDirectory(prefix="reports-")
    _KEPT.append(keeper)
    return Path(keeper.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@cache
def made(kind: str) -> Run:
    """Return a small run of a kind, with its report."""
    return modelwright.train(**WAYS[kind](), runs=folder(), name=kind, report=True)


def report_of(run: Run) -> dict[str, Any]:
    """Return the data of a run's report."""
    return json.loads((run.path / "report.json").read_text("utf-8"))


def blocks_of(run: Run) -> dict[str, dict[str, Any]]:
    """Return the blocks of a run's report that have an id."""
    found = [
        block
        for chapter in report_of(run)["chapters"]
        for section in chapter["sections"]
        for block in section["blocks"]
    ]
    return {block["id"]: block for block in found if "id" in block}


def browser_or_skip() -> Browser:
    """Return a browser; where there is none the test is skipped, but not where browsers are asked for."""
    if find() is None:
        if os.environ.get("MODELWRIGHT_BROWSER") == "required":
            pytest.fail("there is no Chromium")
        pytest.skip("needs Chromium: apt-get install chromium")
    return Browser()


def _multiclass() -> dict[str, Any]:
    return {"source": str(ROOT / "examples/penguins/penguins.csv"), "target": "species", "train": {"epochs": 12}}


def _regression() -> dict[str, Any]:
    return {
        "source": str(ROOT / "examples/housing/housing.csv"),
        "target": "median_house_value",
        "train": {"epochs": 6},
    }


def _rows(count: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(0)
    size, kind = random.normal(size=count), random.choice(["a", "b", "c"], count)
    yes = size + (kind == "a") + random.normal(scale=0.5, size=count) > 0.5
    also = size + random.normal(scale=0.5, size=count) < 0
    frame = pl.DataFrame({"size": size, "kind": kind, "flag": random.random(count) > 0.5})
    return frame.with_columns(y=pl.Series(np.where(yes, "yes", "no")), z=pl.Series(np.where(also, "yes", "no")))


def _binary() -> dict[str, Any]:
    return {"source": _rows().drop("z"), "target": "y", "train": {"epochs": 8}}


def _multilabel() -> dict[str, Any]:
    return {"source": _rows(), "target": ["y", "z"], "train": {"epochs": 8}, "task": "multilabel"}


def _nasty() -> dict[str, Any]:
    """Names and values that are HTML, JavaScript, Plotly's markup or colours of the page."""
    frame = _rows().drop("z")
    values = {"a": f"{NASTY}'\"&amp;`", "b": "--blue", "c": "</script><img src=x onerror=alert(2)>"}
    kind = frame["kind"].replace_strict(values, return_dtype=pl.String)
    answer = frame["y"].replace_strict({"yes": "<b>yes</b> %{x}", "no": "\u202e$no$"}, return_dtype=pl.String)
    renamed = {"size": NASTY, "kind": "x" * 60 + "<i>", "flag": "--pink", "y": "]]>'\"<h1>"}
    frame = frame.with_columns(kind=kind, y=answer).rename(renamed)
    return {"source": frame, "target": "]]>'\"<h1>", "train": {"epochs": 6}}


def _few() -> dict[str, Any]:
    return {"source": _rows(24).drop("z"), "target": "y", "train": {"epochs": 1}}


def _cohort() -> dict[str, Any]:
    return {"source": _rows(200).drop("z"), "target": "y", "split": {"folds": 2}, "train": {"epochs": 4}}


def _pictures() -> dict[str, Any]:
    """Grey pictures in memory whose classes are hard to tell apart."""
    rows = 240
    names = np.roll(classes(rows), 1)
    names[::2] = classes(rows)[::2]
    layers = ["Conv2d(..., 6, 3, padding=1)", "ReLU", "MaxPool2d(2)", "Flatten", "Linear(..., 3)"]
    return {"source": shades(rows)[:, 0], "y": list(names), "model": layers, "train": {"epochs": 4}}


def _colours() -> dict[str, Any]:
    """Colour pictures in folders with nasty names, and a network of branches."""
    names = [{"cat": "<b>cat", "dog": "--blue", "owl": "$owl$ `x`"}[name] for name in classes(60)]
    path = folders(folder() / "colours-data", shades(60, 3), names, "png")
    layers = ["Conv2d(..., 4, 3)", "ReLU", "Residual(Conv2d(..., 4, 3, padding=1))", "Flatten", "Linear(..., 3)"]
    return {"source": str(path), "model": layers, "train": {"epochs": 3}, "ignore": ["D304"]}


def _texts() -> dict[str, Any]:
    """Texts that hold markup; the word `good` decides."""
    random = np.random.default_rng(0)
    words = ["good", "bad", "film", "plot", "</script>", "<img/src=x>", "$x$", "--pink", "actor", "the"]
    texts = [" ".join(random.choice(words, int(random.integers(2, 6)))) for _ in range(160)]
    mood = ["<i>up" if "good" in text else "down`" for text in texts]
    frame = pl.DataFrame({"said": texts, "mood": mood})
    some = {"columns": {"said": "text"}}
    model = "transformer(d_model=8, nhead=2)"
    return {"source": frame, "target": "mood", "data": some, "model": model, "train": {"epochs": 20}}


def _windows() -> dict[str, Any]:
    """A season of 6 steps with a column beside it, two series, forecast 4 steps ahead."""
    random, steps = np.random.default_rng(0), 150
    parts: list[pl.DataFrame] = []
    for name in ("<u>north", "south"):
        wave = np.sin(np.arange(steps) * np.pi / 3) * 100 + 1000
        noise = random.normal(size=(2, steps))
        parts.append(pl.DataFrame({"t": range(steps), "of": name, "y<b>": wave + 5 * noise[0], "side": noise[1]}))
    data = {"time": "t", "series": "of", "target": ["y<b>"], "window": 12, "horizon": 4}
    return {"source": pl.concat(parts), "data": data, "model": "gru(hidden_size=8)", "train": {"epochs": 4}}


def _sequences() -> dict[str, Any]:
    """Fast and slow waves of unequal length, and a channel of noise."""
    random = np.random.default_rng(0)
    parts: list[pl.DataFrame] = []
    for number in range(120):
        steps, fast = int(random.integers(8, 20)), number % 2
        wave = np.sin(np.arange(steps) * (1.4 if fast else 0.4)) + 0.1 * random.normal(size=steps)
        noise = random.normal(size=steps)
        parts.append(pl.DataFrame({"who": number, "t": range(steps), "x": wave, "z": noise, "fast": f"{fast}"}))
    data = {"series": "who", "time": "t"}
    frame = pl.concat(parts)
    return {"source": frame, "target": "fast", "data": data, "model": "lstm(hidden_size=6)", "train": {"epochs": 6}}


def _seeds() -> dict[str, Any]:
    """A season of 6 steps, forecast by the models of two folds and two seeds."""
    steps = 160
    wave = np.sin(np.arange(steps) * np.pi / 3) * 100 + 1000
    frame = pl.DataFrame({"t": range(steps), "y": wave + 5 * np.random.default_rng(0).normal(size=steps)})
    data = {"time": "t", "target": ["y"], "window": 12, "horizon": 4}
    some = {"split": {"folds": 2}, "train": {"epochs": 3, "seeds": 2}}
    return {"source": frame, "data": data, "model": "gru(hidden_size=8)", **some}


def _waves() -> dict[str, Any]:
    return {**_sequences(), "model": "conv(channels=[4], kernel_size=5)", "train": {"epochs": 4}}


def _phrases() -> dict[str, Any]:
    ways = ["Permute((0, 2, 1))", 'Conv1d(..., 6, 2, padding="same")', "ReLU", "Permute((0, 2, 1))", "Max"]
    return {**_texts(), "model": ["Embedding(..., 8)", *ways, "Linear(..., ...)"], "train": {"epochs": 25}}


WAYS = {
    "seeds": _seeds,
    "waves": _waves,
    "phrases": _phrases,
    "pictures": _pictures,
    "colours": _colours,
    "texts": _texts,
    "windows": _windows,
    "sequences": _sequences,
    "multiclass": _multiclass,
    "regression": _regression,
    "binary": _binary,
    "multilabel": _multilabel,
    "nasty": _nasty,
    "few": _few,
    "cohort": _cohort,
}
