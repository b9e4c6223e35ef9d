"""The training loops in the file that asks for a check: read as a syntax tree, never run."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from modelwright.checks.program.source import spot
from modelwright.diagnostic import Place

DEEP = 3  # functions within functions that are looked into
MODELS = ("model", "net", "network", "self.model", "self.net")
NO_OPTIMIZERS = ("sched", "lr_", "prof", "progress", "bar", "env", "scaler", "accelerator")
Node = ast.AST


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop that trains: where it steps, and what is wrong with it.

    `adds_up`: nothing takes earlier gradients away. `keeps`: place, line and fix of what keeps the graph of each step.
    """

    step: Place
    optimizer: str
    adds_up: bool
    keeps: tuple[tuple[Place, str, str], ...] = ()


@dataclass(slots=True)
class _Found:
    """What is called in a loop, and in the functions of the file that it calls."""

    calls: list[ast.Call] = field(default_factory=list[ast.Call])
    nodes: list[Node] = field(default_factory=list[Node])

    def methods(self, *names: str) -> Iterator[tuple[str, ast.Call]]:
        """Yield the text before the dot, and the call, of each method of these names."""
        for call in self.calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr in names:
                yield ast.unparse(call.func.value), call


def loops(file: str | None) -> tuple[Loop, ...]:
    """Return the loops of a file that call `backward` and step an optimizer, the innermost ones."""
    tree = _tree(file) if file else None
    if tree is None or file is None:
        return ()
    functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    found: list[Loop] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.While) and _trains(_reached(node, functions)):
            inner = [n for n in ast.walk(node) if n is not node and isinstance(n, ast.For | ast.While)]
            if not any(_trains(_reached(each, functions)) for each in inner):
                found.append(_judged(file, _reached(node, functions)))
    return tuple(found)


def left_in_evaluation(file: str | None, line: int | None) -> Place | None:
    """Return where a model is set to evaluation within a loop that trains it, and is never set back there."""
    tree = _tree(file) if file else None
    if tree is None or file is None:
        return None
    functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    models = {*MODELS, *_checked(tree, line)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.For | ast.While) or not _trains(found := _reached(node, functions)):
            continue
        ends = [call for name, call in found.methods("eval") if not call.args and name in models]
        if ends and not any(True for _ in found.methods("train")):
            return spot(file, ends[0].lineno)
    return None


def _checked(tree: ast.Module, line: int | None) -> set[str]:
    """Return how the call at this line names the model that is checked."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.lineno <= (line or 0) <= (n.end_lineno or 0)]
    return {ast.unparse(call.args[0]) for call in calls if call.args and ast.unparse(call.func).endswith("check")}


def _tree(file: str) -> ast.Module | None:
    return _parsed("".join(linecache.getlines(file)))


@lru_cache(maxsize=4)
def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):  # a cell of a notebook with commands of its own
        return None


def _reached(node: Node, functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef]) -> _Found:
    found, seen, todo = _Found(), set[str](), [(node, 0)]
    while todo:
        one, depth = todo.pop()
        for each in ast.walk(one):
            found.nodes.append(each)
            if not isinstance(each, ast.Call):
                continue
            found.calls.append(each)
            name = each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
            if name in functions and name not in seen and depth < DEEP:
                seen.add(name)
                todo.append((functions[name], depth + 1))
    return found


def _trains(found: _Found) -> bool:
    return any(True for _ in found.methods("backward", "manual_backward")) and bool(_steps(found))


def _steps(found: _Found) -> list[tuple[str, ast.Call]]:
    named = [(name, call) for name, call in found.methods("step") if not any(w in name.lower() for w in NO_OPTIMIZERS)]
    return [(name, call) for name, call in named if "opt" in name.lower() or not call.args]


def _judged(file: str, found: _Found) -> Loop:
    name, call = _steps(found)[0]
    return Loop(spot(file, call.lineno), name, not _takes_away(found, name), tuple(_kept(file, found)))


def _takes_away(found: _Found, optimizer: str) -> bool:
    """Say whether earlier gradients are taken away in a loop, or whether what it calls may do so."""
    if any(True for _ in found.methods("zero_grad", "clear_gradients")):
        return True
    if any(_of_gradient(node) for node in found.nodes):
        return True
    given = [argument for call in found.calls for argument in (*call.args, *(k.value for k in call.keywords))]
    return any(ast.unparse(argument) == optimizer for argument in given)


def _of_gradient(node: Node) -> bool:
    """Say whether a statement sets gradients anew, or computes without them."""
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Attribute) and target.attr == "grad" for target in node.targets)
    if isinstance(node, ast.Attribute):
        return node.attr == "grad" and isinstance(node.ctx, ast.Del)
    text = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    return text.endswith((".grad.zero_", ".grad.data.zero_", "autograd.grad", "functional_call"))


def _kept(file: str, found: _Found) -> Iterator[tuple[Place, str, str]]:
    """Yield the lines that add or append the very tensor that `backward` was called on."""
    receivers = [call.func for _, call in found.methods("backward")]
    losses = {n.id for each in receivers for n in ast.walk(each) if isinstance(n, ast.Name)} - _numbers(found)
    for node in found.nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.value, ast.Name):
            name, total = node.value.id, ast.unparse(node.target)
            if name in losses and total not in losses:
                yield spot(file, node.lineno), ast.unparse(node), f"{total} += {name}.item()"
    for kept, call in found.methods("append"):
        if len(call.args) == 1 and isinstance(call.args[0], ast.Name) and call.args[0].id in losses:
            yield spot(file, call.lineno), ast.unparse(call), f"{kept}.append({call.args[0].id}.item())"


def _numbers(found: _Found) -> set[str]:
    """Return the names that become numbers, or tensors without a history, somewhere in a loop."""
    names: set[str] = set()
    for node in found.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = ast.unparse(node.value.func)
            if made == "float" or made.endswith((".item", ".detach")):
                names |= {ast.unparse(target) for target in node.targets}
    return names
