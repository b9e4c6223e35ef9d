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

ROOT = Path(__file__).parent.parent
AXE = ROOT / ".venv/axe/node_modules/axe-core/axe.min.js"
NASTY = "<script>alert(1)</script>"
KINDS = ("multiclass", "regression", "binary", "multilabel", "nasty", "few", "cohort")


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
    return modelwright.train(**WAYS[kind](), runs=folder(), name=kind)


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


WAYS = {
    "multiclass": _multiclass,
    "regression": _regression,
    "binary": _binary,
    "multilabel": _multilabel,
    "nasty": _nasty,
    "few": _few,
    "cohort": _cohort,
}
