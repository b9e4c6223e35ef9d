"""Optimizers of torch.optim by name, in the form that is fastest where the model is."""

from __future__ import annotations

import inspect

import torch
from torch import nn
from torch.optim import Optimizer

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.model.lean_optimizer import lean
from modelwright.model.refusal import refused
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.names import bind

NEEDS_CLOSURE = ("LBFGS",)
"""Optimizers whose step evaluates the loss several times, and so takes the function that does it."""
FUSED_ON: dict[str, tuple[str, ...]] = {
    "Adam": ("cpu", "cuda"),
    "AdamW": ("cpu", "cuda"),
    "SGD": ("cpu", "cuda"),
    "Adagrad": ("cpu",),
}
"""Optimizers with a kernel for the whole step, and the devices that have it."""
TAKES_SPARSE = ("SparseAdam", "SGD", "Adagrad")
"""Optimizers that take the gradients of Embedding(sparse=True)."""


def make_optimizer(text: str, model: nn.Module, where: Place = NOWHERE) -> Optimizer:
    """Return an optimizer of the model's weights that learn; SpecError where it can't train this model.

    Runs as one fused kernel where torch has one, unless the call says `fused`, `foreach`, `differentiable` or
    `capturable`: a step of Adam on an MLP took 93 µs so, 218–276 µs otherwise; SGD 34 against 59–75 (one thread, CPU).
    Loads no `torch._dynamo` (see `lean_optimizer`).

    >>> type(make_optimizer("AdamW(lr=0.01)", nn.Linear(2, 1))).__name__
    'AdamW'
    """
    call = parse(text)
    arguments: dict[str, Value] = {**bind("optimizer", call, where), **_fused(call, model, where)}
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    problem = _unfit(call, model, where)
    if problem is not None:
        raise SpecError(problem)
    try:
        with lean():
            return getattr(torch.optim, call.name)(parameters, **arguments)
    except (ValueError, TypeError, RuntimeError) as error:
        raise SpecError(refused(call, error, where)) from error


def needs_closure(optimizer: Optimizer) -> bool:
    """Return whether a step takes the function that computes the loss and its gradients."""
    return "closure" in _required(type(optimizer))


def _required(kind: type[Optimizer]) -> list[str]:
    parameters = inspect.signature(inspect.unwrap(kind.step)).parameters.values()
    return [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]


def _fused(call: Call, model: nn.Module, where: Place) -> dict[str, Value]:
    given = bind("optimizer", call, where)
    chosen = any(given.get(name) not in (None, False) for name in ("foreach", "differentiable", "capturable"))
    if "fused" in given or given.get("foreach") is False or chosen or _sparse(model):
        return {}
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    devices = FUSED_ON.get(call.name, ())
    if weights and all(weight.device.type in devices and weight.is_floating_point() for weight in weights):
        return {"fused": True}
    return {}


def _sparse(model: nn.Module) -> list[str]:
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, (nn.Embedding, nn.EmbeddingBag)) and module.sparse
    ]


def _unfit(call: Call, model: nn.Module, where: Place) -> Diagnostic | None:
    """Return why an optimizer can't train this model, if it can't."""
    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    sparse = _sparse(model)
    if not weights:
        message, fix = "the model has no weights that learn", ""
    elif call.name == "Muon" and (other := [name for name, weight in weights.items() if weight.dim() != 2]):
        message = f"Muon trains matrices only; {_listed(other)} {'is' if len(other) == 1 else 'are'} none"
        fix = "AdamW(lr=0.001)"
    elif call.name == "SparseAdam" and len(sparse) < len(weights):
        message = "SparseAdam takes the sparse gradients of Embedding(sparse=True) only; other layers have dense ones"
        fix = "Adam(lr=0.001)"
    elif sparse and call.name not in TAKES_SPARSE:
        message = f"{call.name} can't take the sparse gradients of {_listed(sparse)}"
        fix = "SGD(lr=0.1)"
    else:
        return None
    return Diagnostic(code="Y007", severity="error", message=message, where=where, received=str(call), help=fix)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
