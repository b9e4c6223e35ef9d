"""The raw files as plain values; the same for every peer and not counted as user code."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data"))
ADULT = [
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
]


def adult():
    """Train and test frames: 14 mixed columns and income as 0 or 1, a fixed 80/20 split of all 48,842 rows."""
    import pandas as pd

    frame = pd.concat(
        [
            pd.read_csv(DATA / "adult" / f"adult-{part}.csv", names=ADULT, skipinitialspace=True)
            for part in ("train", "test")
        ],
        ignore_index=True,
    )
    frame["income"] = frame["income"].str.startswith(">50K").astype("int64")
    order = np.random.RandomState(0).permutation(len(frame))
    cut = int(len(frame) * 0.8)
    return frame.iloc[order[:cut]].reset_index(drop=True), frame.iloc[order[cut:]].reset_index(drop=True)


def idx(name, offset):
    with gzip.open(DATA / "mnist" / name) as file:
        return np.frombuffer(bytearray(file.read()), np.uint8, offset=offset)


def mnist():
    """Images (n, 28, 28) and labels as uint8 and int64: train, then test."""
    return (
        idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28),
        idx("train-labels-idx1-ubyte.gz", 8).astype("int64"),
        idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28),
        idx("t10k-labels-idx1-ubyte.gz", 8).astype("int64"),
    )


def etth1():
    """The seven hourly series as a frame, OT last."""
    import pandas as pd

    return pd.read_csv(DATA / "ett" / "ETTh1.csv").drop(columns="date")


def news():
    """AG News: texts (descriptions) and labels 0..3. Train is the 10,001-row subset of the 120,000 that is here."""
    classes = ["World", "Sports", "Business", "Sci/Tech"]
    with (DATA / "ag-news" / "alps_dev.tsv").open(encoding="utf-8") as file:
        train = [line.rstrip("\n").split("\t") for line in file]
    with (DATA / "ag-news" / "test.csv").open(encoding="utf-8", newline="") as file:
        test = [(row[2], int(row[0]) - 1) for row in csv.reader(file)]
    return (
        [text for text, _ in train],
        np.array([classes.index(name) for _, name in train]),
        [text for text, _ in test],
        np.array([label for _, label in test]),
    )
