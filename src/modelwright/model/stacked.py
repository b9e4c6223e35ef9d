"""Networks of one shape, computed together: their weights lie side by side, and one batched product serves them all.

What a step costs beside its arithmetic is paid once, and all cores work on it. Linear layers are stacked; elementwise
layers work on all rows at once; layers that have numbers of their own in another way (`nn.BatchNorm1d`, embedded
categories) one network after another. A batched product rounds its last bits otherwise than a single one, and alike
for whatever company a network is in (`training.company` looks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.model.blocks import Embed, Fronted, Residual

ALIGNED = 16
"""What the numbers of a weight, and the rows of a batch, must be a multiple of: each network's begin at 64 bytes then,
wherever it stands among the others; the last bits of a product depend on that."""
ELEMENTWISE = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Tanh, nn.Sigmoid),
    *(nn.Softplus, nn.Softsign, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.Tanhshrink, nn.LogSigmoid, nn.Identity),
)
ONE_BY_ONE = (nn.BatchNorm1d, nn.LayerNorm, nn.RMSNorm, nn.PReLU, nn.Softmax, nn.LogSoftmax, nn.GLU)
Joint = Callable[[Tensor, list[int]], Tensor]
"""What a layer makes of the rows of some networks, `[K, N, …]` and their numbers → `[K, N, …]`."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A weight of all networks: `whole` `[K, …]` is the leaf that gradients reach, `parameters` are its parts."""

    whole: Tensor
    parameters: list[nn.Parameter]

    def of(self, which: list[int]) -> Tensor:
        """Return the weights of some networks."""
        everybody = len(which) == len(self.parameters) and which == sorted(set(which))
        return self.whole if everybody else self.whole[which]


