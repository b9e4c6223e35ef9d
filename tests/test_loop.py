"""The loop: equal to the loop written by hand, equal under accumulation, and thin."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import modelwright
from modelwright.data.batches import Batches, order
from modelwright.model.lean_optimizer import lean_step
from modelwright.training.loop import Position, train
from modelwright.training.objective import supervised, weighted

PACKAGE = str(Path(modelwright.__file__).parent)


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 3))


def rows(count: int = 100) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 10, generator=generator), torch.randint(0, 3, (count,), generator=generator)


def by_hand(model: nn.Module, optimizer: torch.optim.Optimizer, epochs: int, batch_size: int) -> None:
    x, y = rows()
    for epoch in range(epochs):
        for batch in torch.from_numpy(order(len(x), 0, epoch)).split(batch_size):
            loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def run(model: nn.Module, optimizer: torch.optim.Optimizer, epochs: int, **settings: Any) -> list[Position]:
    batches = Batches(rows(), settings.pop("batch_size", 16), seed=0)
    objective = settings.pop("objective", supervised(nn.CrossEntropyLoss()))
    position = settings.pop("position", Position())
    step = lean_step(optimizer)
    return list(train(model, objective, batches, epochs=epochs, step=step, position=position, **settings))


def test_weights_equal_those_of_the_loop_by_hand() -> None:
    ours, theirs = network(), network()
    run(ours, torch.optim.Adam(ours.parameters(), lr=0.01), 3)
    by_hand(theirs, torch.optim.Adam(theirs.parameters(), lr=0.01), 3, 16)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


@pytest.mark.parametrize("parts", [2, 3, 16])
def test_accumulation_equals_the_large_batch(parts: int) -> None:
    whole, accumulated = network().double(), network().double()
    x, y = rows()
    data = Batches((x.double(), y), 32, seed=0)
    for model, count in ((whole, 1), (accumulated, parts)):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        objective = supervised(nn.CrossEntropyLoss())
        step = lean_step(optimizer)
        list(train(model, objective, data, epochs=2, step=step, accumulate=count, position=Position()))
    for a, b in zip(whole.parameters(), accumulated.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_lbfgs_evaluates_its_closure_as_by_hand() -> None:
    ours, theirs = network(), network()
    x, y = rows()
    optimizer = torch.optim.LBFGS(ours.parameters(), lr=0.5, max_iter=4)
    batches = Batches((x, y), 100, seed=0)
    settings: dict[str, Any] = {"epochs": 3, "step": optimizer.step, "closure": True, "position": Position()}
    list(train(ours, supervised(nn.CrossEntropyLoss()), batches, **settings))
    other = torch.optim.LBFGS(theirs.parameters(), lr=0.5, max_iter=4)
    for epoch in range(3):
        batch = torch.from_numpy(order(100, 0, epoch))

        def closure(batch: Tensor = batch) -> Tensor:
            other.zero_grad()
            loss = nn.functional.cross_entropy(theirs(x[batch]), y[batch])
            loss.backward()
            return loss

        other.step(closure)  # pyright: ignore[reportArgumentType]
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_weights_of_rows_weigh() -> None:
    """A row of weight 2 among rows of weight 1 counts like the row given twice."""
    x, y = rows(8)
    losses = nn.CrossEntropyLoss(reduction="none")
    model = network()
    weight = torch.tensor([2.0, 1, 1, 1, 1, 1, 1, 1]) * (8 / 9)
    twice = nn.functional.cross_entropy(model(torch.cat([x[:1], x])), torch.cat([y[:1], y]))
    torch.testing.assert_close(weighted(losses)(model, x, y, weight), twice)


def test_gradients_are_clipped_to_the_norm() -> None:
    model = network()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    run(model, torch.optim.SGD(model.parameters(), lr=1.0), 1, batch_size=100, clip_grad_norm=0.01)
    moved = torch.cat([(a - b).flatten() for a, b in zip(before, model.parameters(), strict=True)])
    torch.testing.assert_close(moved.norm().item(), 0.01, rtol=1e-4, atol=0)


def test_positions_tell_rows_and_loss() -> None:
    model = network()
    position = Position(every=2)
    seen: list[tuple[int, int, int]] = []
    objective = supervised(nn.CrossEntropyLoss())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    loop = train(
        model,
        objective,
        Batches(rows(), 16, seed=0),
        epochs=1,
        step=lean_step(optimizer),
        position=position,
    )
    for now in loop:
        seen.append((now.epoch, now.batch, now.rows))
        loss = float(now.loss) / now.rows
    assert seen == [(0, 2, 32), (0, 4, 64), (0, 6, 96), (0, 7, 100)]
    x, y = rows()
    assert loss == pytest.approx(nn.functional.cross_entropy(model(x), y).item(), rel=1e-5)


def test_one_step_passes_through_few_files_and_calls() -> None:
    """A steady step: at most 3 files of ours, 10 calls of ours, and 4 frames deep at the optimizer's step."""
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    calls: list[list[str]] = [[]]
    depths: list[int] = []
    step = lean_step(optimizer)

    def counted() -> None:
        frame: FrameType | None = sys._getframe()
        depth = 0
        while frame is not None:
            depth += frame.f_code.co_filename.startswith(PACKAGE)
            frame = frame.f_back
        depths.append(depth)
        step()
        calls.append([])

    with profiled(lambda file: calls[-1].append(file)):  # noqa: PLW0108 (the last list changes)
        objective = supervised(nn.CrossEntropyLoss())
        batches = Batches(rows(), 16, seed=0)
        list(train(model, objective, batches, epochs=2, step=counted, position=Position(every=1000)))
    steady = calls[2:6]
    assert all(0 < len(own) <= 10 for own in steady), steady
    assert all(len(set(own)) <= 3 for own in steady), steady
    assert max(depths) <= 4


class profiled:
    """Note the file of each call of ours made inside the block."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note

    def __enter__(self) -> None:
        sys.setprofile(self._profile)

    def _profile(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            self.note(frame.f_code.co_filename)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
