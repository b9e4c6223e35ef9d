"""Code of the user's own, run: modules are made of it, and what it raises is told with the user's file and line."""

from __future__ import annotations

import copy
import hashlib
import sys
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.errors import ModelwrightError, RunError
from modelwright.spec import own
from modelwright.spec.call import Call, Value

HINTS = (
    ("CUDA", "leave `.cuda()` and `.to(device)` out: modelwright moves the model and its rows"),
    ("same device", "leave `.cuda()` and `.to(device)` out: modelwright moves the model and its rows"),
    ("Double", "leave `.double()` and `dtype=torch.float64` out: rows are float32"),
    ("dtype", "leave `.double()` and `dtype=torch.float64` out: rows are float32"),
    ("shapes cannot be multiplied", "give the layer the size that arrives, or `nn.LazyLinear`'s in place of it"),
    ("invalid for input of size", "`x.flatten(1)` keeps the rows and takes every size"),
)
"""Part of an error's text → what mends it."""
NOT_THE_USERS = tuple(
    str(Path(file).parent) for file in (torch.__file__, str(Path(__file__).parent), traceback.__file__)
)


@contextmanager
def told(doing: str, place: Place = NOWHERE) -> Generator[None]:
    """Let what the user's code raises end as one finding at the line of their file; RunError Y008."""
    try:
        yield
    except ModelwrightError:
        raise
    except Exception as error:
        raise RunError(_raised(error, doing, place)) from error


def _raised(error: Exception, doing: str, place: Place) -> Diagnostic:
    lines = str(error).strip().splitlines() or [""]
    text = f"{type(error).__name__}: {lines[0]}".rstrip(": ")
    if isinstance(error, SyntaxError) and error.filename:
        place = Place(file=error.filename, line=error.lineno, column=error.offset, source=error.text)
    for frame in traceback.extract_tb(error.__traceback__):
        if not frame.filename.startswith((*NOT_THE_USERS, "<")):
            source = frame.line or ""
            place = Place(file=frame.filename, line=frame.lineno, column=1, source=source, length=len(source) or 1)
    return Diagnostic(
        code="Y008",
        severity="error",
        message=f"{doing}: {text}",
        where=place,
        received=" ".join(lines[1:3])[:200],
        help=next((hint for part, hint in HINTS if part in str(error)), ""),
    )


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
    module = ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module
    sys.path.insert(0, str(file.parent.resolve()))
    try:
        with told(f"`{file.name}` cannot be loaded"):
            exec(compile(content, str(file), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(file.parent.resolve()))
    return module


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
