"""Optimizers of torch.optim without `torch._dynamo`, whose import costs a second that only torch.compile needs.

torch wraps `add_param_group`, `state_dict`, `load_state_dict` and `zero_grad` in a function that imports dynamo to keep
the compiler out of them, and `step` in another that breaks the compiler's graph. Nobody compiles here, so the functions
inside are called as they are: the same arithmetic, bit for bit. Where torch has no such wrappers, or dynamo is loaded
already, everything takes torch's own way.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch.optim import Optimizer

from modelwright.model.lean_adam import lean_adam

_MARK = "__dynamo_disable"
_WRAPPED = ("add_param_group", "state_dict", "load_state_dict", "zero_grad")


@contextmanager
def lean() -> Generator[None]:
    """Create optimizers, read and load their state inside this block without loading dynamo; leaves no trace in torch.

    >>> with lean():
    ...     optimizer = torch.optim.Adam([torch.zeros(2, requires_grad=True)])
    """
    functions = [] if "torch._dynamo" in sys.modules else _inner_functions()
    for function in functions:
        setattr(function, _MARK, function)
    try:
        yield
    finally:
        for function in functions:
            if getattr(function, _MARK, None) is function:
                delattr(function, _MARK)


def _inner_functions() -> list[Any]:
    """The functions inside torch's wrappers that have not been used with dynamo yet."""
    inner = [getattr(getattr(Optimizer, name, None), "__wrapped__", None) for name in _WRAPPED]
    return [function for function in inner if function is not None and not hasattr(function, _MARK)]


def lean_step(optimizer: Optimizer) -> Callable[..., Any]:
    """Return a function that does what `optimizer.step` does, without dynamo and without the profiler's hooks.

    It takes a closure as `step` does, which LBFGS needs (`components.needs_closure`). It is `optimizer.step` itself
    where hooks are registered or the step must be differentiable. No frame of ours is in it: it is made of torch's.
    """
    step = inspect.unwrap(type(optimizer).step)
    if step is type(optimizer).step or _has_hooks(optimizer) or optimizer.defaults.get("differentiable"):
        return optimizer.step
    # What a scheduler of torch looks at to warn that it was stepped before the optimizer.
    optimizer._opt_called = True  # pyright: ignore[reportAttributeAccessIssue]
    ordinary = torch.no_grad()(partial(step, optimizer))
    return lean_adam(optimizer, ordinary) or ordinary


def _has_hooks(one: Optimizer) -> bool:
    registered = (
        getattr(one, "_optimizer_step_pre_hooks", None),
        getattr(one, "_optimizer_step_post_hooks", None),
        getattr(sys.modules[Optimizer.__module__], "_global_optimizer_pre_hooks", None),
        getattr(sys.modules[Optimizer.__module__], "_global_optimizer_post_hooks", None),
    )
    return any(registered)
