"""Adam's fused step with what is gathered once: torch's own step, to the bit, whatever happens to the optimizer."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from modelwright.model.lean_adam import lean_adam
from modelwright.model.lean_optimizer import lean_step

X = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
SETTINGS = [{}, {"weight_decay": 0.1, "maximize": True}, {"betas": (0.8, 0.99), "eps": 1e-4}]
Change = Callable[[nn.Module, torch.optim.Optimizer, int], None]


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))


def groups(model: nn.Module) -> list[dict[str, object]]:
    weights = [each for each in model.parameters() if each.dim() > 1]
    return [
        {"params": weights, "weight_decay": 0.3},
        {"params": [each for each in model.parameters() if each.dim() == 1], "lr": 0.02},
    ]


def nothing(_model: nn.Module, _optimizer: torch.optim.Optimizer, _number: int) -> None:
    """Change nothing."""


def scheduled(_model: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> None:
    for group in optimizer.param_groups:
        group["lr"] = 0.01 / (number + 1)
        group["betas"] = (0.9 - number / 100, 0.999)


def frozen_for_a_while(model: nn.Module, _optimizer: torch.optim.Optimizer, number: int) -> None:
    if 1 <= number < 3:
        next(model.parameters()).grad = None


def frozen_at_first(model: nn.Module, _optimizer: torch.optim.Optimizer, number: int) -> None:
    if number < 2:
        next(model.parameters()).grad = None


def trained(model: nn.Module, optimizer: torch.optim.Optimizer, step: Callable[[], object], change: Change) -> None:
    for number in range(6):
        for each in model.parameters():
            each.grad = None
        model(X).square().mean().backward()
        change(model, optimizer, number)
        step()


@pytest.mark.parametrize("change", [nothing, scheduled, frozen_for_a_while, frozen_at_first])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW])
def test_weights_and_state_are_torchs(
    kind: type[torch.optim.Optimizer], settings: dict[str, object], change: Change
) -> None:
    model, other = network(), network()
    optimizer, expected = (kind(groups(one), lr=0.01, fused=True, **settings) for one in (model, other))
    step = lean_adam(optimizer, optimizer.step)
    assert step is not None
    trained(model, optimizer, step, change)
    trained(other, expected, expected.step, change)
    for one, wanted in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, wanted)
    torch.testing.assert_close(optimizer.state_dict(), expected.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("settings", [{"fused": False}, {"amsgrad": True, "fused": True}, {"foreach": True}], ids=str)
def test_other_ways_of_stepping_are_torchs(settings: dict[str, bool]) -> None:
    optimizer = torch.optim.Adam(network().parameters(), **settings)
    assert lean_adam(optimizer, optimizer.step) is None


def test_a_class_of_the_users_own_keeps_its_step() -> None:
    class Own(torch.optim.Adam):
        """May do something else."""

    optimizer = Own(network().parameters(), fused=True)
    assert lean_adam(optimizer, optimizer.step) is None


def test_a_closure_is_called() -> None:
    model = network()
    step = lean_step(torch.optim.Adam(model.parameters(), fused=True))

    def closure() -> torch.Tensor:
        loss = model(X).square().mean()
        loss.backward()
        return loss

    before = copy.deepcopy(model.state_dict())
    first = step(closure)
    assert first is not None and torch.equal(step(closure), model(X).square().mean()) is False
    assert not torch.equal(before["0.weight"], model[0].weight)
