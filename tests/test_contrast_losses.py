"""Losses of embeddings against their formulas, written out pair by pair."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from modelwright.model.contrast_losses import InfoNCE, NTXent, SupCon, make_contrastive, temperature_of, triplets


def unit(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return functional.normalize(torch.randn(*shape, generator=generator, dtype=torch.float64), dim=-1)


def share(near: float, others: list[float], temperature: float) -> float:
    """Return -log of the share of one similarity among others, itself one of them."""
    return -math.log(math.exp(near / temperature) / sum(math.exp(one / temperature) for one in others))


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 6), st.integers(1, 4), st.floats(0.05, 2.0), st.integers(0, 99))
def test_nt_xent_is_equation_1_of_simclr(rows: int, width: int, temperature: float, seed: int) -> None:
    z = unit(2, rows, width, seed=seed)
    flat = z.flatten(0, 1)
    total = 0.0
    for one in range(2 * rows):
        partner = (one + rows) % (2 * rows)
        others = [float(flat[one] @ flat[other]) for other in range(2 * rows) if other != one]
        total += share(float(flat[one] @ flat[partner]), others, temperature)
    assert float(NTXent()(z, None, temperature)) == pytest.approx(total / (2 * rows))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6), st.floats(0.05, 2.0), st.integers(0, 99))
def test_info_nce_is_that_of_clip(rows: int, temperature: float, seed: int) -> None:
    z = unit(2, rows, 3, seed=seed)
    near = (z[0] @ z[1].T).tolist()
    forth = sum(share(near[i][i], near[i], temperature) for i in range(rows))
    back = sum(share(near[i][i], [near[j][i] for j in range(rows)], temperature) for i in range(rows))
    assert float(InfoNCE()(z, None, temperature)) == pytest.approx((forth + back) / (2 * rows))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=2, max_size=7), st.integers(1, 2), st.integers(0, 99))
def test_supcon_is_equation_2_of_khosla(labels: list[int], views: int, seed: int) -> None:
    z = unit(views, len(labels), 3, seed=seed)
    flat, known = z.flatten(0, 1), labels * views
    losses: list[float] = []
    for one in range(len(known)):
        positives = [p for p in range(len(known)) if p != one and known[p] == known[one]]
        others = [float(flat[one] @ flat[a]) for a in range(len(known)) if a != one]
        if positives:
            losses.append(sum(share(float(flat[one] @ flat[p]), others, 0.1) for p in positives) / len(positives))
    expected = sum(losses) / len(losses) if losses else 0.0
    assert float(SupCon()(z, torch.tensor(labels), 0.1)) == pytest.approx(expected, abs=1e-9)


def test_supcon_of_unlike_labels_has_a_gradient_of_zero() -> None:
    z = unit(1, 4, 3).requires_grad_()
    SupCon()(z, torch.arange(4), 0.1).backward()
    assert z.grad is not None and not z.grad.any()


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("TripletMarginLoss(margin=0.3)", nn.TripletMarginLoss(margin=0.3)),
        ("CosineEmbeddingLoss(margin=0.2)", nn.CosineEmbeddingLoss(margin=0.2)),
        ("MarginRankingLoss(margin=0.1)", nn.MarginRankingLoss(margin=0.1)),
    ],
)
def test_torchs_losses_on_given_triplets(text: str, made: nn.Module) -> None:
    a, p, n = z = unit(3, 5, 4)
    ones = torch.ones(5, dtype=torch.float64)
    expected = {
        "TripletMarginLoss": lambda: made(a, p, n),
        "CosineEmbeddingLoss": lambda: (made(a, p, ones) + made(a, n, -ones)) / 2,
        "MarginRankingLoss": lambda: made((a * p).sum(1), (a * n).sum(1), ones),
    }[type(made).__name__]()
    torch.testing.assert_close(make_contrastive(text)(z, None, 1.0), expected)


def test_the_hardest_triplets_of_labels() -> None:
    z, labels = unit(1, 8, 3), torch.tensor([0, 0, 0, 1, 1, 1, 2, 3])
    anchors, positives, negatives = triplets(z, labels)
    assert len(anchors) == 6  # the last two have none of their label
    for at in range(6):
        same = [z[0, j] for j in range(8) if j != at and labels[j] == labels[at]]
        other = [z[0, j] for j in range(8) if labels[j] != labels[at]]
        assert (positives[at] == min(same, key=lambda one: float(one @ z[0, at]))).all()
        assert (negatives[at] == max(other, key=lambda one: float(one @ z[0, at]))).all()


def test_the_hardest_partner_of_another_row() -> None:
    z = unit(2, 6, 3)
    anchors, positives, negatives = triplets(z, None)
    assert (anchors == z[0]).all() and (positives == z[1]).all()
    for at in range(6):
        others = [z[1, j] for j in range(6) if j != at]
        assert (negatives[at] == max(others, key=lambda one: float(one @ z[0, at]))).all()


@pytest.mark.parametrize("labels", [torch.zeros(4, dtype=torch.int64), torch.arange(4)])
def test_a_batch_without_triplets_teaches_nothing(labels: Tensor) -> None:
    z = unit(1, 4, 3).requires_grad_()
    loss = make_contrastive("TripletMarginLoss")(z, labels, 1.0)
    loss.backward()
    assert loss.item() == 0 and z.grad is not None and not z.grad.any()


def test_temperatures() -> None:
    assert temperature_of("NTXent") == (0.5, False)
    assert temperature_of("SupCon(temperature=0.2, learnable=True)") == (0.2, True)
    assert temperature_of("TripletMarginLoss") == (1.0, False)
