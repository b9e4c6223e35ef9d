"""A padded step never changes an answer: what stands there, and how many there are."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from modelwright.model.attention import (
    LearnedPositionalEncoding,
    MultiheadAttention,
    PositionalEncoding,
    SelfAttention,
)
from modelwright.model.blocks import Concat, Residual
from modelwright.model.layers import OWN
from modelwright.model.masks import Permute, StepLayer, Steps, steps_of, through
from modelwright.model.pooling import Last, Max, Mean
from modelwright.model.recurrent import GRU, LSTM, RNN

WIDTH = 4


def conv(**kwargs: object) -> list[nn.Module]:
    return [Permute((0, 2, 1)), nn.Conv1d(WIDTH, WIDTH, 3, **kwargs), Permute((0, 2, 1))]  # type: ignore[arg-type]


LISTS: dict[str, list[nn.Module]] = {
    "mean": [nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.LayerNorm(WIDTH), Mean()],
    "max": [nn.Linear(WIDTH, WIDTH), Max()],
    "last": [nn.Linear(WIDTH, WIDTH), Last()],
    "same convolution": [*conv(padding="same"), *conv(padding="same"), Mean()],
    "strided convolution": [*conv(padding=1, stride=2), nn.ReLU(), Mean()],
    "max pool": [Permute((0, 2, 1)), nn.MaxPool1d(2), Permute((0, 2, 1)), nn.LayerNorm(WIDTH), Mean()],
    "residual": [Residual(nn.Linear(WIDTH, WIDTH), *conv(padding=1)), Concat(Mean(), Max(), Last())],
    "residual, strided": [
        Permute((0, 2, 1)),
        Residual(nn.Conv1d(WIDTH, 2, 3, 2, 1), shortcut=nn.Conv1d(WIDTH, 2, 1, 2)),
        Permute((0, 2, 1)),
        Mean(),
    ],
    "concat of channels": [
        Permute((0, 2, 1)),
        Concat(nn.Conv1d(WIDTH, 2, 3, padding=1), nn.Conv1d(WIDTH, 3, 5, padding=2)),
        nn.BatchNorm1d(5),
        Permute((0, 2, 1)),
        Mean(),
    ],
    "self-attention": [PositionalEncoding(WIDTH), SelfAttention(WIDTH, 2), Last()],
    "rotary, causal": [SelfAttention(WIDTH, 2, is_causal=True, rotary=True), Mean()],
    "multihead attention": [LearnedPositionalEncoding(20, WIDTH), MultiheadAttention(WIDTH, 2), Mean()],
    "recurrent": [GRU(WIDTH, 3), Last()],
    "recurrent, both ways": [LSTM(WIDTH, 3, bidirectional=True), RNN(6, 4), Mean()],
    "torch's own block": [nn.TransformerEncoderLayer(WIDTH, 2, 8, 0.0, batch_first=True), nn.Sequential(Mean())],
}
FIXED: dict[str, list[nn.Module]] = {
    "flatten": [nn.Linear(WIDTH, 2), nn.Flatten()],
    "average pool to one": [Permute((0, 2, 1)), nn.AdaptiveAvgPool1d(1), nn.Flatten()],
    "residual of what mixes": [Residual(nn.Softmax(1)), Mean()],
    "linear over time": [Permute((0, 2, 1)), nn.Linear(9, 2), nn.Flatten()],
    "average pool": [Permute((0, 2, 1)), nn.AvgPool1d(3), nn.Flatten()],
}
"""Lists whose answer depends on the padded length, but not on what stands there."""


def test_every_layer_that_is_told_the_steps_is_tried() -> None:
    tried = {type(module) for layers in LISTS.values() for layer in layers for module in layer.modules()}
    assert {each for each in OWN.values() if issubclass(each, StepLayer)} <= tried


def garbage(x: Tensor, mask: Tensor) -> Tensor:
    """Put large numbers where steps are padded."""
    return torch.where(mask[..., None], x, 1e3 * torch.randn_like(x))


def masked(lengths: list[int], size: int) -> Tensor:
    return torch.arange(size) < torch.tensor(lengths)[:, None]


@pytest.mark.parametrize("layers", [*LISTS.values(), *FIXED.values()], ids=[*LISTS, *FIXED])
def test_what_stands_at_padded_steps_does_not_matter(layers: list[nn.Module]) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(*layers).eval()
    x, mask = torch.randn(4, 9, WIDTH), masked([9, 3, 1, 6], 9)
    once, again = (through(model, garbage(x, mask), steps_of(mask))[0] for _ in range(2))
    assert once.isfinite().all()
    torch.testing.assert_close(once, again)


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 9), st.integers(0, 6), st.sampled_from(sorted(LISTS)))
def test_an_answer_is_that_of_the_row_without_padding(length: int, padded: int, name: str) -> None:
    torch.manual_seed(length)
    model = nn.Sequential(*LISTS[name]).eval()
    x = torch.randn(1, length, WIDTH)
    long = torch.cat([x, 1e3 * torch.randn(1, padded, WIDTH)], 1)
    found, steps = through(model, long, steps_of(masked([length], length + padded)))
    assert steps is None
    torch.testing.assert_close(found, model(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layers", [*LISTS.values(), *FIXED.values()], ids=[*LISTS, *FIXED])
def test_no_gradient_comes_from_padded_steps(layers: list[nn.Module]) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(*layers)
    mask = masked([9, 3, 1, 6], 9)
    x = garbage(torch.randn(4, 9, WIDTH), mask).requires_grad_()
    through(model, x, steps_of(mask))[0].square().sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()
    assert not x.grad[~mask].any()
    assert all(weight.grad is None or weight.grad.isfinite().all() for weight in model.parameters())


def test_a_row_without_steps_keeps_its_first() -> None:
    assert steps_of(masked([0, 2], 3)).mask.tolist() == [[True, False, False], [True, True, False]]


def test_time_is_followed_through_permutations() -> None:
    _, steps = through([Permute((0, 2, 1)), nn.ReLU()], torch.zeros(1, 3, 2), steps_of(masked([2], 3)))
    assert isinstance(steps, Steps) and steps.axis == 2
