"""torch without its rules for the device `meta` until somebody needs them: a third of what importing it takes.

`import torch` loads `torch._meta_registrations`, which tells which shapes operations have on tensors that hold no
numbers, and with it the decompositions of operations (0.4 of 1.4 s). Training has no such tensors. So commands put that
module off: it is there, and loads itself when somebody looks into it or calls `meta_rules`, as whoever makes a tensor
on `meta` must, and whoever runs code that is not ours.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any

RULES = "torch._meta_registrations"
TRIED = ("2.13.",)
"""Versions of torch in which nothing but `meta` needs the module; others load it as they always do."""
INNER = ("torch._", "torch.utils._", "torch.fx.")
"""Modules of torch's that may need those that come with the rules to be there; except for `ALONE`, which are small."""
ALONE = ("torch.utils._device",)
_lock = RLock()


def put_off_meta_rules() -> None:
    """Let `import torch` leave the module for later; where torch is loaded already, nothing changes."""
    if "torch" not in sys.modules:
        sys.meta_path.insert(0, _Finder())


def meta_rules() -> None:
    """Load what was put off, if it was; other threads wait until it is there."""
    module = sys.modules.get(RULES)
    if isinstance(module, _Later):
        _load(module)


class _Later(ModuleType):
    """A module that loads itself when it is asked for what only the loaded one has."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what looks at all modules, as `inspect` does, needs none of them
            raise AttributeError(name)
        _load(self)
        return ModuleType.__getattribute__(self, name)


_loading: list[ModuleType] = []


def _load(module: ModuleType) -> None:
    """Run the module once; what it imports on the way finds it as far as it has come."""
    with _lock:
        if not isinstance(module, _Later) or module in _loading:
            return
        assert module.__spec__ is not None and isinstance(module.__spec__.loader, _PutOff)
        _loading.append(module)
        try:
            module.__spec__.loader.loader.exec_module(module)
            module.__class__ = ModuleType  # pyright: ignore[reportAttributeAccessIssue]
        finally:
            _loading.remove(module)


class _PutOff(Loader):
    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Later(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing yet."""


class _Finder(MetaPathFinder):
    """Puts the module off; and loads it before any inner module of torch's that comes later, as those expect it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == RULES:
            spec = PathFinder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None and sys.modules["torch"].__version__.startswith(TRIED):
                spec.loader = _PutOff(spec.loader)
            return spec
        if fullname.startswith(INNER) and fullname not in ALONE and not _begins("torch"):
            meta_rules()
        return None


def _begins(name: str) -> bool:
    """Return whether a module is still being imported."""
    return getattr(sys.modules[name].__spec__, "_initializing", False)
