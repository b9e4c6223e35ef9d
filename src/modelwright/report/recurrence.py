"""The gates of recurrent layers, step by step: what torch computes and does not give out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

GATES = {nn.GRU: ("reset", "update"), nn.LSTM: ("input", "forget", "output")}


def gates(layer: nn.RNNBase, x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Return the gates of the last layer of a stack for `[N, T, C]`, each `[N, T, H]`, and its states `[N, T, H]`.

    Of a stack that reads both ways: those of its first layer, read forwards. The equations are those of `torch.nn.GRU`
    and `torch.nn.LSTM`.
    """
    found: dict[str, Tensor] = {}
    with torch.inference_mode():
        for number in range(1 if layer.bidirectional else layer.num_layers):
            found, x = (_gru if isinstance(layer, nn.GRU) else _lstm)(layer, x, f"_l{number}")
    return found, x


def _gru(layer: nn.RNNBase, x: Tensor, suffix: str) -> tuple[dict[str, Tensor], Tensor]:
    w_in, w_h, b_in, b_h = _weights(layer, suffix)
    state = x.new_zeros(len(x), w_h.shape[1])
    kept: list[tuple[Tensor, Tensor, Tensor]] = []
    for step in (x @ w_in.T + b_in).unbind(1):
        r_in, z_in, n_in = step.chunk(3, 1)
        r_h, z_h, n_h = (state @ w_h.T + b_h).chunk(3, 1)
        reset, update = (r_in + r_h).sigmoid(), (z_in + z_h).sigmoid()
        new = (n_in + reset * n_h).tanh()
        state = new + update * (state - new)
        kept.append((reset, update, state))
    reset, update, states = (torch.stack(each, 1) for each in zip(*kept, strict=True))
    return {"reset": reset, "update": update}, states


def _lstm(layer: nn.RNNBase, x: Tensor, suffix: str) -> tuple[dict[str, Tensor], Tensor]:
    w_in, w_h, b_in, b_h = _weights(layer, suffix)
    narrow = getattr(layer, f"weight_hr{suffix}") if layer.proj_size else None
    state, cell = x.new_zeros(len(x), w_h.shape[1]), x.new_zeros(len(x), layer.hidden_size)
    kept: list[tuple[Tensor, ...]] = []
    for step in (x @ w_in.T + b_in).unbind(1):
        i, f, g, o = (step + state @ w_h.T + b_h).chunk(4, 1)
        i, f, o = i.sigmoid(), f.sigmoid(), o.sigmoid()
        cell = f * cell + i * g.tanh()
        state = o * cell.tanh()
        state = state if narrow is None else state @ narrow.T
        kept.append((i, f, o, state))
    i, f, o, states = (torch.stack(each, 1) for each in zip(*kept, strict=True))
    return {"input": i, "forget": f, "output": o}, states


def _weights(layer: nn.RNNBase, suffix: str) -> tuple[Tensor, ...]:
    w_in, w_h = getattr(layer, f"weight_ih{suffix}"), getattr(layer, f"weight_hh{suffix}")
    if not layer.bias:
        return w_in, w_h, w_in.new_zeros(len(w_in)), w_in.new_zeros(len(w_in))
    return w_in, w_h, getattr(layer, f"bias_ih{suffix}"), getattr(layer, f"bias_hh{suffix}")
