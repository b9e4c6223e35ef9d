"""Code of the user's own, run: modules are made of it, and what it raises is told with the user's file and line."""

from __future__ import annotations

import copy
import hashlib
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from torch import Tensor, nn

from modelwright.diagnostic import NOWHERE, Place
from modelwright.errors import RunError
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


class OneOf(nn.Module):
    """A module of the user's own whose output is not one tensor `[N, width]`: the one that is, is taken.

    `what` is a place in a tuple, a key of a dict, or None; `column`: one number a row `[N]` becomes `[N, 1]`.
    """

    def __init__(self, inner: nn.Module, what: int | str | None, column: bool) -> None:
        super().__init__()
        self.inner = inner
        self.what = what
        self.column = column

    def forward(self, *inputs: Tensor) -> Tensor:
        found = self.inner(*inputs)
        found = found if self.what is None else found[self.what]
        return found.unsqueeze(1) if self.column else found


def adapted(module: nn.Module, output: str) -> nn.Module:
    """Return a module as the plan's `own["output"]` says: as it is, `[0]`, `[logits]`, `column`, `[0] column`."""
    if not output:
        return module
    what = output.removesuffix("column").strip().removeprefix("[").removesuffix("]")
    return OneOf(module, int(what) if what.isdigit() else what or None, output.endswith("column"))


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
