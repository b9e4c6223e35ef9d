"""Windows of series: views of one tensor, whose targets never leave their part and whose inputs never their series."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from modelwright.data.batches import Batches, row_bytes
from modelwright.data.period import period_of
from modelwright.data.steps import filled, known, segments
from modelwright.data.windows import Windows


def starts(runs: np.ndarray, stride: int = 1) -> list[int]:
    windows = Windows.of(torch.zeros(1000, 1), 1, runs, stride=stride)
    return windows.starts(torch.arange(len(windows))).tolist()


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=4),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(1, 4),
    st.data(),
)
def test_windows_are_those_that_a_search_finds(
    lengths: list[int], window: int, horizon: int, stride: int, data: st.DataObject
) -> None:
    total = sum(lengths)
    edges = np.cumsum([0, *lengths])
    blocks = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, total - 1)))), dtype=np.int64)
    usable = np.array(data.draw(st.lists(st.booleans(), min_size=total, max_size=total)))
    found = starts(segments(rows, usable, blocks, window, horizon, stride), stride)
    inside = set(rows[usable[rows]].tolist())
    possible = [
        start
        for begin, end in blocks
        for start in range(begin, end - window - horizon + 1)
        if all(at in inside for at in range(start + window, start + window + horizon))
    ]
    assert set(found) <= set(possible)
    if stride == 1:
        assert found == possible
    for first in possible:  # each run of targets gives its first window, then every stride-th
        assert any(first - step in found for step in range(stride)) or first - 1 in possible


def test_the_published_protocol_of_ett_has_its_counts() -> None:
    blocks, usable = [(0, 17420)], np.ones(17420, bool)
    parts = (range(8640), range(8640, 11520), range(11520, 14400))
    counts = [segments(np.array(part), usable, blocks, 336, 96, 1)[-1, 0] for part in parts]
    assert counts == [8640 - 336 - 96 + 1, 2880 - 96 + 1, 2880 - 96 + 1]
    test = segments(np.array(parts[2]), usable, blocks, 336, 96, 1)
    assert test[0, 1] == 11520 - 336  # the first looks back into the validation part


def test_a_window_is_a_view_and_a_batch_is_what_numpy_cuts() -> None:
    series = torch.randn(50, 3)
    runs = segments(np.arange(50), np.ones(50, bool), [(0, 20), (20, 50)], 5, 2, 1)
    windows = Windows.of(series, 5, runs)
    targets = Windows.of(series[5:, :2], 2, runs, flat=True)
    assert windows.base.untyped_storage().data_ptr() == series.untyped_storage().data_ptr()
    assert len(windows) == len(targets) == (20 - 6) + (30 - 6)
    view = np.lib.stride_tricks.sliding_window_view(series.numpy(), 7, axis=0).swapaxes(1, 2)
    at = starts(runs)
    every = torch.arange(len(windows))
    assert np.array_equal(windows.index_select(0, every).numpy(), view[at, :5])
    assert np.array_equal(targets.index_select(0, every).numpy(), view[at, 5:, :2].reshape(len(at), -1))
    assert torch.equal(torch.cat(list(windows.split(7))), windows.index_select(0, every))


def test_batches_take_every_window_once() -> None:
    series = torch.arange(40.0)[:, None]
    windows = Windows.of(series, 4, segments(np.arange(40), np.ones(40, bool), [(0, 40)], 4, 1, 1))
    seen = torch.cat([x[:, 0, 0] for (x,) in Batches((windows,), batch_size=8, seed=0).epoch(0)])
    assert sorted(seen.tolist()) == list(range(36))
    assert row_bytes(windows) == 4 * 4


@pytest.mark.parametrize("window", [24, 720])
def test_memory_is_that_of_the_series_whatever_the_window(window: int) -> None:
    series = torch.zeros(10_000, 7)
    windows = Windows.of(
        series, window, segments(np.arange(10_000), np.ones(10_000, bool), [(0, 10_000)], window, 96, 1)
    )
    held = windows.base.untyped_storage().nbytes() + windows.rows.untyped_storage().nbytes()
    assert held <= 1.01 * series.numel() * 4


def test_missing_values_are_the_last_known_of_their_own_series() -> None:
    frame = pl.DataFrame({"x": [None, 1.0, float("nan"), 4.0, None, 6.0], "y": [1.0] * 6})
    values = filled(frame, ["x", "y"], [0.0, 0.5], [(0, 3), (3, 6)])
    assert values[:, 0].tolist() == [1.0, 1.0, 1.0, 4.0, 4.0, 6.0]
    assert values[:, 1].tolist() == [0.5] * 6
    assert known(frame, ["x"]).tolist() == [False, True, False, True, False, True]


def test_the_season_is_found() -> None:
    random = np.random.default_rng(0)
    at = np.arange(600)
    season = np.sin(at * 2 * np.pi / 12)
    assert period_of(season + 0.05 * at + 0.3 * random.normal(size=600)) == 12
    assert period_of(np.tile(random.normal(size=7), 60)) == 7
    assert period_of(random.normal(size=600)) == 1
    assert period_of(np.ones(50)) == period_of(at.astype(float)) == period_of(np.array([1.0])) == 1
