"""Kill training runs and resume them: `python tests/kill_trials.py random 50` or `python tests/kill_trials.py calls`.

Every trial runs in a forked child, so that torch is imported once. A trial ends well if the run, killed and resumed
(and killed again), leaves the same bytes as the run that was left alone. Prints one JSON object.
"""

from __future__ import annotations

import builtins
import csv
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from modelwright.api import request_for
from modelwright.run.request import Request, Stop
from modelwright.run.start import resume, start
from pictures import classes, folders, shades

SAME = ("model.safetensors", "metrics.jsonl", "score.json", "plan.json", "split.json", "checks.json")


def request(folder: Path) -> Request:
    """A small run with everything that has a state: dropout, schedule, momentum, early stopping, class weights."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(600, 5))
    label = np.where(x @ generator.normal(size=5) + generator.normal(size=600) > 0, "yes", "no")
    colour = generator.choice(["red", "green", "blue"], size=600)
    # Not by polars: its threads, once they run, do not survive a fork.
    with (folder / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "c", "d", "e", "colour", "label"], *np.column_stack([x, colour, label])])
    description = {
        "model": "mlp(hidden=[16, 16], dropout=0.3)",
        "optimizer": "AdamW(lr=0.01)",
        "scheduler": "OneCycleLR(max_lr=0.01)",
        "train": {
            "epochs": 12,
            "batch_size": 16,
            "checkpoint_seconds": 0,
            "class_weight": "balanced",
            "clip_grad_norm": 1.0,
        },
    }
    return request_for(folder / "rows.csv", target="label", description=description)


def request_pictures(folder: Path) -> Request:
    """A small run on pictures, changed at random in each batch."""
    folders(folder / "rows", shades(60), classes(60))
    description = {
        "augment": ["RandomCrop(8, padding=1)", "RandomRotation(10)", "ColorJitter(0.2)", "MixUp", "CutMix"],
        "model": "cnn(widths=[4, 8], dropout=0.2)",
        "train": {"epochs": 6, "batch_size": 8, "checkpoint_seconds": 0},
    }
    return request_for(folder / "rows", description=description)


def request_gan(folder: Path) -> Request:
    """A small run of a GAN with everything that has a state: two optimizers, an average, dropout, early stopping."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 2)).round(3)
    colour = generator.choice(["red", "green", "blue"], size=300)
    with (folder / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "colour"], *np.column_stack([x, colour])])
    description = {
        "task": "gan",
        "model": {
            "generator": "mlp(hidden=[16], norm=BatchNorm1d)",
            "discriminator": ["spectral_norm(Linear(..., 16))", "LeakyReLU(0.2)", "Dropout(0.2)", "Linear(..., 1)"],
        },
        "loss": "Wasserstein(gradient_penalty=1)",
        "optimizer": {"generator": "Adam(lr=0.002, betas=(0.5, 0.9))", "discriminator": "SGD(lr=0.01, momentum=0.5)"},
        "gan": {"latent": 8, "discriminator_steps": 2},
        "scheduler": "OneCycleLR(max_lr=0.002)",
        "train": {"epochs": 10, "batch_size": 32, "checkpoint_seconds": 0, "patience": 8, "clip_grad_norm": 1.0},
    }
    return request_for(folder / "rows.csv", description=description)


def request_texts(folder: Path) -> Request:
    """A small run on texts of several lengths."""
    generator = np.random.default_rng(0)
    words = np.array(["red", "green", "blue", "sun", "moon", "rain"])
    with (folder / "rows.csv").open("w", newline="") as file:
        rows = [(label := n % 2, " ".join(generator.choice(words[label : 5 + label], 2 + n % 7))) for n in range(160)]
        csv.writer(file).writerows([["label", "text"], *rows])
    description = {
        "data": {"columns": {"text": "text"}},
        "model": ["Embedding(..., 8)", "GRU(..., 8)", "Max", "Dropout(0.3)", "Linear(..., ...)"],
        "train": {"epochs": 5, "batch_size": 16, "checkpoint_seconds": 0},
    }
    return request_for(folder / "rows.csv", target="label", description=description)


def request_sequences(folder: Path) -> Request:
    """A small run on sequences of unequal length, as the archive's files have them."""
    generator = np.random.default_rng(0)
    lines = ["@timeStamps false", "@univariate true", "@classLabel true a b", "@data"]
    for n in range(150):
        steps = generator.normal(size=6 + n % 5) + n % 2
        lines.append(",".join(f"{value:.3f}" for value in steps) + f":{'ab'[n % 2]}")
    (folder / "rows.ts").write_text("\n".join(lines) + "\n")
    description = {
        "model": "transformer(d_model=8, nhead=2, patch_size=2, dropout=0.2)",
        "train": {"epochs": 5, "batch_size": 16, "checkpoint_seconds": 0},
    }
    return request_for(folder / "rows.ts", description=description)


def request_forecast(folder: Path) -> Request:
    """A small forecast of two columns."""
    steps = np.arange(400)
    load = np.sin(steps / 6) + np.random.default_rng(0).normal(size=400) / 5
    with (folder / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["time", "load", "more"], *np.column_stack([steps, load, load[::-1]])])
    description = {
        "data": {"time": "time", "target": ["load", "more"], "window": 24, "horizon": 4},
        "model": "gru(hidden_size=8, dropout=0.2)",
        "scheduler": "ReduceLROnPlateau(patience=1)",
        "train": {"epochs": 4, "batch_size": 32, "checkpoint_seconds": 0},
    }
    return request_for(folder / "rows.csv", description=description)


