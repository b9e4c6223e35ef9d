"""Losses that are added up or put into a list with all that they were computed from."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelwright.checks.program.source import spot
from modelwright.checks.program.statements import FUNCTIONS, Found, Functions, Node, bindings, called, reached, trains
from modelwright.diagnostic import Place


def kept(file: str, found: Found, functions: Functions) -> Iterator[tuple[Place, str, str]]:
    """Yield the lines that add or append the very tensor that `backward` was called on, in one body of statements."""
    inside = [n for body in found.bodies for n in ast.walk(body) if isinstance(n, FUNCTIONS) and n is not body]
    seen = set[Node]()
    for body in (*found.bodies, *inside):
        if body in seen:
            continue
        seen.add(body)
        if isinstance(body, FUNCTIONS) and _own_loop(body, functions):
            continue  # that loop is judged by itself
        nodes = list(_own(body))
        calls = Found([n for n in nodes if isinstance(n, ast.Call)])
        losses = {n for _, call in calls.methods("backward") for n in _receiver(call)}
        for name, values in bindings(nodes).items():
            if any(_without_history(value, functions) for value in values):
                losses.discard(name)
        yield from _held(file, nodes, losses)


def _held(file: str, nodes: list[Node], losses: set[str]) -> Iterator[tuple[Place, str, str]]:
    for node in nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.value, ast.Name):
            name, total = node.value.id, ast.unparse(node.target)
            if name in losses and total not in losses:
                yield spot(file, node.lineno), ast.unparse(node), f"{total} += {name}.item()"
    for kept, call in Found([n for n in nodes if isinstance(n, ast.Call)]).methods("append"):
        if len(call.args) == 1 and isinstance(call.args[0], ast.Name) and call.args[0].id in losses:
            yield spot(file, call.lineno), ast.unparse(call), f"{kept}.append({call.args[0].id}.item())"


def _own_loop(body: Node, functions: Functions) -> bool:
    return any(isinstance(n, ast.For | ast.While) and trains(reached(n, functions)) for n in ast.walk(body))


def _own(body: Node) -> Iterator[Node]:
    """Yield what stands in a body itself and records a history: not in functions in it, not under `no_grad`."""
    if any(_no_history(each) for each in getattr(body, "decorator_list", ())):
        return
    todo: list[Node] = [body]
    while todo:
        one = todo.pop(0)
        yield one
        for child in ast.iter_child_nodes(one):
            quiet = isinstance(child, ast.With) and any(_no_history(item.context_expr) for item in child.items)
            if not quiet and not isinstance(child, FUNCTIONS | ast.Lambda | ast.ClassDef):
                todo.append(child)


def _no_history(expression: Node) -> bool:
    text = ast.unparse(expression)
    return any(word in text for word in ("no_grad", "inference_mode", "set_grad_enabled"))


def _receiver(call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Attribute):
        yield from _summed(call.func.value)


def _summed(value: Node) -> Iterator[str]:
    """Yield the names of the losses in what `backward` is called on: `loss / 4`, `a + b`, `scaler.scale(loss)`."""
    if isinstance(value, ast.Name):
        yield value.id
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        yield from (*_summed(value.left), *_summed(value.right))
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):
        yield from _summed(value.left)
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr == "scale" and len(value.args) == 1:
            yield from _summed(value.args[0])
        elif value.func.attr in ("mean", "sum"):
            yield from _summed(value.func.value)


def _without_history(value: Node | None, functions: Functions) -> bool:
    """Say whether a name becomes a number or a tensor without a history, or what a function that trains returns."""
    while isinstance(value, ast.BinOp):
        value = value.left
    while isinstance(value, ast.Call):
        if (name := called(value)) in ("item", "detach", "tolist", "numpy", "float"):
            return True
        if name in functions and any(True for _ in reached(functions[name], functions).methods("backward")):
            return True
        value = value.func.value if isinstance(value.func, ast.Attribute) else None
    return False
