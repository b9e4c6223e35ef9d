"""How near training came to what its steps alone cost: the same step again and again on one batch that is there."""

from __future__ import annotations

import copy
import statistics
import time

import torch

from modelwright.model.components import needs_closure
from modelwright.model.lean_optimizer import lean, lean_step
from modelwright.training.trainer import Trainer, random_states, set_random_states

SHARE, MOST = 0.01, 0.2
"""What measuring may cost: this share of the training, and this many seconds."""
FEWEST = 5


def share_of_limit(trainer: Trainer, seconds: float, steps: int) -> float | None:
    """Return the time of `steps` bare steps as a share of the `seconds` that training took; None where it was short.

    A bare step is forward, backward and the optimizer's, in the settings of the run, on a batch that lies ready: no
    order, no gathering, no validation, no records. Measured on copies, so nothing of the run changes.
    """
    budget = min(SHARE * seconds, MOST)
    if seconds < 1 or steps * FEWEST * budget < seconds or needs_closure(trainer.optimizer):
        return None
    before = random_states(trainer.device)
    with lean():
        model, optimizer = copy.deepcopy((trainer.model, trainer.optimizer))
    batch = next(iter(trainer.batches.epoch(0, 0)))
    model.train()
    step, times, parameters = lean_step(optimizer), list[float](), list(model.parameters())
    began = time.perf_counter()
    while (start := time.perf_counter()) - began < budget or len(times) < FEWEST:
        for parameter in parameters:
            parameter.grad = None
        trainer.objective(model, *batch).backward()
        step()
        if trainer.device.type != "cpu":
            torch.get_device_module(trainer.device).synchronize()
        times.append(time.perf_counter() - start)
    set_random_states(trainer.device, before)
    return min(1.0, statistics.median(times) * steps / seconds)
