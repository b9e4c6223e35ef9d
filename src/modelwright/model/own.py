"""Code of the user's own, run: modules are made of it, and what it raises is told with the user's file and line."""

from __future__ import annotations

import copy
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.diagnostic import NOWHERE, Place
from modelwright.errors import RunError
from modelwright.lean_torch import meta_rules
from modelwright.spec import own
from modelwright.spec.call import Call, Value
from modelwright.spec.told import told


def named(call: Call, base: Path, given: Mapping[str, Any], key: str, where: Place = NOWHERE) -> Any:
    """Return the class, function or object that a call names, which is not called; RunError where it is not here."""
    home, name = own.split_name(call.name)
    if home != own.IN_PYTHON:
        return getattr(load_file(base / home), name)
    if key not in given:
        raise RunError(own.not_handed_over(key, call, where))
    return given[key]


def make(call: Call, base: Path, given: Mapping[str, Any], key: str, where: Place = NOWHERE) -> Any:
    """Return what the class or function of a call makes of its arguments; of a module that is given, a copy."""
    return called(named(call, base, given, key, where), call)


def called(found: Any, call: Call) -> Any:
    """Return what a class or function makes of a call's arguments, or a copy of a module that is given."""
    if isinstance(found, nn.Module):
        return copy.deepcopy(found)
    with told(f"`{own.split_name(call.name)[1]}` cannot be made", own.place_of(found)):
        return found(*map(_argument, call.args), **{name: _argument(value) for name, value in call.kwargs.items()})


def _argument(value: Value) -> Any:
    """Return an argument as Python code takes it: what stands in brackets is a list."""
    return [_argument(each) for each in value] if isinstance(value, tuple) else value


def load_file(file: Path) -> ModuleType:
    """Return the module that a Python file makes when it is run; once for each content."""
    meta_rules()  # what the user's code makes of tensors is not known
    content = file.read_bytes()
    name = f"modelwright_own_{hashlib.sha256(str(file.resolve()).encode() + content).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    loader = _Fresh(name, str(file))
    module = module_from_spec(ModuleSpec(name, loader, origin=str(file)))
    module.__file__ = str(file)
    sys.modules[name] = module
    sys.path.insert(0, str(file.parent.resolve()))
    try:
        with told(f"`{file.name}` cannot be loaded"):
            loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(file.parent.resolve()))
    return module


class _Fresh(SourceFileLoader):
    """Loads a file as it stands now: no bytecode is kept beside it, or taken from there."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


Key = int | str
Apart = dict[str, list[list[int]]]
"""Tensors that a module takes, each with the columns of `x` that it has: pieces `[start, stop]`, side by side."""


class Adapted(nn.Module):
    """A module of the user's own that takes or puts out other tensors than one `[N, W]` and one `[N, width]`.

    `keys`: the places in a tuple, or keys of a dict, of the tensors that answer, side by side; none: the output is one
    tensor. `column`: one number a row `[N]` becomes `[N, 1]`. `apart`: what of the columns each tensor has; none: the
    inputs as they are.
    """

    def __init__(self, inner: nn.Module, keys: tuple[Key, ...], column: bool, apart: Apart) -> None:
        super().__init__()
        self.inner = inner
        self.keys = keys
        self.column = column
        self.pieces = list(apart.values())

    def forward(self, *inputs: Tensor) -> Tensor:
        if self.pieces:
            inputs = taken_apart(inputs[0], self.pieces)
        found = answer_of(self.inner(*inputs), self.keys)
        return found.unsqueeze(1) if self.column else found


def taken_apart(x: Tensor, pieces: Iterable[list[list[int]]]) -> tuple[Tensor, ...]:
    """Return the columns of each tensor that a module takes."""
    parts = [[x[:, start:stop] for start, stop in each] for each in pieces]
    return tuple(part[0] if len(part) == 1 else torch.cat(part, dim=1) for part in parts)


def answer_of(found: Any, keys: Sequence[Key]) -> Any:
    """Return what of a module's output answers: all of it, one tensor, or several side by side as columns."""
    if len(keys) < 2:
        return found[keys[0]] if keys else found
    several = [found[key] for key in keys]
    return torch.cat([each.unsqueeze(1) if each.dim() == 1 else each for each in several], dim=1)


def written(keys: Sequence[Key]) -> str:
    """Return keys as the plan writes them: `[0]`, `[logits]`, `["price", "area"]`.

    >>> written([0]), written(["a", "b"])
    ('[0]', '["a", "b"]')
    """
    return f"[{keys[0]}]" if len(keys) == 1 else json.dumps(list(keys)) if keys else ""


def keys_of(text: str) -> tuple[Key, ...]:
    """Return what `written` wrote."""
    if not text:
        return ()
    if "," in text:
        return tuple(json.loads(text))
    inner = text[1:-1]
    return (int(inner) if inner.isdigit() else inner,)


def adapted(module: nn.Module, own: Mapping[str, str]) -> nn.Module:
    """Return a module as `Plan.own` says: its `output` as it is, `[0]`, `[logits]`, `column`, `[0] column`, or several
    side by side; its inputs `apart`, where it takes several."""
    output, apart = own.get("output", ""), json.loads(own.get("apart", "{}"))
    if not output and not apart:
        return module
    keys = keys_of(output.removesuffix("column").strip())
    return Adapted(module, keys, output.endswith("column"), apart)


def tensors_apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors ready for safetensors, which refuses those that share memory: tied weights are copied."""
    seen: set[int] = set()
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        plain = tensor.detach().contiguous().cpu()
        shared = plain.numel() > 0 and plain.untyped_storage().data_ptr() in seen
        seen.add(plain.untyped_storage().data_ptr())
        found[name] = plain.clone() if shared else plain
    return found
