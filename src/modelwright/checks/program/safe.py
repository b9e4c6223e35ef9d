"""Run somebody's model without leaving a trace: a copy of it, and random numbers as they were."""

from __future__ import annotations

import copy
import random
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

UNCOPYABLE = (RuntimeError, TypeError, ValueError, AttributeError, NotImplementedError)


@contextmanager
def untouched(seed: int = 0) -> Generator[None]:
    """Draw random numbers from `seed` for a while and put all generators back; warnings are not shown meanwhile."""
    states = _states()
    torch.manual_seed(seed)
    try:
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _put_back(states)


def _states() -> dict[str, Any]:
    states: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "torch": torch.get_rng_state(),
    }
    if "torch.cuda" in sys.modules and torch.cuda.is_initialized():
        states["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        states["mps"] = torch.mps.get_rng_state()
    return states


def _put_back(states: dict[str, Any]) -> None:
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    torch.set_rng_state(states["torch"])
    if "cuda" in states:
        torch.cuda.set_rng_state_all(states["cuda"])
    if "mps" in states:
        torch.mps.set_rng_state(states["mps"])


def copy_of(model: nn.Module) -> nn.Module | None:
    """Return a copy to run, with parameters and buffers of its own; None where the model cannot be copied."""
    try:
        return copy.deepcopy(model)
    except UNCOPYABLE:
        return None
