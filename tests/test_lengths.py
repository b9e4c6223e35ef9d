"""Rows of like length together: the same answers and gradients as all at once, and only where that is so."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from modelwright.model import lengths
from modelwright.model.blocks import Concat, Fronted, Residual
from modelwright.model.layers import make_layers
from modelwright.model.masks import Permute
from modelwright.model.pooling import Max, Mean
from modelwright.model.sequences import Padded
from modelwright.model.tokens import Tokens
from modelwright.spec.call import parse

WORDS, WIDTH, ROWS, STEPS = 50, 8, 100, 20
MODELS = {
    "bag": ["Embedding(50, 8, padding_idx=0)", "Concat(Mean, Max)", "Linear(16, 3)"],
    "attention": [
        "Embedding(50, 8, padding_idx=0)",
        "Residual(LayerNorm(8), SelfAttention(8, 2))",
        "Mean",
        "Linear(8, 3)",
    ],
    "block": ["Embedding(50, 8, padding_idx=0)", "TransformerEncoderLayer(8, 2, 8, 0.0, batch_first=True)", "Last"],
    "convolution": [
        *("Embedding(50, 8, padding_idx=0)", "Permute((0, 2, 1))", "Residual(Conv1d(8, 8, 3, padding=1))", "ReLU"),
        *("Permute((0, 2, 1))", "LearnedPositionalEncoding(20, 8)", "Max"),
    ],
    "in one": [
        "Sequential(Embedding(50, 8, padding_idx=0), MultiheadAttention(8, 2))",
        "Sequential(Mean, Linear(8, 2))",
    ],
}


def tokens() -> Tensor:
    torch.manual_seed(1)
    numbers = torch.randint(1, WORDS, (ROWS, STEPS), dtype=torch.int32)
    return numbers.masked_fill(torch.arange(STEPS) >= torch.randint(1, 15, (ROWS,))[:, None], 0)


def core(name: str) -> Fronted:
    torch.manual_seed(0)
    return Fronted(Tokens(), make_layers([parse(text) for text in MODELS[name]]))


def whole(model: Fronted, numbers: Tensor) -> Tensor:
    """All rows at once, with all their padding."""
    known, model.any_length = model.any_length, False
    try:
        return model(numbers)
    finally:
        model.any_length = known


@pytest.mark.parametrize("name", MODELS)
def test_answers_and_gradients_are_those_of_all_rows_at_once(name: str) -> None:
    model, numbers = core(name), tokens()
    assert model.any_length and model.costly == (name != "bag")
    found, expected = model(numbers), whole(model, numbers)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    weights = list(model.parameters())
    mixed = torch.randn_like(found)
    ours, theirs = (torch.autograd.grad((out * mixed).sum(), weights) for out in (found, expected))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


def test_rows_of_one_length_and_few_rows_are_answered() -> None:
    model, numbers = core("attention"), tokens()
    for some in (numbers[:1], numbers[:3], numbers[:64].fill_(7)):
        torch.testing.assert_close(model(some), whole(model, some), rtol=1e-4, atol=1e-5)


def test_padding_that_no_row_needs_is_not_computed() -> None:
    seen: list[int] = []
    model = core("attention")
    model.layers[1].register_forward_hook(lambda _, inputs, out: seen.append(inputs[0].shape[1]))
    numbers = tokens()
    model(numbers)
    own = (numbers != 0).sum(1).sort().values
    assert seen == [int(group[-1]) for group in own.split(lengths.FEWEST)]


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Embedding(WORDS, WIDTH), nn.Flatten(), nn.Linear(WIDTH * STEPS, 2)],
        [nn.Embedding(WORDS, WIDTH), Permute((0, 2, 1)), nn.Linear(STEPS, 2), nn.Flatten()],
        [nn.Embedding(WORDS, WIDTH), nn.Sequential(Permute((0, 2, 1))), nn.Linear(STEPS, 2), nn.Flatten()],
        [nn.Embedding(WORDS, WIDTH), Permute((0, 2, 1)), nn.BatchNorm1d(WIDTH), Permute((0, 2, 1)), Mean()],
        [nn.Embedding(WORDS, WIDTH), nn.Softmax(1), Mean()],
        [nn.Embedding(WORDS, WIDTH), Residual(nn.BatchNorm1d(STEPS)), Mean()],
        [nn.Embedding(WORDS, WIDTH), Concat(Mean(), nn.Flatten())],
        [nn.Embedding(WORDS, WIDTH), nn.Linear(WIDTH, 2)],
        [nn.Embedding(WORDS, WIDTH), Permute((0, 2, 1)), Max()],
    ],
)
def test_layers_that_look_at_padding_or_at_other_rows_get_all_at_once(layers: list[nn.Module]) -> None:
    assert not lengths.any_length([nn.Sequential(*layers)])


@pytest.mark.parametrize("rows", [3, 70])
def test_rows_that_are_shorter_than_a_window(rows: int) -> None:
    """A batch of short rows alone keeps the steps that a window needs; its answers are those beside a long row."""
    torch.manual_seed(0)
    layers = nn.Sequential(
        Permute([0, 2, 1]), nn.Conv1d(1, 4, 4, stride=2), nn.MaxPool1d(2), Permute([0, 2, 1]), Max(), nn.Linear(4, 1)
    )
    model = Fronted(Padded(), layers).eval()
    assert model.any_length and model.reach == 6
    x, mask = torch.randn(rows + 1, 12, 1), torch.ones(rows + 1, 12, dtype=torch.bool)
    mask[:rows, 2:] = False
    with torch.no_grad():
        assert torch.allclose(model(x[:rows], mask[:rows]), model(x, mask)[:rows], atol=1e-6)
