"""Are equal rows of a table copies, or what chance makes of few distinct values? Used by D106 and L204."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from modelwright.checks.measure import collision_rate

if TYPE_CHECKING:
    from modelwright.checks.facts import Facts

FINE = 0.5
"""Share of distinct values, among distinct rows, from which a column is fine-grained: none of the tables with natural
copies that were measured (wine quality, Titanic, diamonds) reaches 0.33; columns of measured reals lie near 1."""
FEW = 0.05
"""Share of copied rows from which a fine-grained table is reported; natural ones stay below."""
DISTINCT = 20
"""Distinct rows from which their counts tell a table that was repeated."""
CHANCE = 10.0
"""Observed pairs up to so many times the expected ones are left to chance."""


def remarkable(facts: Facts, share: float) -> bool:
    """Return whether so many rows that have a twin (`share` of all) are copies rather than chance."""
    return share >= FEW if fine_grained(facts) else repeated_as_a_whole(facts)


def repeated_as_a_whole(facts: Facts) -> bool:
    """Return whether nearly every row occurs two, four, six (or three, six, nine …) times: no chance does that."""
    if not len(facts.twins) or float(facts.twins.mean()) < 0.9:  # 99 of 100 distinct rows have twins where this holds
        return False
    _, counts = np.unique(facts.hashes, return_counts=True)
    return len(counts) >= DISTINCT and any(float((counts % times == 0).mean()) >= 0.99 for times in (2, 3, 5))


def natural(facts: Facts) -> bool:
    """Return whether chance explains the pairs of equal rows: coarse columns, and at most CHANCE times the expected."""
    if fine_grained(facts) or repeated_as_a_whole(facts):
        return False
    columns = [*facts.input_names, *facts.targets]
    return equal_pairs(facts.hashes[facts.twins]) <= CHANCE * max(1.0, by_chance(facts, columns))


def by_chance(facts: Facts, columns: list[str]) -> float:
    """Return the expected number of pairs of equal rows, were the columns independent.

    Real columns depend on each other, so this is a lower bound of what is natural; it is exact for tables of few
    independent values, where it silences the rules.
    """
    table = facts.table
    assert table is not None
    rate = reduce(lambda product, name: product * collision_rate(facts.sample(name)), columns, 1.0)
    rows = table.frame.height
    return rate * rows * (rows - 1) / 2


def equal_pairs(hashes: np.ndarray) -> float:
    """Return how many pairs of rows are equal."""
    _, counts = np.unique(hashes, return_counts=True)
    counts = counts.astype(np.float64)
    return float((counts * (counts - 1)).sum() / 2)


def fine_grained(facts: Facts) -> bool:
    """Return whether some number has nearly as many distinct values as there are distinct rows: no place for chance."""
    table = facts.table
    assert table is not None
    distinct = len(facts.hashes) - int(facts.twins.sum()) + len(np.unique(facts.hashes[facts.twins]))
    numbers = [c for c in table.columns if c.name in facts.input_names and c.kind in ("numeric", "integer")]
    return any(column.unique >= FINE * distinct for column in numbers)
