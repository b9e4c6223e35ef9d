"""Tables for the descriptions of the corpus: small, from a seed, learnable."""

from __future__ import annotations

import numpy as np
import polars as pl


def flowers(rows: int = 300, classes: int = 3, seed: int = 0) -> pl.DataFrame:
    """Return four columns and a class that follows from them, with some noise."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 4))
    scores = x @ random.normal(size=(4, classes)) + random.normal(size=(rows, classes))
    names = np.array(["daisy", "rose", "tulip", "iris", "lily", "poppy"])
    kinds = ["length", "width", "height", "weight_g"]
    return pl.DataFrame({kind: x[:, i] for i, kind in enumerate(kinds)} | {"y": names[scores.argmax(1)]})


def houses(rows: int = 300, seed: int = 0) -> pl.DataFrame:
    """Return columns of houses and a price."""
    random = np.random.default_rng(seed)
    area, rooms = random.uniform(30, 250, rows), random.integers(1, 8, rows)
    price = 2_000 * area + 15_000 * rooms + random.normal(0, 30_000, rows)
    zone = random.choice(["centre", "north", "south"], rows)
    return pl.DataFrame({"area": area, "rooms": rooms, "zone": zone, "y": price})


def frauds(rows: int = 3000, share: float = 0.004, seed: int = 0) -> pl.DataFrame:
    """Return payments of which a few are frauds."""
    random = np.random.default_rng(seed)
    amount, hour = random.lognormal(3, 1, rows), random.integers(0, 24, rows)
    risk = np.log(amount) + 0.1 * hour + random.normal(0, 1, rows)
    return pl.DataFrame(
        {"amount": amount, "hour": hour, "y": np.where(risk > np.quantile(risk, 1 - share), "yes", "no")}
    )
