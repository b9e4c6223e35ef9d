"""Calls → layers of torch.nn, by name from the closed set."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from modelwright.diagnostic import NOWHERE, Place
from modelwright.errors import SpecError
from modelwright.model.attention import (
    LearnedPositionalEncoding,
    MultiheadAttention,
    PositionalEncoding,
    SelfAttention,
)
from modelwright.model.blocks import Concat, Residual
from modelwright.model.forecast import Decomposition, RevIN, Targets
from modelwright.model.masks import Permute, StepBlock
from modelwright.model.pooling import Last, Max, Mean
from modelwright.model.recurrent import GRU, LSTM, RNN
from modelwright.model.refusal import refused
from modelwright.model.tokens import Embedding
from modelwright.spec.call import Call, Value
from modelwright.spec.names import resolve


def make_layers(calls: Sequence[Call]) -> nn.Sequential:
    """Return the layers one after another."""
    return nn.Sequential(*(make_layer(call) for call in calls))


def make_layer(call: Call, where: Place = NOWHERE) -> nn.Module:
    """Return the module that a call with every size filled in names; SpecError for what torch refuses.

    >>> from modelwright.spec.call import parse
    >>> make_layer(parse("Conv2d(1, 16, 3, padding=1)"))
    Conv2d(1, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    """
    resolved = resolve("layer", call, where)
    args = [_argument(value, where) for value in resolved.args]
    kwargs = {name: _argument(value, where) for name, value in resolved.kwargs.items()}
    try:
        return _module(resolved.name)(*args, **kwargs)
    except (ValueError, TypeError, AssertionError, RuntimeError) as error:
        raise SpecError(refused(call, error, where)) from error


OWN: dict[str, type[nn.Module]] = {
    each.__name__: each
    for each in (
        *(Residual, Concat, Permute, Embedding, Last, Mean, Max),
        *(SelfAttention, MultiheadAttention, PositionalEncoding, LearnedPositionalEncoding),
        *(GRU, LSTM, RNN, RevIN, Decomposition, Targets),
    )
}
"""Layers that torch.nn lacks, or that a list of layers needs in another form."""
WHOLE = tuple(each for each in OWN.values() if not issubclass(each, StepBlock))
"""Those of them that count as one layer, whatever they are made of."""


def _module(name: str) -> Callable[..., nn.Module]:
    """Return the class of a name that `resolve` has found in the closed set, or the function that changes a layer."""
    if name == spectral_norm.__name__:
        return spectral_norm
    return OWN[name] if name in OWN else getattr(nn, name)


def _argument(value: Value, where: Place) -> object:
    if isinstance(value, Call):
        return make_layer(value, where)
    return tuple(_argument(part, where) for part in value) if isinstance(value, tuple) else value
