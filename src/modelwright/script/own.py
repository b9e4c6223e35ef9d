"""Code of the user's own in a script: of its file the definitions that are used, as they stand there."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from modelwright.errors import RunError
from modelwright.script.code import Group, Item, call, literal
from modelwright.script.section import Section, Source, impossible
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.choices import METRIC
from modelwright.spec.own import IN_PYTHON, is_own, split_name

FUNCTIONS = ("loss", METRIC.key)
"""What may be a function that is called as it is."""


def calls_of(source: Source) -> dict[str, Call]:
    """Return what of a plan is code of the user's own, by what it is used for."""
    plan = source.plan
    texts = {"model": plan.layers[0], "optimizer": plan.optimizer}
    if plan.gan is not None:
        texts = {f"{key}.generator": text for key, text in texts.items()}
        texts |= {"model.discriminator": plan.gan.discriminator[0], "optimizer.discriminator": plan.gan.optimizer}
    texts |= {"loss": plan.loss, "scheduler": plan.scheduler or "", METRIC.key: plan.own.get("metric", "")}
    return {key: parse(text) for key, text in texts.items() if is_own(text)}


def write(source: Source) -> Section:
    """Return the section with the user's definitions; RunError R010 for what has no source that can stand alone."""
    lines: list[str] = []
    imports: list[str] = []
    wanted: dict[Path, list[str]] = {}
    for key, one in calls_of(source).items():
        file, name = _place(source, key, one)
        wanted.setdefault(file, []).append(name)
    for file, names in wanted.items():
        found = _used(source, file, names)
        imports += found.imports
        lines += ["", "", *found.lines] if lines else found.lines
    return Section(lines=lines, imports=tuple(imports))


def defined(source: Source) -> set[str]:
    """Return the names at the top of the user's files that are used."""
    places = [_place(source, key, one) for key, one in calls_of(source).items()]
    return {name for file, _ in places for name in _definitions(file)}


def made_by(source: Source, key: str, first: Sequence[str] = ()) -> Item:
    """Return the expression that makes what a description names of the user's code; `first` are arguments before."""
    one = calls_of(source)[key]
    _, name = _place(source, key, one)
    arguments = [*first, *map(_value, one.args)]
    named = {key: _value(value) for key, value in one.kwargs.items()}
    if key in FUNCTIONS and not _is_class(source, key, one):
        return call("partial", [name], named) if named else name
    return call(name, arguments, named)


def _value(value: Value) -> Item:
    """Return an argument as Python code takes it: what stands in brackets is a list."""
    if isinstance(value, tuple):
        return Group("[", tuple(map(_value, value)), "]")
    return literal(value)


def _place(source: Source, key: str, one: Call) -> tuple[Path, str]:
    """Return the file and the name of the code that a call names."""
    home, name = split_name(one.name)
    if home != IN_PYTHON:
        return source.request.base / home, name
    given = source.request.description.own.get(key)
    found: Any = given.func if isinstance(given, partial) else given
    if not (inspect.isclass(found) or inspect.isfunction(found)):
        raise _no_source(source, key, name, "it was handed over as an object, and how that was made is not known")
    try:
        file = inspect.getsourcefile(found)
    except TypeError:
        file = None
    if file is None or not Path(file).is_file():
        raise _no_source(source, key, name, "its source cannot be read")
    if "." in found.__qualname__:
        raise _no_source(source, key, name, f"it is defined inside `{found.__qualname__.rpartition('.')[0]}`")
    return Path(file), found.__name__


def _no_source(source: Source, key: str, name: str, why: str) -> RunError:
    fix = f"write it into a file beside the description, and name it: `{key}: net.py:{name}`"
    return impossible(source, f"the script cannot hold your own `{name}`: {why}", fix, key)


def _is_class(source: Source, key: str, one: Call) -> bool:
    file, name = _place(source, key, one)
    return isinstance(_definitions(file).get(name), ast.ClassDef)


@functools.lru_cache(maxsize=16)
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def _definitions(file: Path) -> dict[str, ast.stmt]:
    """Return what the top of a file defines or imports, by name."""
    return {name: node for node in _tree(file).body for name in _names(node)}


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef() | ast.FunctionDef():
            yield node.name
        case ast.Import() | ast.ImportFrom():
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))
        case ast.If() | ast.Try() | ast.With() | ast.For():
            yield from (
                name for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.stmt) for name in _names(inner)
            )
        case _:
            return


def _used(source: Source, file: Path, names: Sequence[str]) -> Section:
    """Return the definitions of a file that some names need, in their order, and the imports they need."""
    known, lines = _definitions(file), file.read_text(encoding="utf-8").splitlines()
    wanted, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name in wanted or name not in known:
            continue
        wanted.add(name)
        node = known[name]
        waiting += [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]
    made: list[str] = []
    imports: list[str] = []
    last: ast.stmt | None = None
    for node in _tree(file).body:
        if not wanted & set(_names(node)):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports += _imported(source, file, node, wanted)
            continue
        defines = isinstance(node, ast.ClassDef | ast.FunctionDef)
        gap = ["", ""] if defines or isinstance(last, ast.ClassDef | ast.FunctionDef) else []
        made += [*(gap if made else []), *_source(lines, node)]
        last = node
    future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in _tree(file).body)
    return Section(lines=made, imports=(*imports, *(("from __future__ import annotations",) if future else ())))


def _source(lines: Sequence[str], node: ast.stmt) -> list[str]:
    """Return the lines of a definition, with its decorators and the comments right above it."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    start = min([node.lineno, *(one.lineno for one in decorators)]) - 1
    while start and lines[start - 1].startswith("#") and not lines[start - 1].startswith("#!"):
        start -= 1
    return [line.rstrip() for line in lines[start : node.end_lineno]]


def _imported(source: Source, file: Path, node: ast.Import | ast.ImportFrom, wanted: set[str]) -> Iterator[str]:
    """Yield import lines of the names that are wanted; RunError R010 for a module that stands beside the file."""
    for alias in node.names:
        if (alias.asname or alias.name).partition(".")[0] not in wanted:
            continue
        module = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        first = file.parent / module.partition(".")[0]
        if (isinstance(node, ast.ImportFrom) and node.level) or first.with_suffix(".py").exists() or first.is_dir():
            text = f"`{file.name}` imports `{module or alias.name}`, which stands beside it"
            raise impossible(
                source, f"the script is one file, and {text}", f"move what it uses into {file.name}", "model"
            )
        as_ = f" as {alias.asname}" if alias.asname else ""
        yield (
            f"from {module} import {alias.name}{as_}"
            if isinstance(node, ast.ImportFrom)
            else f"import {alias.name}{as_}"
        )
