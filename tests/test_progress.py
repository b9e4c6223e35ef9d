"""Progress as plain lines: which are printed, and what they say. The clock is set by hand."""

from __future__ import annotations

from typing import Any

import pytest

from modelwright import progress
from modelwright.progress import Reporter, format_rate
from modelwright.training.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def record(epoch: int, loss: float = 0.5) -> dict[str, Any]:
    return {"epoch": epoch, "loss": loss, "validation_loss": 0.25, "validation_accuracy": 0.875, "best": True}


def test_the_first_and_the_last_epoch_and_one_now_and_then(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(10, 1000, "accuracy")
    for epoch in range(1, 11):
        clock.now += 0.5
        reporter.epoch(record(epoch, 1 / epoch))
    reporter.close()
    assert capsys.readouterr().out.splitlines() == [
        "  epoch  1/10  loss  1.0000  validation  0.2500  accuracy  0.8750    2,000 rows/s  4.5 s left",
        "  epoch  5/10  loss  0.2000  validation  0.2500  accuracy  0.8750    2,000 rows/s  2.5 s left",
        "  epoch  9/10  loss  0.1111  validation  0.2500  accuracy  0.8750    2,000 rows/s  0.5 s left",
        "  epoch 10/10  loss  0.1000  validation  0.2500  accuracy  0.8750    2,000 rows/s",
    ]


def test_early_stopping_shows_the_last_epoch(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(100, 50, "accuracy")
    for epoch in (1, 2, 3):
        clock.now += 0.01
        reporter.epoch(record(epoch))
    reporter.close()
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["1/100", "3/100"]


def test_a_long_epoch_is_told_in_its_middle(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(2, 1000, "accuracy")
    for rows in (100, 300, 500):
        clock.now += 30
        reporter.progress(Progress(0, rows // 10, 100, rows, 0.7))
    assert capsys.readouterr().out.splitlines() == [
        "  epoch 1/2  loss  0.7000   10 % of the epoch     3.33 rows/s  9 min 30 s left",
        "  epoch 1/2  loss  0.7000   30 % of the epoch        5 rows/s  5 min 40 s left",
        "  epoch 1/2  loss  0.7000   50 % of the epoch     5.56 rows/s  4 min 30 s left",
    ]


def test_a_long_run_prints_few_lines(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(10_000, 10, "accuracy")
    for epoch in range(1, 10_001):
        clock.now += 1
        reporter.epoch(record(epoch))
    assert len(capsys.readouterr().out.splitlines()) < 100


def test_a_resumed_run_counts_its_own_rows(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(4, 1000, "accuracy", done=2)
    clock.now += 1
    reporter.epoch(record(3))
    assert capsys.readouterr().out.rstrip().endswith("1,000 rows/s  1.0 s left")
    assert reporter.speed == 1000


def test_rates_have_three_digits() -> None:
    assert [format_rate(rate) for rate in (23_456.0, 1_234_567.0, 999.4)] == ["23,500", "1,230,000", "999"]
