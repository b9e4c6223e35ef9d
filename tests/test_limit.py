"""What share of its time training's steps alone take: told where it can be told, and nothing changes by asking."""

from __future__ import annotations

import copy
import time

import pytest
import torch

from modelwright.training.limit import MOST, share_of_limit
from test_trainer import trainer


def test_short_trainings_and_those_that_need_a_closure_are_not_measured() -> None:
    assert share_of_limit(trainer(), 0.5, 10_000) is None
    assert share_of_limit(trainer(), 1e6, 10) is None, "five steps of this would cost more than allowed"
    assert share_of_limit(trainer(optimizer="LBFGS"), 10.0, 10_000) is None


@pytest.mark.parametrize("optimizer", ["SGD(lr=0.05, momentum=0.9)", "Adam"])
def test_asking_changes_nothing_and_costs_little(optimizer: str) -> None:
    asked, unasked = (trainer(optimizer=optimizer) for _ in range(2))
    for each in (asked, unasked):
        torch.manual_seed(3)
        each.position.every = 2
        next(going := each.run())
        del going
    before, drawn = copy.deepcopy(asked.state()), torch.get_rng_state()
    start = time.perf_counter()
    share = share_of_limit(asked, 20.0, 20_000)
    spent = time.perf_counter() - start
    assert share is not None and 0 < share <= 1
    assert spent > MOST * 0.5, "it takes the time that it may take"
    assert torch.equal(torch.get_rng_state(), drawn)
    tensors, facts = asked.state()
    assert facts == before[1] and tensors.keys() == before[0].keys()
    assert all(torch.equal(tensors[name], before[0][name]) for name in tensors if name != "loss")
