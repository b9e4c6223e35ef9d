"""Texts that are nearly the same: MinHash over runs of three words finds candidates, their runs confirm them.

Used by L204.

Source: Broder 1997, "On the resemblance and containment of documents". Two texts are near copies where they share 7 of
10 of the runs that either has (Lee et al. 2022, "Deduplicating training data makes language models better", take 8).
"""

from __future__ import annotations

import numpy as np
import polars as pl

RUN = 3  # words in a row
FEWEST = 8  # words of a text that is looked at: short ones are alike by chance
ALIKE = 0.7
BANDS, EACH = 6, 2  # of 1,000 pairs that share 7 of 10 runs, 983 fall together in some band
CANDIDATES = 4
MOST_KNOWN, MOST_ASKED = 30_000, 2_000


def near_copies(known: pl.Series, asked: pl.Series) -> np.ndarray:
    """Return for each asked text the place of a known one that is nearly the same, -1 where there is none."""
    one, other = _Runs(known), _Runs(asked)
    found = np.full(len(asked), -1, dtype=np.int64)
    for band in range(BANDS):
        keys, wanted = one.signature(band), other.signature(band)
        order = np.argsort(keys, kind="stable")
        first = np.searchsorted(keys[order], wanted, side="left")
        last = np.searchsorted(keys[order], wanted, side="right")
        for place in np.flatnonzero((last > first) & (found[other.rows] < 0)):
            mine = other.of(int(place))
            for candidate in order[first[place] : min(last[place], first[place] + CANDIDATES)]:
                if _resemblance(mine, one.of(int(candidate))) >= ALIKE:
                    found[other.rows[place]] = one.rows[candidate]
                    break
    return found


class _Runs:
    """The runs of words of many texts, as hashes in one array; `rows` are the texts of enough words."""

    def __init__(self, texts: pl.Series) -> None:
        words = texts.fill_null("").str.to_lowercase().str.replace_all(r"\W+", " ").str.strip_chars().str.split(" ")
        counts = words.list.len().to_numpy().astype(np.int64)
        self.rows = np.flatnonzero(counts >= FEWEST)
        hashed = words.gather(self.rows).list.explode().hash(seed=0).to_numpy()
        lengths = counts[self.rows]
        ends = np.cumsum(lengths)
        runs = hashed.copy()
        for step in range(1, RUN):
            runs[:-step] = runs[:-step] * np.uint64(0x9E3779B97F4A7C15) + hashed[step:]
        inside = np.ones(len(hashed), dtype=bool)
        for step in range(1, RUN):
            inside[ends - step] = False
        self.runs = runs[inside]
        self.starts = np.concatenate(([0], np.cumsum(lengths - RUN + 1)))

    def of(self, place: int) -> np.ndarray:
        """Return the runs of one text."""
        return self.runs[self.starts[place] : self.starts[place + 1]]

    def signature(self, band: int) -> np.ndarray:
        """Return one number a text: texts that are alike have, with some luck, the same one."""
        if not len(self.rows):
            return np.empty(0, dtype=np.uint64)
        made = np.zeros(len(self.rows), dtype=np.uint64)
        for turn in range(EACH):
            odd = np.uint64(2 * (0xD1B54A32D192ED03 * (band * EACH + turn + 1) % (1 << 62)) + 1)
            mixed = self.runs * odd
            mixed ^= mixed >> np.uint64(29)
            made = made * np.uint64(0x9E3779B97F4A7C15) + np.minimum.reduceat(mixed, self.starts[:-1])
        return made


def _resemblance(one: np.ndarray, other: np.ndarray) -> float:
    shared = len(np.intersect1d(one, other))
    return shared / (len(np.unique(one)) + len(np.unique(other)) - shared)
