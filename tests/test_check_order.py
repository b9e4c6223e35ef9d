"""What a model sees of its own future, when that is asked again after training; rows and their places in a batch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import modelwright
from modelwright.checks.facts import Facts
from modelwright.checks.program.order import future_seen
from modelwright.checks.program.program import Program
from modelwright.checks.program.rows import rows_of
from modelwright.checks.shape.s309_sees_the_future import check_trained


class Gated(nn.Module):
    """Predicts the next number from the one before; a gate that begins at zero lets the mean of all steps in."""

    def __init__(self) -> None:
        super().__init__()
        self.own, self.gate = nn.Linear(1, 1), nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        x = x.reshape(len(x), -1, 1)
        return (self.own(x) + self.gate * x.roll(-1, 1)).squeeze(-1)


def _walk(rows: int = 64) -> tuple[Tensor, Tensor]:
    walk = torch.randn(rows, 9, generator=torch.Generator().manual_seed(0)).cumsum(1) / 3
    return walk[:, :-1], walk[:, 1:]


def test_a_gate_that_begins_at_zero_hides_it_until_it_learned() -> None:
    model, data = Gated(), _walk()
    program = Program(model=model, rows=rows_of(data, 64), loss=nn.MSELoss())
    assert future_seen(program) == 0
    found = modelwright.check(model, data=data, loss=nn.MSELoss())
    assert "S309" in found.codes


def test_a_trained_model_is_asked_once_more() -> None:
    model = Gated()
    assert list(check_trained(Facts(trained=Program(model=model, rows=rows_of(_walk(), 64))))) == []
    with torch.no_grad():
        model.gate.fill_(0.5)
    told = list(check_trained(Facts(trained=Program(model=model, rows=rows_of(_walk(), 64)))))
    assert [(d.code, d.severity, d.where.key) for d in told] == [("S309", "error", "model")]


def test_a_run_says_that_its_model_came_to_see_the_future(tmp_path: Path) -> None:
    x, y = (part.numpy() for part in _walk(200))
    run = modelwright.train(
        x[:, :, None],
        y,
        model=Gated(),
        train={"epochs": 10, "batch_size": 16},
        optimizer="Adam(lr=0.05)",
        runs=tmp_path,
        report=False,
        dry_run=False,
    )
    assert "after training the model sees the future" in (run.path / "checks.json").read_text()


@pytest.mark.parametrize("shape", [(16, 1, 8), (1, 12, 8)])
def test_positions_of_rows_and_of_steps(shape: tuple[int, int, int]) -> None:
    """Positions that are added along the batch tell rows apart by their place; along the steps they are right."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pe, self.out = nn.Parameter(torch.randn(shape)), nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(torch.tanh(x + self.pe)).mean(1)

    made = torch.Generator().manual_seed(0)
    data = torch.randn(16, 12, 8, generator=made), torch.randint(0, 3, (16,), generator=made)
    found = modelwright.check(Net(), data=data, loss=nn.CrossEntropyLoss())
    assert ("S308" in found.codes) == (shape[0] == 16)