class Stack:
    """Networks whose linear layers share one tensor a weight, of which each network sees its own part.

    `draws` are the generators that dropout draws from, as the global one would in their state. Networks are in
    training. `release` gives them weights of their own again.

    >>> networks = [nn.Linear(3, 2) for _ in range(4)]
    >>> rows = torch.randn(16, 3)
    >>> stack = Stack(networks, [])
    >>> [torch.allclose(network(rows), y, atol=1e-6) for network, y in zip(networks, stack([0, 1], [(rows,)] * 2))]
    [True, True]
    """

    def __init__(self, networks: Sequence[nn.Module], draws: Sequence[torch.Generator]) -> None:
        self.networks = list(networks)
        self.draws = draws
        self.shared: list[Shared] = []
        embedded = all(isinstance(each, Fronted) for each in networks)
        self._fronts: list[Any] = [each.front for each in networks] if embedded else []
        layers: list[Any] = [each.layers for each in networks] if embedded else list(networks)
        self._layers = self._joint(layers)
        stacked = {id(parameter) for shared in self.shared for parameter in shared.parameters}
        alone = [one for network in networks for one in network.parameters() if id(one) not in stacked]
        self._leaves = [*alone, *(shared.whole for shared in self.shared)]

    def __call__(self, which: list[int], batches: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """Return the output of the networks with these numbers, each for the inputs that its batch begins with.

        Batches are of one size. A network alone is computed beside itself: a batched product of one rounds otherwise.
        """
        if len(which) == 1:
            return self(which * 2, [*batches] * 2)[:1]
        if self._fronts:
            x = _each(self._fronts, which, [batch[:2] for batch in batches])
        else:
            x = torch.stack([batch[0] for batch in batches])
        return self._layers(x, which).unbind()

    def clear(self) -> None:
        """Forget all gradients."""
        for parameter in self._leaves:
            parameter.grad = None

    def spread(self, which: list[int]) -> None:
        """Give these networks their own part of the gradients that lie side by side."""
        for shared in self.shared:
            assert shared.whole.grad is not None
            each = shared.whole.grad.unbind()
            for k in which:
                shared.parameters[k].grad = each[k]

    def release(self) -> None:
        """Give each network weights of its own."""
        for shared in self.shared:
            for parameter in shared.parameters:
                parameter.data = parameter.data.clone()
                parameter.grad = None

    def _joint(self, modules: Sequence[Any]) -> Joint:
        """Return what the same layer of all networks does; ValueError where that is not known here."""
        first = modules[0]
        if isinstance(first, nn.Sequential):
            return _chain([self._joint(layers) for layers in zip(*modules, strict=True)])
        if _aligned(first):
            return self._linear(modules)
        if isinstance(first, nn.Dropout):
            return self._dropout(first.p)
        if isinstance(first, Residual):
            layers = self._joint([one.layers for one in modules])
            around = None if first.shortcut is None else self._joint([one.shortcut for one in modules])
            return lambda x, which: (x if around is None else around(x, which)) + layers(x, which)
        if isinstance(first, ELEMENTWISE):
            return lambda x, _: first(x)
        return lambda x, which: _each(modules, which, [(one,) for one in x.unbind()])

    def _linear(self, modules: Sequence[Any]) -> Joint:
        weight = self._side_by_side([module.weight for module in modules])
        bias = None if modules[0].bias is None else self._side_by_side([module.bias for module in modules])

        def linear(x: Tensor, which: list[int]) -> Tensor:
            if bias is None:
                return torch.bmm(x, weight.of(which).transpose(1, 2))
            return torch.baddbmm(bias.of(which).unsqueeze(1), x, weight.of(which).transpose(1, 2))

        return linear

    def _side_by_side(self, parameters: list[nn.Parameter]) -> Shared:
        """Move the weights into one tensor, of which each network sees its own part."""
        whole = torch.stack([parameter.data for parameter in parameters])
        for parameter, own in zip(parameters, whole.unbind(), strict=True):
            parameter.data = own
        shared = Shared(whole.requires_grad_(), parameters)
        self.shared.append(shared)
        return shared

    def _dropout(self, p: float) -> Joint:
        """Drop as `torch.dropout` does, with each network's own random numbers."""

        draw = [partial(self._noise, p, k) for k in range(len(self.networks))]
        return lambda x, which: x * _each(draw, which, [(one,) for one in x.unbind()])

    def _noise(self, p: float, k: int, x: Tensor) -> Tensor:
        return torch.empty_like(x).bernoulli_(1 - p, generator=self.draws[k]).div_(1 - p)


def stackable(network: nn.Module) -> bool:
    """Return whether every layer of a network is known here, and enough of it is linear for a stack to be faster.

    >>> stackable(nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1)))
    True
    >>> stackable(nn.Sequential(nn.Conv1d(3, 8, 3), nn.ReLU()))
    False
    """
    known = (nn.Linear, nn.Dropout, *ELEMENTWISE, *ONE_BY_ONE)
    leaves = list(_leaves(network))
    weights = [parameter for module in leaves for parameter in module.parameters(recurse=False)]
    return (
        all(type(module) in known or isinstance(module, Embed) for module in leaves)
        and all(type(module) is not nn.Dropout or 0 < module.p < 1 for module in leaves)
        and not any(_hooked(module) for module in network.modules())
        and all(weight.requires_grad and weight.dtype == torch.float32 for weight in weights)
        and len({*map(id, weights)}) == len(weights)
        and any(map(_aligned, leaves))
    )


def _leaves(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers of a network that are not made of other ones."""
    if type(module) in (nn.Sequential, Residual) or (isinstance(module, Fronted) and not module.mirror):
        for child in module if isinstance(module, nn.Sequential) else module.children():  # which has nothing twice
            yield from _leaves(child)
    else:
        yield module


def _aligned(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear) and module.weight.numel() % ALIGNED == 0


def _hooked(module: nn.Module) -> bool:
    of_calls = (module._forward_hooks, module._forward_pre_hooks)  # pyright: ignore[reportPrivateUsage]
    of_gradients = (module._backward_hooks, module._backward_pre_hooks)  # pyright: ignore[reportPrivateUsage]
    return any(of_calls) or any(of_gradients)


def _each(functions: Sequence[Callable[..., Tensor]], which: list[int], given: Sequence[tuple[Tensor, ...]]) -> Tensor:
    """Return what each network's own function makes of its arguments; one beside itself does it once."""
    once = which[:1] if which == which[:1] * 2 else which
    made = [functions[k](*arguments) for k, arguments in zip(once, given, strict=False)]
    return torch.stack(made * (len(which) // len(once)))


def _chain(layers: Sequence[Joint]) -> Joint:
    def chain(x: Tensor, which: list[int]) -> Tensor:
        for layer in layers:
            x = layer(x, which)
        return x

    return chain
