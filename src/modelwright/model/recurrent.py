"""Recurrent layers for a list of layers: batch first, one tensor out, and starts that learn fast.

The weights have torch's names and shapes. The start is that of Glorot for the inputs, orthogonal for each gate's
recurrent weights (Saxe et al. 2014, as Keras does) and 0 for biases, 1 for an LSTM's forget gate (Jozefowicz et al.
2015): torch's uniform start needs more epochs (figures in the lab book).
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from modelwright.model.fused_gru import fused, fuses
from modelwright.model.masks import StepLayer


class _Recurrent(StepLayer):
    """What GRU, LSTM and RNN share: [N, T, C] → [N, T, hidden_size, twice that where both directions are read]."""

    def _init(self, kind: type[nn.RNNBase], *args: Any, **kwargs: Any) -> None:
        kwargs["batch_first"] = True
        if kwargs.get("num_layers", args[2] if len(args) > 2 else 1) == 1:
            kwargs.pop("dropout", None)  # torch drops between layers only, and warns
        kind.__init__(self, *args, **kwargs)  # pyright: ignore[reportArgumentType]

    def reset_parameters(self) -> None:
        """Draw the weights; those that are only shapes are loaded later."""
        for name, weight in self.named_parameters():
            if weight.is_meta:
                continue
            gates = weight.detach().chunk(max(1, weight.shape[0] // self._width()))
            if name.startswith("bias"):
                nn.init.zeros_(weight)
                if isinstance(self, nn.LSTM) and name.startswith("bias_ih"):
                    nn.init.ones_(gates[1])
            elif name.startswith("weight_hh") and weight.shape[1] == self._width():
                for gate in gates:
                    nn.init.orthogonal_(gate)
            else:
                nn.init.xavier_uniform_(weight)

    def _width(self) -> int:
        return int(self.hidden_size)  # pyright: ignore[reportArgumentType]

    def _run(self, kind: type[nn.RNNBase], x: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None or not self.bidirectional or mask.is_meta:  # padding comes after the steps that are there
            return kind.forward(self, x)[0]  # pyright: ignore
        packed = pack_padded_sequence(x, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        out = kind.forward(self, packed)[0]  # pyright: ignore
        return pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])[0]


class GRU(_Recurrent, nn.GRU):
    """torch.nn.GRU, batch first, whose output is the state at each step.

    >>> import torch
    >>> GRU(7, 64)(torch.zeros(2, 5, 7)).shape
    torch.Size([2, 5, 64])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._init(nn.GRU, *args, **kwargs)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return fused(self, x) if fuses(self, x) else self._run(nn.GRU, x, mask)


class LSTM(_Recurrent, nn.LSTM):
    """torch.nn.LSTM, batch first, whose output is the state at each step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._init(nn.LSTM, *args, **kwargs)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._run(nn.LSTM, x, mask)


class RNN(_Recurrent, nn.RNN):
    """torch.nn.RNN, batch first, whose output is the state at each step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._init(nn.RNN, *args, **kwargs)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._run(nn.RNN, x, mask)


RECURRENT = (GRU, LSTM, RNN)
