"""Draw the pictures of reports that the pages show: docs/report-*.png.

    python scripts/make_report_pictures.py [NAME ...]

Trains the examples in a temporary folder and draws parts of their reports in Chromium, in 128 colours, which keeps a
picture under 150 KB. Look at them before they are kept: times differ from machine to machine.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from modelwright.cli import run
from modelwright.report.browser import Browser

ROOT = Path(__file__).resolve().parent.parent
PARTS = {
    "penguins": ("header", "#answer .card:last-child"),
    "digits": ("#occlusion", "#confused"),
    "airline": ("#forecasts", "#horizon"),
    "messages": ("#tokens", "#vocabulary"),
}
"""The first and the last element of each picture."""
WIDTH, COLOURS, MARGIN = 1120, 128, 12
BOX = (
    "(() => {{ const [a, b] = [{0!r}, {1!r}].map((one) => document.querySelector(one).getBoundingClientRect());"
    " return [a.left + scrollX, a.top + scrollY, a.right, b.bottom - a.top]; }})()"
)


def drawn(page: Path, first: str, last: str) -> Image.Image:
    """Return a page from one element to another."""
    with Browser() as browser:
        browser.size(WIDTH, 900)
        browser.open(page)
        browser.wait_until("document.documentElement.dataset.figures === 'drawn'")
        left, top, right, height = browser.evaluate(BOX.format(first, last))
        left, right = max(MARGIN, left), min(WIDTH - MARGIN, right)
        wide = {
            "x": left - MARGIN,
            "y": top - MARGIN,
            "width": right - left + 2 * MARGIN,
            "height": height + 2 * MARGIN,
        }
        return Image.open(io.BytesIO(browser.screenshot(wide)))


def main() -> None:
    """Write the pictures that are named, or all."""
    os.chdir(tempfile.mkdtemp())
    for name in sys.argv[1:] or PARTS:
        shutil.copytree(ROOT / "examples" / name, name)
        for script in Path(name).glob("make_pictures.py"):
            subprocess.run([sys.executable, script], check=True)
        if run(["train", f"{name}/{name}.yaml", "--quiet"]):
            raise SystemExit(1)
        picture = drawn(Path(f"runs/{name}-1/report.html"), *PARTS[name])
        path = ROOT / "docs" / f"report-{name}.png"
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
