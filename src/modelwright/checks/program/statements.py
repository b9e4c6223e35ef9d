"""Statements of a file: the calls and bindings in a loop, and in the functions of the file that it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

DEEP = 3  # functions within functions that are looked into
NO_OPTIMIZERS = ("sched", "lr_", "prof", "progress", "bar", "env", "scaler", "accelerator")
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
Node = ast.AST
Functions = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]


@dataclass(slots=True)
class Found:
    """What is called in a loop, and in the functions of the file that it calls."""

    calls: list[ast.Call] = field(default_factory=list[ast.Call])
    nodes: list[Node] = field(default_factory=list[Node])
    bodies: list[Node] = field(default_factory=list[Node])
    into: list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.Call]] = field(
        default_factory=list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.Call]]
    )

    def methods(self, *names: str) -> Iterator[tuple[str, ast.Call]]:
        """Yield the text before the dot, and the call, of each method of these names."""
        for call in self.calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr in names:
                yield ast.unparse(call.func.value), call


def functions_of(tree: ast.Module) -> Functions:
    return {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}


def bindings(nodes: Iterable[Node]) -> dict[str, list[ast.expr | None]]:
    """Return what each name, or attribute, is bound to in some statements; None where that cannot be told."""
    bound: dict[str, list[ast.expr | None]] = {}

    def bind(target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = value.elts if isinstance(value, ast.Tuple | ast.List) else ()
            fits = len(parts) == len(target.elts)
            for number, each in enumerate(target.elts):
                bind(each, parts[number] if fits else value)
        else:
            bound.setdefault(ast.unparse(target), []).append(value)

    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                bind(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            bind(node.target, node.value)
        elif isinstance(node, ast.For | ast.comprehension):
            bind(node.target, None)
    return bound


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def reached(node: Node, functions: Functions) -> Found:
    found, seen, todo = Found(), set[str](), [(node, 0)]
    while todo:
        one, depth = todo.pop()
        found.bodies.append(one)
        for each in ast.walk(one):
            found.nodes.append(each)
            if not isinstance(each, ast.Call):
                continue
            found.calls.append(each)
            name = called(each)
            if name in functions:
                found.into.append((functions[name], each))
            if name in functions and name not in seen and depth < DEEP:
                seen.add(name)
                todo.append((functions[name], depth + 1))
    return found


def trains(found: Found) -> bool:
    return any(True for _ in found.methods("backward", "manual_backward")) and bool(steps(found))


def steps(found: Found) -> list[tuple[str, ast.Call]]:
    named = [(name, call) for name, call in found.methods("step") if not any(w in name.lower() for w in NO_OPTIMIZERS)]
    return [(name, call) for name, call in named if "opt" in name.lower() or not call.args]
