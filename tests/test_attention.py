"""Attention against torch's own, causality, and what positions do."""

from __future__ import annotations

import math

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
    turned,
)
from modelwright.plan.plan import ExecutionPlan
from modelwright.training.execution import attention

WIDTH = 12


def same_weights(ours: SelfAttention) -> nn.MultiheadAttention:
    torchs = nn.MultiheadAttention(WIDTH, ours.num_heads, batch_first=True)
    assert torchs.in_proj_bias is not None
    with torch.no_grad():
        torchs.in_proj_weight.copy_(ours.in_proj.weight)
        torchs.in_proj_bias.copy_(ours.in_proj.bias)
        torchs.out_proj.weight.copy_(ours.out_proj.weight)
        torchs.out_proj.bias.copy_(ours.out_proj.bias)
    return torchs


def masked(lengths: list[int], size: int) -> Tensor:
    return torch.arange(size) < torch.tensor(lengths)[:, None]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([1, 2, 3, 4]), st.integers(1, 9), st.booleans(), st.booleans())
def test_self_attention_is_torchs(heads: int, steps: int, causal: bool, pad: bool) -> None:
    torch.manual_seed(steps)
    ours = SelfAttention(WIDTH, heads, is_causal=causal)
    nn.init.normal_(ours.in_proj.bias)
    x = torch.randn(3, steps, WIDTH)
    mask = masked([steps, 1, max(1, steps // 2)], steps) if pad else None
    later = torch.ones(steps, steps, dtype=torch.bool).triu(1) if causal else None
    padded = None if mask is None else ~mask
    expected = same_weights(ours)(x, x, x, key_padding_mask=padded, attn_mask=later, need_weights=False)[0]
    torch.testing.assert_close(ours(x, mask), expected, rtol=1e-4, atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 9), st.booleans())
def test_multihead_attention_is_torchs_looking_at_itself(steps: int, causal: bool) -> None:
    layer = MultiheadAttention(WIDTH, 3, is_causal=causal)
    x, mask = torch.randn(2, steps, WIDTH), masked([steps, 1], steps)
    later = torch.ones(steps, steps, dtype=torch.bool).triu(1) if causal else None
    expected = layer.attend(x, x, x, key_padding_mask=~mask, attn_mask=later)[0]
    torch.testing.assert_close(layer(x, mask), expected, rtol=1e-4, atol=1e-5)


LAYERS = {
    "self": lambda: SelfAttention(WIDTH, 2, is_causal=True),
    "rotary": lambda: SelfAttention(WIDTH, 2, is_causal=True, rotary=True),
    "multihead": lambda: MultiheadAttention(WIDTH, 2, is_causal=True),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_causal_layer_does_not_see_what_comes_later(name: str) -> None:
    torch.manual_seed(0)
    layer = LAYERS[name]().eval()
    x = torch.randn(2, 8, WIDTH)
    for step in range(1, 8):
        changed = x.clone()
        changed[:, step:] = 1e3 * torch.randn(2, 8 - step, WIDTH)
        torch.testing.assert_close(layer(changed)[:, :step], layer(x)[:, :step])


def test_without_a_causal_mask_every_step_is_seen() -> None:
    x = torch.randn(1, 4, WIDTH, requires_grad=True)
    SelfAttention(WIDTH, 2)(x)[0, 0].sum().backward()
    assert x.grad is not None and x.grad[0].abs().sum(1).all()


def test_without_positions_the_order_of_steps_does_not_count() -> None:
    torch.manual_seed(0)
    x, order = torch.randn(2, 6, WIDTH), torch.tensor([3, 0, 5, 1, 4, 2])
    plain = SelfAttention(WIDTH, 2)
    torch.testing.assert_close(plain(x[:, order]), plain(x)[:, order], rtol=1e-4, atol=1e-5)
    placed: list[nn.Module] = [
        SelfAttention(WIDTH, 2, rotary=True),
        nn.Sequential(PositionalEncoding(WIDTH), plain),
        nn.Sequential(LearnedPositionalEncoding(6, WIDTH), plain),
    ]
    for layer in placed:
        assert (layer(x[:, order]) - layer(x)[:, order]).abs().max() > 1e-4


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(1, 30))
def test_rotary_products_depend_on_the_distance_alone(first: int, second: int, shift: int) -> None:
    torch.manual_seed(first)
    q, k = torch.randn(8, dtype=torch.float64), torch.randn(8, dtype=torch.float64)
    turned_q, turned_k = turned(q.expand(60, 8)), turned(k.expand(60, 8))
    here, there = turned_q[first] @ turned_k[second], turned_q[first + shift] @ turned_k[second + shift]
    torch.testing.assert_close(here, there, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("width", [1, 4, 7])
def test_sinusoidal_positions_are_those_of_the_paper(width: int) -> None:
    found = PositionalEncoding(width)(torch.zeros(1, 11, width))[0]
    for t in range(11):
        for i in range(width):
            angle = t / 10_000 ** (2 * (i // 2) / width)
            assert abs(found[t, i].item() - (math.sin(angle) if i % 2 == 0 else math.cos(angle))) < 1e-5


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="5 heads"):
        SelfAttention(WIDTH, 5)
    with pytest.raises(ValueError, match="even widths"):
        SelfAttention(WIDTH, 4, rotary=True)


def test_dropout_of_attention_is_drawn_in_training_only() -> None:
    torch.manual_seed(0)
    layer, x = SelfAttention(WIDTH, 2, dropout=0.5), torch.randn(2, 9, WIDTH)
    assert not torch.equal(layer(x), layer(x))
    layer.eval()
    assert torch.equal(layer(x), layer(x))


@pytest.mark.parametrize("causal", [False, True])
def test_attention_in_bfloat16_is_written_out_and_says_the_same(causal: bool) -> None:
    torch.manual_seed(5)
    layer = SelfAttention(8, 2, is_causal=causal)
    x, mask = torch.randn(4, 6, 8), torch.arange(6) < torch.tensor([[6], [4], [1], [3]])
    with torch.autocast("cpu", torch.bfloat16), torch.profiler.profile() as profile:
        half = layer(x, mask)
    names = [event.key for event in profile.key_averages()]
    assert half.dtype == torch.bfloat16 and "aten::softmax" in names and not any("dot_product" in one for one in names)
    torch.testing.assert_close(half.float()[mask], layer(x, mask)[mask], rtol=0.05, atol=0.02)


@pytest.mark.parametrize(
    ("precision", "form"), [("float32", "scaled_dot_product_attention"), ("bfloat16", "written out")]
)
def test_a_plan_says_the_form_of_attention(precision: str, form: str) -> None:
    before = ExecutionPlan(device="cpu", threads=1, precision=precision)
    execution, why = attention(before)
    assert execution.attention == form and "faster" in why["attention"]
