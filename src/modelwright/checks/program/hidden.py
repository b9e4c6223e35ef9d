"""Weights that a model holds and does not know of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from torch import Tensor, nn

Found = tuple[str, str, Literal["layers", "parameter", "tensor"], str]
DEEP = 3  # lists within lists that are looked through


def hidden(model: nn.Module) -> Iterator[Found]:
    """Yield name, what is held, its kind and the container of each attribute with weights that are not registered."""
    known = {id(parameter) for parameter in model.parameters()}
    modules = {id(module) for module in model.modules()}
    for name, layer in model.named_modules():
        if type(layer).__module__.startswith(("torch.nn", "torch.ao")):
            continue
        for attribute, value in vars(layer).items():
            if attribute.startswith("_") and attribute in INTERNAL:
                continue
            full = f"{name}.{attribute}" if name else attribute
            yield from _of(full, value, known, modules)


INTERNAL = frozenset(vars(nn.Module()))


def _of(name: str, value: Any, known: set[int], modules: set[int]) -> Iterator[Found]:
    if isinstance(value, Tensor):
        if value.requires_grad and value.is_leaf and id(value) not in known:
            yield name, "a tensor", "tensor", "tensor"
        return
    if not isinstance(value, list | tuple | set | Mapping):
        return
    container = "dict" if isinstance(value, Mapping) else type(value).__name__
    layers, parameters = _inside(value, DEEP)
    lost = [
        m
        for m in layers
        if id(m) not in modules and any(p.requires_grad and id(p) not in known for p in m.parameters())
    ]
    if lost:
        yield name, f"{len(lost)} layer{'s' if len(lost) > 1 else ''}", "layers", container
    loose = [p for p in parameters if id(p) not in known and p.requires_grad]
    if loose:
        yield name, f"{len(loose)} parameter{'s' if len(loose) > 1 else ''}", "parameter", container


def _inside(value: Any, depth: int) -> tuple[list[nn.Module], list[nn.Parameter]]:
    layers: list[nn.Module] = []
    parameters: list[nn.Parameter] = []
    for each in value.values() if isinstance(value, Mapping) else value:
        if isinstance(each, nn.Module):
            layers.append(each)
        elif isinstance(each, nn.Parameter):
            parameters.append(each)
        elif depth and isinstance(each, list | tuple | set | Mapping):
            more = _inside(each, depth - 1)
            layers, parameters = layers + more[0], parameters + more[1]
    return layers, parameters
