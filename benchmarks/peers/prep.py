"""Preparation that a user of a tool without one writes by hand; sections are counted for the peers that use them."""

import re
from collections import Counter

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def table(train, test):
    """One-hot categories and standardised numbers, both fitted on train."""
    import pandas as pd

    num = train.select_dtypes("number").columns.drop("income")
    mean, std = train[num].mean(), train[num].std(ddof=0)

    def encode(df):
        return pd.concat([(df[num] - mean) / std, pd.get_dummies(df.drop(columns=[*num, "income"]))], axis=1)

    a = encode(train).astype("float32")
    b = encode(test).reindex(columns=a.columns, fill_value=0).astype("float32")
    return a, train["income"].astype("float32"), b, test["income"].astype("float32")


def normalise(images):
    return ((images.astype("float32") / 255 - 0.1307) / 0.3081)[:, None]


def series(values):
    """Min-max scaled train and test series (12 and 4 months) and the factor from those units to standardised ones."""
    train, test = values[:8640], values[8640 + 2880 - 96 : 8640 + 2 * 2880]
    low, span = train.min(0), train.max(0) - train.min(0)
    return (train - low) / span, (test - low) / span, span / train.std(0)


def windows(scaled):
    """Every 96 steps and the 24 that follow them."""
    w = sliding_window_view(scaled, 96 + 24, axis=0).transpose(0, 2, 1)
    return w[:, :96], w[:, 96:]


def words(text):
    return re.findall(r"[a-z0-9']+", text.lower())[:64]


def vocabulary(texts, size=20_000):
    counts = Counter(word for text in texts for word in words(text))
    return {word: i for i, (word, _) in enumerate(counts.most_common(size - 2), start=2)}


def encode(texts, vocab):
    ids = np.zeros((len(texts), 64), "int64")
    for row, text in zip(ids, texts, strict=False):
        found = [vocab.get(word, 1) for word in words(text)]
        row[: len(found)] = found
    return ids
