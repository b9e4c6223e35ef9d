"""Losses, draws and noise of a GAN against torch, formulas and frequencies."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from modelwright.model.gan import Columns, Discriminator
from modelwright.model.gan_losses import LOSSES, Hinge, NonSaturating, Wasserstein, make_gan_loss
from modelwright.model.noise import normal, uniform
from modelwright.plan.plan import InputPlan
from modelwright.training.gan_loop import follow

REAL, FAKE = torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), torch.full((8, 3), 0.5)
MIX = torch.linspace(0, 1, 8)


def scores(rows: Tensor) -> Tensor:
    return rows @ torch.tensor([1.0, -2.0, 2.0])


def test_non_saturating_is_cross_entropy() -> None:
    real, fake = scores(REAL), scores(FAKE)
    cross = functional.binary_cross_entropy_with_logits
    expected = cross(real, torch.ones(8)) + cross(fake, torch.zeros(8))
    assert torch.allclose(NonSaturating().discriminator(scores, REAL, FAKE, MIX), expected)
    assert torch.allclose(NonSaturating().generator(fake), cross(fake, torch.ones(8)))


def test_hinge_is_how_far_scores_lie_on_the_wrong_side() -> None:
    real, fake = scores(REAL), scores(FAKE)
    expected = (1 - real).clamp(min=0).mean() + (1 + fake).clamp(min=0).mean()
    assert torch.allclose(Hinge().discriminator(scores, REAL, FAKE, MIX), expected)
    assert torch.allclose(Hinge().generator(fake), -fake.mean())


def test_the_penalty_of_a_linear_discriminator_is_its_slope() -> None:
    """The slope of `scores` is |(1, -2, 2)| = 3 everywhere, so the penalty is 10 · (3 - 1)²."""
    plain = Wasserstein(0).discriminator(scores, REAL, FAKE, MIX)
    assert torch.allclose(plain, scores(FAKE).mean() - scores(REAL).mean())
    assert torch.allclose(Wasserstein(10).discriminator(scores, REAL, FAKE, MIX) - plain, torch.tensor(40.0))


def test_the_penalty_moves_the_discriminator_and_not_the_rows() -> None:
    network = Discriminator(nn.Linear(3, 1))
    rows = FAKE.clone().requires_grad_()
    Wasserstein(10).discriminator(network, REAL, rows.detach(), MIX).backward()
    assert rows.grad is None
    assert all(parameter.grad is not None for parameter in network.parameters() if parameter.dim() > 1)


def test_a_slope_of_zero_has_a_finite_gradient() -> None:
    network = nn.Linear(3, 1)
    nn.init.zeros_(network.weight)
    Wasserstein(10).discriminator(Discriminator(network), REAL, FAKE, MIX).backward()
    assert network.weight.grad is not None and network.weight.grad.isfinite().all()


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_prefers_a_discriminator_that_is_right(name: str) -> None:
    loss = make_gan_loss(name)
    right, wrong = torch.full((8,), 2.0), torch.full((8,), -2.0)

    def judged(real: Tensor, fake: Tensor) -> float:
        answers = iter((real, fake) if name != "Wasserstein" else (fake, real, real))
        slope = lambda rows: next(answers) + 0 * rows.sum(1)  # noqa: E731
        return loss.discriminator(slope, REAL, FAKE, MIX).item()

    assert judged(right, wrong) < judged(wrong, right)
    assert loss.generator(right).item() < loss.generator(wrong).item()


COLUMNS = [
    InputPlan(name="n", kind="numeric", encoding="number", why="", flag=True),
    InputPlan(name="b", kind="boolean", encoding="number", why=""),
    InputPlan(name="c", kind="category", encoding="one_hot", why="", categories=("x", "y", "z")),
]


def test_categories_are_drawn_as_often_as_the_logits_say() -> None:
    head, rows = Columns(COLUMNS), 20_000
    logits = torch.tensor([0.3, math.log(0.2 / 0.8), math.log(3.0), *torch.tensor([0.5, 0.3, 0.2]).log()])
    drawn = head(logits.expand(rows, 6), normal("sample", rows, 5, seed=0))
    assert (drawn[:, 0] == torch.tensor(0.3)).all()
    shares = drawn.mean(0)
    # Columns: number, boolean, flag, three categories. 4 deviations of 20,000 draws are at most 0.015.
    expected = torch.tensor([0.3, 0.2, 0.75, 0.5, 0.3, 0.2])
    assert torch.allclose(shares, expected, atol=0.015)
    assert set(drawn[:, 1:].unique().tolist()) <= {0.0, 1.0}
    assert (drawn[:, 3:].sum(1) == 1).all()


def test_the_gradient_goes_through_the_draw() -> None:
    values = torch.zeros(4, 6, requires_grad=True)
    Columns(COLUMNS)(values, normal("sample", 4, 5, seed=0))[:, [1, 2, 3]].sum().backward()
    assert values.grad is not None and (values.grad[:, 1:4].abs() > 0).any(0).all()


def test_extreme_noise_gives_finite_rows() -> None:
    noise = torch.tensor([[40.0] * 5, [-40.0] * 5])
    assert Columns(COLUMNS)(torch.zeros(2, 6), noise).isfinite().all()


def test_noise_is_a_function_of_what_it_is_for() -> None:
    first = normal("step", 5, 3, seed=1, epoch=2, batch=3)
    assert torch.equal(first, normal("step", 9, 3, seed=1, epoch=2, batch=3)[:5])
    others = [("step", 2, 2, 3), ("step", 1, 3, 3), ("step", 1, 2, 4), ("watch", 1, 2, 3)]
    for purpose, seed, epoch, batch in others:
        assert not torch.equal(first, normal(purpose, 5, 3, seed=seed, epoch=epoch, batch=batch))  # type: ignore[arg-type]
    assert 0 <= uniform("mix", 100, 0, 0, 0).min() <= uniform("mix", 100, 0, 0, 0).max() < 1


def test_the_average_follows_weights_and_copies_counts() -> None:
    average, network = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(network.weight, 3.0)
    network.num_batches_tracked.fill_(7)
    follow(average.state_dict().values(), network.state_dict().values(), 0.75)
    assert average.weight.tolist() == [1.5, 1.5]
    assert average.num_batches_tracked.item() == 7
