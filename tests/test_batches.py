"""Batches: every row once an epoch, an order of (seed, epoch) alone, the same from any batch on."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from modelwright.data.batches import CHUNK_BYTES, Batches, Chosen, order

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
    whole = list(batches.epoch(5))
    resumed = list(batches.epoch(5, first))
    assert [rows.tolist() for (rows,) in resumed] == [rows.tolist() for (rows,) in whole[first:]]
    places = [rows.storage_offset() for (rows,) in resumed]
    assert places == [rows.storage_offset() for (rows,) in whole[first:]], "matrix products depend on it"


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


@given(SIZES, st.integers(2, 20), st.data())
def test_windows_of_a_series_are_served_without_a_copy(
    sizes: tuple[int, int], window: int, data: st.DataObject
) -> None:
    rows, batch_size = sizes
    series = torch.arange(rows + window, dtype=torch.float32)
    windows = series.unfold(0, window, 1)
    assert windows.untyped_storage().data_ptr() == series.untyped_storage().data_ptr()
    starts = torch.tensor(data.draw(st.lists(st.integers(0, rows), min_size=1, max_size=50)))
    chosen = Chosen(windows, starts)
    targets = series[starts]
    for x, y in Batches((chosen, targets), batch_size, seed=0).epoch(1):
        assert torch.equal(x, y[:, None] + torch.arange(window))
    assert torch.equal(torch.cat(list(chosen.split(7))), windows[starts])
    assert chosen.row_bytes == window * 4 and len(chosen) == len(starts)


@given(SIZES, st.data())
def test_a_transform_is_told_epoch_and_rows_wherever_it_begins(sizes: tuple[int, int], data: st.DataObject) -> None:
    def noise(epoch: int, rows: torch.Tensor, batch: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        assert torch.equal(rows, batch[0])
        return (batch[0] * 1000 + epoch, *batch[1:])

    batches = Batches((torch.arange(sizes[0]),), sizes[1], seed=3, transform=noise)
    first = data.draw(st.integers(0, len(batches)))
    plain = Batches((torch.arange(sizes[0]),), sizes[1], seed=3)
    changed = [(rows * 1000 + 4).tolist() for (rows,) in plain.epoch(4)]
    assert [rows.tolist() for (rows,) in batches.epoch(4, first)] == changed[first:]
