"""Rows to compare, for tests: numbers in clusters, texts that match, small pictures."""

from __future__ import annotations

import numpy as np
import polars as pl

WORDS = {"cat": ("cat", "kitten"), "dog": ("dog", "puppy"), "car": ("car", "truck"), "sea": ("sea", "ocean")}
VERBS = ("runs", "sleeps", "moves", "stays", "jumps", "waits")


def clusters(rows: int = 240, seed: int = 0) -> pl.DataFrame:
    """Return four numbers, a category and the cluster that they come from."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, 3, rows)
    numbers = (random.normal(size=(3, 4)) * 2)[kind] + random.normal(size=(rows, 4))
    columns = {f"x{at}": numbers[:, at] for at in range(4)}
    return pl.DataFrame({**columns, "c": np.array(["a", "b"])[random.integers(0, 2, rows)]}).with_columns(
        kind=pl.Series(np.array(["u", "v", "w"])[kind])
    )


def questions(rows: int = 240, seed: int = 0) -> pl.DataFrame:
    """Return questions, answers that match, answers that do not, and two numbers that go with the subject."""
    random = np.random.default_rng(seed)
    names = list(WORDS)
    found: list[dict[str, object]] = []
    for row in range(rows):
        at = int(random.integers(4))
        verb, other = VERBS[random.integers(6)], names[(at + 1 + int(random.integers(3))) % 4]
        found.append(
            {
                "question": f"where {WORDS[names[at]][random.integers(2)]} {verb} number {row % 7}",
                "answer": f"the {names[at]} {verb} at {row % 7} o'clock",
                "wrong": f"the {other} {VERBS[random.integers(6)]} at {(row + 3) % 7} o'clock",
                "size": at * 1.5 + float(random.random()),
                "age": float(random.random()) - at,
            }
        )
    return pl.DataFrame(found)
