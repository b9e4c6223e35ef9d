"""What the layers of a trained model are given and give for some rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from modelwright.report.evidence import Learner

Seen = tuple[tuple[Any, ...], Any]
"""What a layer was given, and what it gave."""


def seen(learner: Learner, rows: np.ndarray | Sequence[int], modules: Mapping[str, nn.Module]) -> dict[str, Seen]:
    """Return what some modules of the core were given and gave for rows of the part that was scored.

    A module that is called more than once is seen at its first call; one that is never called is left out.
    """
    found: dict[str, Seen] = {}

    def look(name: str) -> Any:
        def hook(_module: nn.Module, given: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
            found.setdefault(name, ((*given, *named.values()), output))

        return hook

    hooks = [module.register_forward_hook(look(name), with_kwargs=True) for name, module in modules.items()]
    try:
        learner.core.eval()
        with torch.inference_mode():
            learner.core(*taken(learner, rows))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def taken(learner: Learner, rows: np.ndarray | Sequence[int]) -> tuple[Tensor, ...]:
    """Return the inputs of the core for some rows of the part that was scored."""
    index = torch.as_tensor(np.asarray(rows, dtype=np.int64))
    return tuple(each.index_select(0, index.to(each.device)) for each in learner.inputs)


def chain(core: nn.Module) -> list[nn.Module]:
    """Return the layers of a model one after another; those of its own where it is a class of the user's."""
    layers = getattr(core, "layers", core)
    return list(layers.children()) if isinstance(layers, nn.Sequential) else list(core.children())


def first_tensor(output: Any) -> Tensor:
    """Return the tensor of what a layer gave."""
    return output[0] if isinstance(output, tuple) else output
