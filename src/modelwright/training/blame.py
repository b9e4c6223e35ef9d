"""Where a loss stopped being finite: the step, and the first layer whose outputs are NaN or infinite."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from modelwright.training.gan_trainer import GanTrainer
from modelwright.training.trainer import NotFinite, Trainer


def blame(trainer: Trainer | GanTrainer) -> str:
    """Train again from where `trainer` stands, looking at every layer of every step, until the loss is not finite.

    Training is repeatable, so the same step goes wrong; while all goes well nobody pays for looking. Returns what is
    found, in words: epoch, step, layer, and whether its weights were broken by the step before.
    """
    seen: list[str] = []
    model = trainer.model
    handles = [_watch(name, module, seen) for name, module in model.named_modules() if _is_layer(name, module)]
    first = model.register_forward_pre_hook(lambda _module, _inputs: seen.clear())
    try:
        for _ in trainer.run(every=1):
            trainer.position.every = 1
    except NotFinite:
        position = trainer.position
        where = f"epoch {position.epoch + 1}, step {position.batch} of {len(trainer.batches)}"
        return f"{where}: {seen[0] if seen else 'all layers put out finite numbers, their loss is not'}"
    finally:
        for handle in (*handles, first):
            handle.remove()
    return "training it again does not show where"


def _is_layer(name: str, module: nn.Module) -> bool:
    """Return whether a module holds no others, but for what its weights go through (spectral_norm)."""
    return "parametrizations" not in name and all(part == "parametrizations" for part, _ in module.named_children())


def _watch(name: str, module: nn.Module, seen: list[str]) -> Any:
    """Note the layer whenever it puts out NaN or infinity."""

    def hook(_module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if isinstance(output, Tensor) and not torch.isfinite(output).all():
            seen.append(_finding(name, module, inputs))

    return module.register_forward_hook(hook)


def _finding(name: str, module: nn.Module, inputs: tuple[Any, ...]) -> str:
    found = f"layer `{name}`, {module}, is the first whose outputs are NaN or infinite"
    broken = [key for key, value in module.named_parameters() if not torch.isfinite(value).all()]
    if broken:
        return f"{found}: the step before made its {' and '.join(broken)} so"
    if any(isinstance(value, Tensor) and not torch.isfinite(value).all() for value in inputs):
        return f"{found}: its inputs are"
    return found
