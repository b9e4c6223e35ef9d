"""Batches: every row once an epoch, an order of (seed, epoch) alone, the same from any batch on."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from modelwright.data.batches import CHUNK_BYTES, Batches, order

SIZES = st.tuples(st.integers(1, 300), st.integers(1, 64))


@given(SIZES, st.integers(0, 2**31 - 1), st.integers(0, 1000))
def test_an_epoch_holds_every_row_once(sizes: tuple[int, int], seed: int, epoch: int) -> None:
    rows, batch_size = sizes
    batches = Batches((torch.arange(rows), torch.arange(rows) * 2), batch_size, seed)
    served = list(batches.epoch(epoch))
    assert len(served) == len(batches)
    assert sorted(torch.cat([first for first, _ in served]).tolist()) == list(range(rows))
    assert all(torch.equal(first * 2, second) for first, second in served)


@given(SIZES, st.data())
def test_an_epoch_can_begin_at_any_batch(sizes: tuple[int, int], data: st.DataObject) -> None:
    batches = Batches((torch.arange(sizes[0]),), sizes[1], seed=3)
    first = data.draw(st.integers(0, len(batches)))
    whole = [rows.tolist() for (rows,) in batches.epoch(5)]
    assert [rows.tolist() for (rows,) in batches.epoch(5, first)] == whole[first:]


@given(SIZES)
def test_no_batch_of_one_row_is_left_over(sizes: tuple[int, int]) -> None:
    rows, batch_size = sizes
    lengths = [len(x) for (x,) in Batches((torch.arange(rows),), batch_size, seed=0).epoch(0)]
    if batch_size > 1 and rows > 1:
        assert min(lengths) > 1
    assert max(lengths) <= batch_size + 1


def test_chunks_do_not_show() -> None:
    wide = torch.arange(3000, dtype=torch.float32)[:, None].expand(3000, 1000).contiguous()
    batches = Batches((wide,), 7, seed=1)
    assert wide[0].numel() * 4 * 3000 > 2 * CHUNK_BYTES, "the table must need several chunks"
    served = torch.cat([rows[:, 0] for (rows,) in batches.epoch(2)])
    assert served.tolist() == order(3000, 1, 2).tolist()


def test_order_differs_by_seed_and_epoch() -> None:
    orders = {tuple(order(50, seed, epoch)) for seed in range(20) for epoch in range(20)}
    assert len(orders) == 400
