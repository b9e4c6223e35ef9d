"""Real tables for tests, small: penguins, and the first rows of Adult; `needs_data` skips where they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data")).resolve()
PENGUINS, ADULT = DATA / "penguins/penguins.csv", DATA / "adult/adult-train.csv"
ADULT_NAMES = ["age", "workclass", "fnlwgt", "education", "education_num", "marital", "occupation", "relationship"]
ADULT_NAMES += ["race", "sex", "gain", "loss", "hours", "country", "income"]
BODY = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")

needs_data = pytest.mark.skipif(not PENGUINS.exists(), reason="the real data are not here (MODELWRIGHT_DATA)")


def penguins() -> pl.DataFrame:
    """The 344 penguins, missing values in them."""
    return pl.read_csv(PENGUINS, null_values=["NA"])


def adult(rows: int = 1000) -> pl.DataFrame:
    """The first rows of Adult, with the names of its columns."""
    frame = pl.read_csv(ADULT, has_header=False, new_columns=ADULT_NAMES, n_rows=rows)
    text = pl.col(pl.String).str.strip_chars()
    return frame.with_columns(pl.when(text != "?").then(text))
