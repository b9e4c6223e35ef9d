"""Threads that a training takes where cores are free: the same bits, and only where they help."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import polars as pl
import pytest
import torch
from torch import nn

from modelwright.api import request_for
from modelwright.data.batches import Batches
from modelwright.data.machine import cores
from modelwright.model.components import make_optimizer
from modelwright.run.assemble import assemble
from modelwright.run.prepare import prepare, read_dataset, splits
from modelwright.training.loop import Position
from modelwright.training.objective import supervised
from modelwright.training.spare import Spare, same_bits
from modelwright.training.trainer import Trainer

pytestmark = pytest.mark.skipif(cores() == 1, reason="no core is free")


def network(dropout: float = 0.0) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(20, 64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
    )


def batches(rows: int = 700, size: int = 64) -> Batches:
    x = torch.randn(rows, 20, generator=torch.Generator().manual_seed(1))
    return Batches((x, x[:, :1].sin()), size, seed=0)


def trained(spare: Spare | None) -> Trainer:
    model = network(0.2)
    trainer = Trainer(
        model=model,
        objective=supervised(nn.MSELoss()),
        optimizer=make_optimizer("Adam(lr=0.01)", model),
        schedule=None,
        batches=batches(),
        validation=None,
        epochs=30,
        patience=None,
        clip_grad_norm=None,
        accumulate=1,
        spare=spare,
    )
    torch.manual_seed(3)
    torch.set_num_threads(1)
    for _ in trainer.run(every=4):
        assert torch.get_num_threads() == 1
    return trainer


class Restless(Spare):
    """Tries the other number of threads at every look."""

    used: list[int] = []  # noqa: RUF012

    def _look(self, position: Position, cost: float, now: float) -> None:
        self.used.append(self.threads)
        self._next = 0.0
        super()._look(position, cost, now)
        position.every = 4


def test_threads_that_change_all_the_time_change_no_bit() -> None:
    Restless.used.clear()
    plain, other = trained(None), trained(Restless())
    assert set(Restless.used) == {1, cores()}
    for name, tensor in plain.model.state_dict().items():
        assert torch.equal(tensor, other.model.state_dict()[name]), name
    losses = [[record["loss"] for record in one.history] for one in (plain, other)]
    assert losses[0] == losses[1]


def looked(costs: dict[int, float], looks: int, spare: Spare) -> list[int]:
    """What a training with such costs of a step uses, look by look; a look is 0.06 s later than the one before."""
    position, used = Position(every=64), []
    spare._next = 0.05
    for number in range(looks):
        used.append(spare.threads)
        spare._look(position, costs[spare.threads], 0.06 * number)
    return used


def test_more_threads_stay_where_they_are_faster_and_go_where_they_are_not() -> None:
    assert looked({1: 1.0, 2: 0.7}, 4, Spare(many=2)) == [1, 1, 2, 2]
    slower = looked({1: 1.0, 2: 9.0}, 60, Spare(many=2))
    assert slower[:4] == [1, 1, 2, 1]
    assert slower.count(2) <= 5  # tried again later, and later
    assert looked({1: 1.0, 2: 0.97}, 4, Spare(many=2)) == [1, 1, 2, 1]


def test_a_machine_that_becomes_busy_is_noticed() -> None:
    spare, costs = Spare(many=2), {1: 1.0, 2: 0.7}
    assert looked(costs, 4, spare)[-1] == 2
    spare._trying, spare._next, spare.threads, spare._cost = False, 100.0, 2, costs[2]
    spare._look(Position(), costs[2], 0.0)
    assert spare.threads == 2
    spare._look(Position(), 5.0, 0.1)  # suddenly
    assert spare.threads == 1
    spare._look(Position(), costs[1], 0.2)
    assert spare.threads == 1


def test_it_waits_until_the_other_cores_are_free() -> None:
    spare = Spare(many=2, ready=lambda: False)

    def positions() -> Iterator[Position]:
        position = Position()
        for _ in range(40):
            position.batch += 1
            yield position

    assert [spare.threads for _ in spare.paced(positions(), Position(), 100)] == [1] * 40


def test_the_same_bits_are_seen_and_so_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    model, settings = network(0.5), {"objective": supervised(nn.MSELoss()), "clip_grad_norm": None, "accumulate": 1}
    optimizer = make_optimizer("Adam", model)
    weights, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    assert same_bits(model, optimizer, batches(), cores(), **settings)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(weights[name], tensor) for name, tensor in model.state_dict().items())
    assert not optimizer.state

    class Slanted(nn.Module):
        """Adds up otherwise on more threads."""

        def forward(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            return (output - target).square().mean() * (1 + 1e-7 * torch.get_num_threads())

    assert not same_bits(model, optimizer, batches(), cores(), **(settings | {"objective": supervised(Slanted())}))


def test_what_cannot_be_tried_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    model, settings = network(), {"objective": supervised(nn.MSELoss()), "clip_grad_norm": None, "accumulate": 1}
    changed = Batches(batches().tensors, 64, 0, lambda _epoch, _rows, batch: batch)
    assert not same_bits(model, make_optimizer("Adam", model), changed, cores(), **settings)
    assert not same_bits(model, make_optimizer("LBFGS", model), batches(), cores(), **settings)


@pytest.mark.parametrize(
    ("overrides", "there"),
    [
        ([], True),
        (["train.threads=1"], False),
        (["split.folds=5"], False),
        (["train.seeds=2"], False),
        (["model=mlp(hidden=[4])"], False),
    ],
    ids=str,
)
def test_a_plan_says_whether_cores_may_be_free(overrides: list[str], there: bool) -> None:
    rows = {"x": [0.5 * number for number in range(400)], "y": [float(number**2 % 97) for number in range(400)]}
    settings = ["train.batch_size=256", "train.epochs=2", *overrides]
    request = request_for(pl.DataFrame(rows), target="y", overrides=settings)
    dataset = read_dataset(request.description, request.base, request.frame)
    assembly = assemble(prepare(dataset, splits(dataset)[0]))
    assert (assembly.trainer.spare is not None) == there
