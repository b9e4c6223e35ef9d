"""Recurrent layers: torch's numbers and weights, one tensor out, and the same answers however they are computed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from modelwright.model.fused_gru import fuses
from modelwright.model.recurrent import GRU, LSTM, RNN

PAIRS = [(GRU, nn.GRU), (LSTM, nn.LSTM), (RNN, nn.RNN)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("settings", [{}, {"num_layers": 2}, {"bidirectional": True}, {"bias": False}])
def test_the_states_are_those_of_torch(ours: type, theirs: type, settings: dict[str, object]) -> None:
    torch.manual_seed(0)
    layer, torchs = ours(5, 8, **settings), theirs(5, 8, batch_first=True, **settings)
    assert layer.state_dict().keys() == torchs.state_dict().keys()
    torchs.load_state_dict(layer.state_dict())
    x = torch.randn(4, 7, 5)
    torch.testing.assert_close(layer(x), torchs(x)[0])
    with torch.no_grad():
        torch.testing.assert_close(layer(x), torchs(x)[0])


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("rows", "steps"), [(1, 1), (3, 1), (4, 9)])
def test_the_fused_gru_has_the_gradients_of_torch(layers: int, rows: int, steps: int) -> None:
    torch.manual_seed(1)
    layer, torchs = GRU(3, 6, layers), nn.GRU(3, 6, layers, batch_first=True)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    torchs.load_state_dict(layer.state_dict())
    x = torch.randn(rows, steps, 3)
    inputs = [x.clone().requires_grad_() for _ in range(2)]
    assert fuses(layer, inputs[0])
    weighting = torch.randn(rows, steps, 6)
    (layer(inputs[0]) * weighting).sum().backward()
    (torchs(inputs[1])[0] * weighting).sum().backward()
    torch.testing.assert_close(inputs[0].grad, inputs[1].grad)
    for (name, one), other in zip(layer.named_parameters(), torchs.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=name)


def test_the_fused_gru_is_exact_by_finite_differences() -> None:
    from modelwright.model.fused_gru import _Fused

    torch.manual_seed(2)
    shapes = [(4, 2, 3), (9, 3), (9, 3), (9,), (9,)]
    values = [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(_Fused.apply, values)


@pytest.mark.parametrize("kind", [GRU, LSTM, RNN])
@pytest.mark.parametrize("both", [False, True])
def test_a_padded_step_changes_no_state_that_is_there(kind: type, both: bool) -> None:
    torch.manual_seed(3)
    layer = kind(2, 4, bidirectional=both)
    x = torch.randn(2, 6, 2)
    mask = torch.tensor([[True] * 4 + [False] * 2, [True] * 6])
    other = torch.where(mask[..., None], x, torch.full_like(x, 9.0))
    torch.testing.assert_close(layer(x, mask)[mask], layer(other, mask)[mask])
    torch.testing.assert_close(layer(x, mask)[:1, :4], layer(x[:1, :4]))


def test_recurrent_weights_begin_orthogonal_and_biases_at_zero() -> None:
    torch.manual_seed(4)
    for layer, gates in ((GRU(3, 5), 3), (LSTM(3, 5), 4), (RNN(3, 5), 1)):
        for gate in layer.weight_hh_l0.detach().chunk(gates):
            torch.testing.assert_close(gate @ gate.T, torch.eye(5))
    assert GRU(3, 5).bias_ih_l0.eq(0).all()
    assert LSTM(3, 5).bias_ih_l0.detach().chunk(4)[1].eq(1).all()


def test_dropout_of_one_layer_has_nothing_to_drop() -> None:
    assert GRU(3, 5, dropout=0.5).dropout == 0.0
    assert GRU(3, 5, 2, dropout=0.5).dropout == 0.5
