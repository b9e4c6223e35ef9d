"""The figures of a page as PNG files, as a browser draws them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from modelwright.files import write_atomically
from modelwright.report.browser import Browser

WIDTH, SCALE = 1000, 2.0
ALL = "[...document.querySelectorAll('figure')].map((figure) => figure.id)"
BOX = (
    "(() => {{ const box = document.getElementById({0!r}).getBoundingClientRect();"
    " return {{x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height}}; }})()"
)
DRAWN = "document.documentElement.dataset.figures === 'drawn'"


def save_figures(page: Path, folder: Path) -> Iterator[Path]:
    """Write each figure of a report to `folder` and yield its path. RunError R008 without a browser."""
    folder.mkdir(parents=True, exist_ok=True)
    with Browser() as browser:
        browser.size(WIDTH, 900, SCALE)
        browser.open(page)
        browser.wait_until(DRAWN)
        for name in browser.evaluate(ALL):
            path = folder / f"{name}.png"
            write_atomically(path, browser.screenshot(browser.evaluate(BOX.format(name))))
            yield path
