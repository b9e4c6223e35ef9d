"""Random numbers of augmentation: a function of (seed, epoch, row, stream), uniform, and unlike one another."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from modelwright.training.augment.noise import FIRST, GOLDEN, SECOND, uniform

SMALL = st.integers(0, 2**31 - 1)


def by_hand(seed: int, epoch: int, row: int, stream: int, place: int) -> float:
    """The same in Python's own numbers, which do not wrap around."""

    def finish(value: int) -> int:
        value %= 2**64
        value = (value ^ (value >> 30)) * FIRST % 2**64
        value = (value ^ (value >> 27)) * SECOND % 2**64
        return value ^ (value >> 31)

    key = finish(finish(seed * GOLDEN + epoch) + stream * GOLDEN)
    return (finish(finish(row * GOLDEN + key) + (place + 1) * GOLDEN) >> 40) / 2**24


@given(SMALL, st.integers(0, 10_000), st.lists(SMALL, min_size=1, max_size=5), st.integers(0, 20))
def test_it_is_the_formula(seed: int, epoch: int, rows: list[int], stream: int) -> None:
    found = uniform(seed, epoch, torch.tensor(rows), stream, 3)
    assert found.tolist() == [[by_hand(seed, epoch, row, stream, place) for place in range(3)] for row in rows]
    assert ((found >= 0) & (found < 1)).all()


@given(SMALL, SMALL, st.permutations(range(6)))
def test_it_does_not_matter_which_rows_stand_beside(seed: int, epoch: int, order: list[int]) -> None:
    whole = uniform(seed, epoch, torch.arange(6), 1, 4)
    assert torch.equal(uniform(seed, epoch, torch.tensor(order), 1, 4), whole[order])


def test_numbers_are_uniform_and_independent() -> None:
    rows = torch.arange(20_000)
    draws = [
        uniform(seed, epoch, rows, stream, 2) for seed, epoch, stream in ((0, 0, 1), (0, 1, 1), (1, 0, 1), (0, 0, 2))
    ]
    columns = torch.cat(draws, 1).double().numpy()
    counts = np.stack([np.histogram(column, 20, (0, 1))[0] for column in columns.T])
    assert ((counts - 1000) ** 2 / 1000).sum(1).max() < 60  # chi-squared with 19 degrees of freedom: 1 in a million
    together = np.corrcoef(np.concatenate([columns, np.roll(columns, 1, 0)], 1).T)
    assert np.abs(together - np.eye(len(together))).max() < 0.04
    assert len(np.unique(columns)) > 0.95 * min(columns.size, 2**24) - 2000
