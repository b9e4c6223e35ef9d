"""Where a model's class is written: its file, the line that makes a layer, its syntax tree."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from modelwright.diagnostic import NOWHERE, Place

UNREADABLE = (OSError, TypeError, SyntaxError, IndentationError, ValueError)


@dataclass(frozen=True, slots=True)
class Written:
    """A class as it stands in a file: its name, file, first line and tree (lines counted from the class)."""

    name: str
    file: str
    line: int
    tree: ast.AST

    def at(self, node: ast.AST) -> Place:
        """Return the place of a node of the tree."""
        return spot(self.file, self.line + getattr(node, "lineno", 1) - 1)


@dataclass(frozen=True, slots=True)
class Source:
    """The user's classes among a model and its layers, the model's own first."""

    classes: tuple[Written, ...]
    owners: dict[str, Written] = field(default_factory=dict[str, Written])
    called_at: Place = NOWHERE

    def place(self, line: tuple[str, int] | None = None, layer: str = "") -> Place:
        """Return the line that is known, else that which makes `layer`, else the class, else where check is called."""
        key = layer or None
        if line is not None:
            return spot(*line, key=key)
        if layer and (found := self._made(layer)) is not None:
            return spot(found.file or "", found.line or 1, key=key)
        if self.classes:
            return spot(self.classes[0].file, self.classes[0].line, key=key)
        where = self.called_at
        return Place(file=where.file, line=where.line, source=where.source, key=key)

    def _made(self, layer: str) -> Place | None:
        """Return the line of `self.<name> = …` of a layer, in the class of the layer that holds it."""
        parts = layer.split(".")
        for depth in range(len(parts) - 1, -1, -1):
            owner = self.owners.get(".".join(parts[:depth]))
            if owner is None:
                continue
            for node in ast.walk(owner.tree):
                if isinstance(node, ast.Assign | ast.AnnAssign) and parts[depth] in _attributes(node):
                    return owner.at(node)
            return None
        return None


def source_of(model: nn.Module, called_at: Place = NOWHERE) -> Source:
    """Return what can be read of a model's own classes; those of torch are left out."""
    written: dict[type, Written | None] = {}
    owners: dict[str, Written] = {}
    for name, layer in model.named_modules():
        kind = type(layer)
        if kind not in written:
            written[kind] = None if kind.__module__.partition(".")[0] in ("torch", "modelwright") else _read(kind)
        if (found := written[kind]) is not None:
            owners[name] = found
    return Source(tuple(each for each in written.values() if each is not None), owners, called_at)


def spot(file: str, line: int, key: str | None = None) -> Place:
    """Return a line of a Python file as a place with its text; the path as short as it can be told."""
    text = linecache.getline(file, line).rstrip()
    column = len(text) - len(text.lstrip()) + 1 if text else None
    return Place(
        file=_short(file), line=line, column=column, key=key, source=text or None, length=max(1, len(text.strip()))
    )


def caller(above: int) -> Place:
    """Return the line that called, so many functions above the one that asks."""
    frame = inspect.currentframe()
    for _ in range(above + 1):
        frame = None if frame is None else frame.f_back
    return NOWHERE if frame is None else spot(frame.f_code.co_filename, frame.f_lineno)


def _read(kind: type) -> Written | None:
    try:
        file = inspect.getsourcefile(kind)
        lines, first = inspect.getsourcelines(kind)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except UNREADABLE:
        return None
    return None if file is None else Written(kind.__name__, file, max(1, first), tree)


def _attributes(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    flat = [each for target in targets for each in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return [each.attr for each in flat if isinstance(each, ast.Attribute)]


def _short(file: str) -> str:
    path = Path(file)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return file
