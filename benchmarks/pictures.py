"""10,000 JPEGs of 32×32: decoding beside Pillow alone on the same threads, and the first step of a second run.

python benchmarks/pictures.py [PICTURES]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from modelwright.data.images.store import AT_ONCE
from modelwright.data.machine import cores

FIRST_STEP = """
import builtins, os, sys, threading, time
loaded, real = {}, builtins.__import__
def watched(name, *words, **more):
    found = real(name, *words, **more)
    if name == "torch" and threading.current_thread() is not threading.main_thread():
        loaded["wall"], loaded["cpu"] = time.perf_counter(), time.process_time()  # the last of them ends the thread
    loop = sys.modules.get("modelwright.training.loop")
    if hasattr(loop, "_gradient"):
        loop._gradient = first
    return found
def first(*words):
    now = time.perf_counter() - loaded["wall"], time.process_time() - loaded["cpu"]
    print(*(f"{each:.3f}" for each in now))
    sys.stdout.flush()
    os._exit(0)
builtins.__import__ = watched
from modelwright.cli import run
run(("train", sys.argv[1], "model=cnn", "train.epochs=1", "--quiet", "--runs", sys.argv[2]))
"""
"""The command itself, which loads torch in a thread; it ends where its first step would begin."""


def pictures(folder: Path, count: int) -> None:
    """Write pictures of noise in two folders of classes."""
    random = np.random.default_rng(0)
    for number in range(count):
        place = folder / ("cats", "dogs")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        small = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(small).resize((32, 32)).save(place / f"{number}.jpg", quality=90)


def pillow(folder: Path) -> float:
    """Return the seconds that Pillow takes to decode all files on as many threads as modelwright uses."""
    files = sorted(folder.rglob("*.jpg"))

    def decode(start: int) -> None:
        for file in files[start : start + AT_ONCE]:
            with Image.open(file) as picture:
                np.asarray(picture.convert("RGB"))

    started = time.perf_counter()
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(decode, range(0, len(files), AT_ONCE)))
    return time.perf_counter() - started


def ours(folder: Path) -> float:
    """Return the seconds that reading the folder takes, labels, shapes, store and digest included."""
    from modelwright.data.table import read
    from modelwright.spec.schema import DataSpec

    started = time.perf_counter()
    read(DataSpec(path=str(folder)), folder)
    return time.perf_counter() - started


def main(count: int) -> None:
    """Print both, in turns."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photos"
        pictures(folder, count)
        pillow(folder)  # so that the files are in the system's cache for both
        for turn in range(3):
            os.environ["MODELWRIGHT_CACHE"] = f"{place}/cache-{turn}"
            alone, first = pillow(folder), ours(folder)
            again = ours(folder)
            rates = f"Pillow {count / alone:,.0f}/s, modelwright {count / first:,.0f}/s ({alone / first:.0%})"
            print(f"{rates}; read again {again:.3f} s")
        for _ in range(3):
            words = [sys.executable, "-c", FIRST_STEP, str(folder), f"{place}/runs"]
            told = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
            print(f"again: the first step comes {told[0]} s after torch is loaded ({told[1]} s of the processor)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
