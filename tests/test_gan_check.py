"""The rule of gradients between players: it speaks of a missing `detach`, and of nothing that only looks like one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import modelwright


class Gan(nn.Module):
    """Both networks in one module, as scripts write it."""

    def __init__(self, loss: Callable[[Gan, Tensor], Tensor]) -> None:
        super().__init__()
        self.loss = loss
        self.generator = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        self.discriminator = nn.Sequential(nn.Linear(3, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.discriminator(x)

    def training_step(self, batch: Any, _index: int) -> Tensor:
        return self.loss(self, batch if isinstance(batch, Tensor) else batch[0])


def noise(x: Tensor) -> Tensor:
    return torch.randn(len(x), 4, generator=torch.Generator().manual_seed(0))


def leaking(gan: Gan, x: Tensor) -> Tensor:
    real, fake = gan.discriminator(x), gan.discriminator(gan.generator(noise(x)))
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def cut(gan: Gan, x: Tensor) -> Tensor:
    real, fake = gan.discriminator(x), gan.discriminator(gan.generator(noise(x)).detach())
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def without_graph(gan: Gan, x: Tensor) -> Tensor:
    with torch.no_grad():
        made = gan.generator(noise(x))
    return functional.softplus(-gan.discriminator(x)).mean() + functional.softplus(gan.discriminator(made)).mean()


def generator_step(gan: Gan, x: Tensor) -> Tensor:
    return functional.softplus(-gan.discriminator(gan.generator(noise(x)))).mean()


def head_only(gan: Gan, x: Tensor) -> Tensor:
    return (gan.discriminator(gan.generator(torch.cat([x, x[:, :1]], 1))) ** 2).mean()


@pytest.mark.parametrize(
    ("loss", "trained", "fires"),
    [
        (leaking, "discriminator", True),
        (cut, "discriminator", False),
        (without_graph, "discriminator", False),
        (generator_step, "generator", False),
        (head_only, "discriminator", False),
        (leaking, "", False),
    ],
)
def test_a_missing_detach_is_told(loss: Callable[[Gan, Tensor], Tensor], trained: str, fires: bool) -> None:
    torch.manual_seed(0)
    gan = Gan(loss)
    held = gan.get_submodule(trained) if trained else gan
    rows = torch.randn(64, 3)
    found = modelwright.check(gan, data=rows, optimizer=torch.optim.Adam(held.parameters()))
    told = [one for one in found if one.code == "H510"]
    assert bool(told) is fires, [one.message for one in found]
    if fires:
        assert "`discriminator`" in told[0].message and "`generator`" in told[0].message
        assert "detach" in told[0].help and told[0].severity == "error"
