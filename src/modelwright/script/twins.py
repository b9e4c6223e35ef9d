"""Functions and classes inside a function of the script that the script has outside it already: they are left out."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from textwrap import dedent

Defined = ast.FunctionDef | ast.ClassDef


def without_twins(body: Sequence[str], name: str) -> list[str]:
    """Return the lines of a script without what its function `name` defines once more, word for word.

    A definition stays where it looks at a name that the function gives another value.

    >>> script = "def f():\\n    return 1\\n\\ndef g():\\n    def f():\\n        return 1\\n    return f()"
    >>> without_twins(script.split("\\n"), "g")
    ['def f():', '    return 1', '', 'def g():', '    return f()']
    """
    tree = ast.parse("\n".join(body))
    outer = next((one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name), None)
    if outer is None:
        return list(body)
    known = {key: _text(body, node) for node in tree.body if (key := _name(node))}
    twins = {key: node for node in outer.body if (key := _name(node)) and known.get(key) == _text(body, node)}
    while kept := [key for key, node in twins.items() if _free(node) & _given(outer, twins)]:
        for key in kept:
            del twins[key]
    gone = {line for node in twins.values() for line in _lines(node)}
    left = [line for at, line in enumerate(body, 1) if at not in gone]
    return [line for at, line in enumerate(left) if line or at == 0 or left[at - 1] or not _inside(left, at)]


def _name(node: ast.stmt) -> str:
    """Return what a definition or a constant is called; nothing of other statements."""
    if isinstance(node, Defined):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
    return target.id if isinstance(target, ast.Name) and target.id.isupper() else ""


def _lines(node: ast.stmt) -> range:
    """Return the numbers of the lines of a statement, decorators among them."""
    decorators = node.decorator_list if isinstance(node, Defined) else []
    first = min([node.lineno, *(one.lineno for one in decorators)])
    return range(first, (node.end_lineno or node.lineno) + 1)


def _text(body: Sequence[str], node: ast.stmt) -> str:
    return dedent("\n".join(body[at - 1] for at in _lines(node)))


def _free(node: ast.stmt) -> set[str]:
    """Return the names that a definition looks at outside itself."""
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    own = {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    own |= {one.id for one in names if isinstance(one.ctx, ast.Store)}
    return {one.id for one in names} - own


def _given(outer: ast.FunctionDef, twins: dict[str, ast.stmt]) -> set[str]:
    """Return the names that the function gives a value of its own."""
    found = {one.arg for one in outer.args.args}
    left: list[ast.AST] = [node for node in outer.body if node not in twins.values()]
    while left:
        node = left.pop()
        if isinstance(node, Defined):
            found.add(node.name)
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        left += ast.iter_child_nodes(node)
    return found


def _inside(lines: Sequence[str], at: int) -> bool:
    """Whether an empty line stands inside a function: what follows it is further in."""
    following = next((line for line in lines[at:] if line), "")
    return following.startswith(" ")