def request_views(folder: Path) -> Request:
    """A small run that compares two random views of each picture, in parts, with a temperature that is learned."""
    folders(folder / "rows", shades(60), classes(60))
    description = {
        "task": "contrastive",
        "augment": ["RandomResizedCrop(8)", "RandomRotation(10)"],
        "model": "cnn(widths=[4, 8], dropout=0.2, norm=none)",
        "loss": "NTXent(temperature=0.2, learnable=True)",
        "contrastive": {"embedding": 8, "projection": 4},
        "train": {"epochs": 6, "batch_size": 8, "accumulate": 2, "checkpoint_seconds": 0},
    }
    return request_for(folder / "rows", description=description)


REQUESTS = {
    "rows": request,
    "pictures": request_pictures,
    "views": request_views,
    "texts": request_texts,
    "sequences": request_sequences,
    "forecast": request_forecast,
    "gan": request_gan,
}


def finish(runs: Path, asked: Request) -> None:
    """Start the run, or resume it where it was begun, to its end."""
    begun = list(runs.glob("rows-*/plan.json"))
    for _ in resume(begun[0].parent, Stop()) if begun else start(asked, runs, "rows"):
        pass


def forked(action: Callable[[], None]) -> int:
    """Run `action` in a child; return its process number."""
    child = os.fork()
    if child == 0:
        os.close(1)
        try:
            action()
        except BaseException as error:  # noqa: BLE001 (a forked child must not fall into its parent's code)
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return child


def status(child: int) -> int:
    """Wait for a child; 0 well, -9 killed, else it failed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def result(runs: Path) -> dict[str, bytes]:
    """The files that must be equal."""
    (folder,) = runs.glob("rows-*")
    assert not list(folder.rglob("*.tmp-*")), "a temporary file was left"
    return {name: (folder / name).read_bytes() for name in SAME}


def ends_equal(runs: Path, asked: Request, expected: dict[str, bytes]) -> bool:
    """Resume to the end and compare."""
    return status(forked(lambda: finish(runs, asked))) == 0 and result(runs) == expected


def random_trials(
    count: int, folder: Path, asked: Request, expected: dict[str, bytes], seconds: float
) -> Iterator[bool]:
    """Kill at random moments, up to three times in one run."""
    generator = random.Random(1)
    for trial in range(count):
        runs = folder / f"random-{trial}"
        for _ in range(generator.choice((1, 1, 2, 3))):
            child = forked(lambda runs=runs: finish(runs, asked))
            time.sleep(generator.uniform(0, seconds))
            os.kill(child, signal.SIGKILL)
            status(child)
        yield ends_equal(runs, asked, expected)


def dying_at(call: int, counter: Path | None = None) -> None:
    """From now on, die at the `call`-th opening, writing, flushing or renaming of a file."""
    numbers = itertools.count(1)

    def deadly(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **named: Any) -> Any:
            number = next(numbers)
            if counter is not None:
                counter_write(counter, number)
            if number == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return wrapper

    plain_open = builtins.open

    def opened(*arguments: Any, **named: Any) -> Any:
        file = plain_open(*arguments, **named)
        mode = arguments[1] if len(arguments) > 1 else named.get("mode", "r")
        return Deadly(file, deadly) if mode == "wb" else file

    def counter_write(path: Path, number: int) -> None:
        with plain_open(path, "w") as file:
            file.write(str(number))

    builtins.open = deadly(opened)
    for name in ("fsync", "replace", "rename", "mkdir"):
        setattr(os, name, deadly(getattr(os, name)))


class Deadly:
    """A file whose writes and flushes may kill."""

    def __init__(self, file: Any, deadly: Callable[..., Any]) -> None:
        self.file, self.write, self.flush = file, deadly(file.write), deadly(file.flush)
        self.fileno = file.fileno

    def __enter__(self) -> Deadly:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def call_trials(folder: Path, asked: Request, expected: dict[str, bytes], every: int) -> Iterator[bool]:
    """Kill at every file operation of a run (at every n-th, to be quick)."""
    counter = folder / "count"

    def counted() -> None:
        dying_at(0, counter)
        finish(folder / "counted", asked)

    assert status(forked(counted)) == 0
    for call in range(1, int(counter.read_text()) + 1, every):
        runs = folder / f"call-{call}"

        def deadly(runs: Path = runs, call: int = call) -> None:
            dying_at(call)
            finish(runs, asked)

        yield status(forked(deadly)) in (-signal.SIGKILL, 0) and ends_equal(runs, asked, expected)


def main() -> None:
    """Run the trials that the words ask for."""
    torch.set_num_threads(1)
    folder = Path(tempfile.mkdtemp())
    asked = REQUESTS[sys.argv[3] if len(sys.argv) > 3 else "rows"](folder)
    started = time.monotonic()
    assert status(forked(lambda: finish(folder / "straight", asked))) == 0
    seconds = time.monotonic() - started
    expected = result(folder / "straight")
    number = int(sys.argv[2])
    trials = (
        random_trials(number, folder, asked, expected, seconds)
        if sys.argv[1] == "random"
        else call_trials(folder, asked, expected, number)
    )
    good = [*trials]
    print(json.dumps({"trials": len(good), "equal": sum(good), "straight_seconds": round(seconds, 2)}))


if __name__ == "__main__":
    main()
