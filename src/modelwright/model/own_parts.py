"""Losses, optimizers and schedules of the user's own: any `loss(output, target)`, any optimizer, any schedule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.model.lean_optimizer import lean
from modelwright.model.own import called, named
from modelwright.model.schedulers import UNITS, Unit
from modelwright.spec.call import Call
from modelwright.spec.own import place_of, split_name
from modelwright.spec.told import told

Criterion = Callable[[Tensor, Tensor], Tensor]


def own_loss(call: Call, base: Path, given: Mapping[str, Any]) -> Criterion:
    """Return a loss of the user's own: an object, a function (with its other arguments), or what a class makes."""
    found = named(call, base, given, "loss")
    if inspect.isclass(found):
        found = called(found, call)
    elif call.kwargs:
        found = partial(found, **call.kwargs)
    return cast(Criterion, found)


def row_losses(loss: Criterion) -> Criterion:
    """Return the loss as one number a row, from a loss that gives rows `[N]` (`reduction="none"`)."""

    def losses(output: Tensor, target: Tensor) -> Tensor:
        value = loss(output, target)
        return value if value.dim() == 1 else value.flatten(1).mean(dim=1)

    return losses


class Mean:
    """A loss of rows as one number: their mean."""

    def __init__(self, loss: Criterion) -> None:
        self.loss = loss

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return self.loss(output, target).mean()


def tried_loss(loss: Criterion, output: Tensor, target: Tensor, weighted: bool) -> bool:
    """Return whether a loss gives one number a row; RunError where it cannot train.

    `weighted`: rows or classes have weights, which only a loss of rows can take.
    """
    place, name = place_of(loss), getattr(loss, "__name__", type(loss).__name__)
    output = output.detach().requires_grad_()
    with told(f"the loss `{name}` does not take output {list(output.shape)} and target {list(target.shape)}", place):
        value = loss(output, target)
    if not isinstance(value, Tensor):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise RunError(_unfit(f"the loss `{name}` returns no tensor", place, received=type(value).__name__))
    if not value.requires_grad:
        fix = "compute it of `output` with torch alone: no `.item()`, `.detach()`, `.numpy()`, `argmax`"
        raise RunError(_unfit(f"the loss `{name}` has no gradient", place, received=f"{value.dtype}", fix=fix))
    if not torch.isfinite(value).all():
        raise RunError(_unfit(f"the loss `{name}` is NaN or infinite on the first rows", place))
    by_row = value.dim() > 0 and len(value) == len(target) and (value.dim() > 0)
    if value.dim() and not by_row:
        raise RunError(_unfit(f"the loss `{name}` returns {list(value.shape)}", place, expected="[] or one a row"))
    if weighted and not by_row:
        message = f"rows or classes have weights, and the loss `{name}` gives one number a batch"
        raise RunError(_unfit(message, place, expected="one number a row", fix='reduction="none"'))
    return by_row


def own_optimizer(
    call: Call, base: Path, given: Mapping[str, Any], model: nn.Module, key: str = "optimizer"
) -> Optimizer:
    """Return an optimizer of the user's own for the weights of `model` that learn; RunError where it is none.

    A class or function gets the weights first (or the module, where its parameter is called `model`); an optimizer of
    the module that was handed over is made anew for the copy that is trained.
    """
    found = named(call, base, given, key)
    place, name = place_of(found), split_name(call.name)[1]
    if isinstance(found, Optimizer):
        made = _for_copy(found, given.get(key.replace("optimizer", "model")), model, place)
    else:
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        with lean(), told(f"the optimizer `{name}` cannot be made", place):
            made = found(model if _takes_model(found) else weights, *call.args, **call.kwargs)
    if not isinstance(made, Optimizer):
        raise RunError(_unfit(f"`{name}` makes no optimizer", place, received=type(made).__name__))
    _require_weights(made, model, name, place)
    return made


def _takes_model(found: Any) -> bool:
    return next(iter(inspect.signature(found).parameters), "") in ("model", "module", "net")


def _for_copy(one: Optimizer, original: Any, model: nn.Module, place: Place) -> Optimizer:
    """Return the same optimizer over the weights of the copy, group by group."""
    if not isinstance(original, nn.Module):
        message = "an optimizer was handed over, and its module was not: it holds weights that are not trained"
        fix = "optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1)"
        raise RunError(_unfit(message, place, expected="model=MODULE beside it, or a function", fix=fix))
    names = {id(weight): name for name, weight in original.named_parameters()}
    copies = {name.removeprefix("inner."): weight for name, weight in _plain(model).named_parameters()}
    stale = [weight for group in one.param_groups for weight in group["params"] if id(weight) not in names]
    if stale:
        message = f"the optimizer holds {len(stale)} weights that are not those of the module: it was made before it"
        raise RunError(_unfit(message, place, fix="make the optimizer after the module is as it is to be"))
    groups = [
        {**group, "params": [copies[names[id(weight)]] for weight in group["params"]]} for group in one.param_groups
    ]
    kind = type(one)
    takes = inspect.signature(kind).parameters
    with lean(), told(f"the optimizer `{kind.__name__}` cannot be made anew", place):
        return kind(groups, **{key: value for key, value in one.defaults.items() if key in takes})


def _plain(model: nn.Module) -> nn.Module:
    """Return the user's module inside the core: what stands before it has weights of its own."""
    inner = getattr(model, "layers", None)
    return inner if hasattr(model, "front") and isinstance(inner, nn.Module) else model


def _require_weights(made: Optimizer, model: nn.Module, name: str, place: Place) -> None:
    held = {id(weight) for group in made.param_groups for weight in group["params"]}
    own = {id(weight): path for path, weight in model.named_parameters()}
    if not held & set(own):
        message = f"the optimizer `{name}` holds none of the module's weights"
        raise RunError(_unfit(message, place, fix="optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1)"))


def own_schedule(call: Call, base: Path, given: Mapping[str, Any], optimizer: Optimizer) -> tuple[LRScheduler, Unit]:
    """Return a schedule of the user's own and when it moves: as torch's schedulers of its kind do, else each epoch."""
    found = named(call, base, given, "scheduler")
    place, name = place_of(found), split_name(call.name)[1]
    with told(f"the scheduler `{name}` cannot be made", place):
        made = found(optimizer, *call.args, **call.kwargs)
    if not isinstance(made, LRScheduler | ReduceLROnPlateau):
        fix = "scheduler=lambda optimizer: torch.optim.lr_scheduler.LambdaLR(optimizer, f)"
        raise RunError(_unfit(f"`{name}` makes no scheduler", place, received=type(made).__name__, fix=fix))
    return made, UNITS.get(type(made).__name__, "epoch")


def _unfit(message: str, place: Place, *, expected: str = "", received: str = "", fix: str = "") -> Diagnostic:
    return Diagnostic(
        code="Y009", severity="error", message=message, where=place, expected=expected, received=received, help=fix
    )
