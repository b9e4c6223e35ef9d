"""Near misses: what a misspelt word was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to `count` of the known words that resemble `word`, best first; case does not matter.

    >>> near("Conv2D", ["Conv1d", "Conv2d", "ReLU"], 1)
    ['Conv2d']
    """
    by_lower: dict[str, str] = {}
    for other in known:
        by_lower.setdefault(_plain(other), other)
    found = difflib.get_close_matches(_plain(word)[:80], by_lower, n=count, cutoff=0.6)
    return [by_lower[lower] for lower in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` for a message, or nothing."""
    found = near(word, known, 1)
    return f"; did you mean `{found[0]}`?" if found else ""


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "").replace(" ", "")
