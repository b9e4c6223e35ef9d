"""How long the page of a run takes to open in Chromium: 200 columns and 1,000 epochs, or a run of yours.

    python benchmarks/opening.py [TIMES] [RUN]

Milliseconds from the navigation on, on the page's own clock: text can be read, the first figure is drawn, all figures
are drawn. Medians of TIMES openings (5), each in a browser of its own, and the size of the page.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import modelwright
from modelwright.report.browser import Browser

COLUMNS, ROWS, EPOCHS = 200, 600, 1_000
READ = "performance.getEntriesByType('paint').some((one) => one.name === 'first-contentful-paint')"
PAINTED = "performance.getEntriesByType('paint').find((one) => one.name === 'first-contentful-paint').startTime"
FIRST = "!!document.querySelector('[data-drawn]')"
ALL = "document.documentElement.dataset.figures === 'drawn'"


def synthetic(folder: Path) -> Path:
    """Train on columns of noise, two of which matter; return the page."""
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, COLUMNS))
    frame = pl.DataFrame({f"column {at}": x[:, at] for at in range(COLUMNS)})
    frame = frame.with_columns(y=pl.Series(np.where(x[:, 0] + x[:, 1] > 0, "yes", "no")))
    keys = {"epochs": EPOCHS, "patience": None}
    run = modelwright.train(frame, target="y", model="mlp(hidden=[16])", train=keys, runs=folder)
    return run.path / "report.html"


def opened(page: Path) -> tuple[float, float, float]:
    """Return the milliseconds until the text, the first figure and all figures are there."""
    with Browser() as browser:
        browser.size(1280, 900)
        browser.open(page)
        browser.wait_until(READ)
        painted = float(browser.evaluate(PAINTED))
        browser.wait_until(FIRST)
        first = float(browser.evaluate("performance.now()"))
        browser.wait_until(ALL)
        return painted, first, float(browser.evaluate("performance.now()"))


def main() -> None:
    """Open the page and print the figures."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        page = Path(sys.argv[2]) / "report.html" if len(sys.argv) > 2 else synthetic(Path(folder))
        found = [opened(page) for _ in range(times)]
        for name, values in zip(("text", "first figure", "all figures"), zip(*found, strict=True), strict=True):
            print(f"{name:13} {statistics.median(values):6,.0f} ms ({min(values):,.0f} to {max(values):,.0f})")
        print(f"size          {page.stat().st_size / 2**20:6.2f} MiB")


if __name__ == "__main__":
    main()
