"""Checkpoints: one safetensors file, replaced atomically; a kill at any instruction leaves the last good one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.files import write_atomically
from modelwright.model.own import tensors_apart

VERSION = 1


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and JSON facts to `path`; on a full disk the file that was there stays (RunError R006)."""
    plain = tensors_apart(tensors)
    metadata = {"checkpoint": json.dumps({"version": VERSION, **facts})}
    write_atomically(path, save(plain, metadata))


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `save_checkpoint` wrote; RunError R002 if the file is damaged."""
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {})["checkpoint"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, KeyError, ValueError, OSError, RecursionError) as error:
        raise RunError(
            Diagnostic(
                code="R002",
                severity="error",
                message=f"the checkpoint cannot be read: {error}",
                where=Place(file=str(path)),
                help=f"remove it and resume from the start: rm {path}",
            )
        ) from error
    return tensors, facts


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Take an optimizer's state apart: tensors by name, and everything else as JSON values."""
    state = optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    values: dict[str, Any] = {}
    for number, entries in state["state"].items():
        for name, value in entries.items():
            _put(tensors, values, f"{number}/{name}", value)
    groups = [{name: _plain(value) for name, value in group.items()} for group in state["param_groups"]]
    return tensors, {"values": values, "groups": groups}


def _put(tensors: dict[str, Tensor], values: dict[str, Any], key: str, value: Any) -> None:
    """Store one entry; lists of tensors (LBFGS keeps its history so) get one name an element."""
    if isinstance(value, Tensor):
        # safetensors refuses tensors that share memory (LBFGS aliases its last gradient)
        tensors[key] = value.clone()
    elif isinstance(value, list) and any(isinstance(element, Tensor) for element in value):
        values[key] = {"length": len(value)}
        for place, element in enumerate(value):
            if isinstance(element, Tensor):
                tensors[f"{key}/{place}"] = element.clone()
    else:
        values[key] = value


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Put back what `optimizer_tensors` took apart."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in facts["values"].items():
        number, name = key.split("/")
        listed = isinstance(value, dict)
        state.setdefault(int(number), {})[name] = (
            [tensors.get(f"{key}/{place}") for place in range(value["length"])] if listed else value
        )
    for key, tensor in tensors.items():
        if key.count("/") == 1:
            number, name = key.split("/")
            state.setdefault(int(number), {})[name] = tensor
    groups = [dict(group) for group in facts["groups"]]
    for group, now in zip(groups, optimizer.param_groups, strict=True):
        for name, value in now.items():
            if isinstance(value, tuple):  # JSON has lists only
                group[name] = tuple(group[name])
            elif isinstance(value, Tensor) and not isinstance(group[name], Tensor):
                group[name] = torch.tensor(group[name], dtype=value.dtype)
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    for parameter, entries in optimizer.state.items():
        for name, value in entries.items():  # a fused step walks weights and state by address: they must lie alike
            if isinstance(value, Tensor) and value.shape == parameter.shape and value.stride() != parameter.stride():
                entries[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed process left in a run folder: nobody else writes there."""
    for leftover in folder.glob(".*.tmp-*"):
        if leftover.is_file():
            leftover.unlink(missing_ok=True)
