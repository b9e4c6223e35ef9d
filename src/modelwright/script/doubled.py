"""Two of a kind in one script: the second section's names are made its own where they stand for something else."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence

from modelwright.script.code import WIDTH

SUFFIX = "_second"


def beside(first: Sequence[str], second: Sequence[str]) -> tuple[list[str], set[str]]:
    """Return the second of two sections as it can stand below the first, and the names that were changed for it: what
    is the same is left out, other things of the same name are renamed.

    >>> beside(["SIDE = 1", "def f(x):", "    return x"], ["SIDE = 2", "def f(x):", "    return x", "y = f(SIDE)"])
    (['SIDE_second = 2', 'y = f(SIDE_second)'], {'SIDE'})
    """
    known, own = (_defined("\n".join(lines)) for lines in (first, second))
    renamed = {name for name, node in own.items() if name in known and ast.dump(known[name]) != ast.dump(node)}
    renamed |= {name for name, node in own.items() if name in known and not _is_definition(node, name)}
    before = -1
    while len(renamed) > before:
        before = len(renamed)
        renamed |= {name for name in set(own) & set(known) if _uses(own[name]) & renamed}
    left = {id(own[name]) for name in set(own) & set(known) - renamed}
    made = _without([node for node in own.values() if id(node) in left], second)
    text = _with_names("\n".join(made), renamed)
    lines = text.split("\n")
    if max(map(len, lines), default=0) > WIDTH:
        marks = ("# fmt: off", "# fmt: on")
        lines = [marks[0], *(line for line in lines if line not in marks), marks[1]]
    return lines, renamed


def _defined(text: str) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(text).body:
        match node:
            case ast.ClassDef() | ast.FunctionDef():
                found[node.name] = node
            case ast.Assign():
                names = (one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name))
                found |= dict.fromkeys(names, node)
            case _:
                continue
    return found


def _is_definition(node: ast.stmt, name: str) -> bool:
    """Whether a statement says what something is, once: a class, a function, a constant."""
    return isinstance(node, ast.ClassDef | ast.FunctionDef) or name.isupper()


def _uses(node: ast.stmt) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _without(nodes: Sequence[ast.stmt], lines: Sequence[str]) -> list[str]:
    """Return lines without some statements, and without the empty lines before them."""
    kept: list[str | None] = list(lines)
    for node in nodes:
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        start = min([node.lineno, *(one.lineno for one in decorators)]) - 1
        while start and not lines[start - 1].strip():
            start -= 1
        kept[start : node.end_lineno] = [None] * ((node.end_lineno or 0) - start)
    return [line for line in kept if line is not None]


def _with_names(text: str, names: set[str]) -> str:
    """Return source with some names written otherwise; attributes of the same name stay."""
    lines, before = text.split("\n"), ""
    places: list[tuple[int, int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and token.string in names and before != ".":
            places.append((token.end[0] - 1, token.end[1], token.string))
        before = token.string
    for row, column, _ in reversed(places):
        lines[row] = lines[row][:column] + SUFFIX + lines[row][column:]
    return "\n".join(lines)
