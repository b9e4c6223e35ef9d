"""The training loops in the file that asks for a check: read as a syntax tree, never run."""

from __future__ import annotations

import ast
import builtins
import linecache
from dataclasses import dataclass
from functools import lru_cache

from modelwright.checks.program.kept import kept
from modelwright.checks.program.source import spot
from modelwright.checks.program.statements import (
    DEEP,
    FUNCTIONS,
    Found,
    Functions,
    Node,
    bindings,
    called,
    functions_of,
    reached,
    steps,
    trains,
)
from modelwright.diagnostic import Place

MODELS = ("model", "net", "network", "self.model", "self.net")
OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD")
KNOWN = ("torch.", "nn.", "optim.", "copy.", "logging.", "logger.")  # calls that leave gradients alone
GRADIENT = ".grad."


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop that trains: where it steps, and what is wrong with it.

    `adds_up`: nothing takes earlier gradients away. `keeps`: place, line and fix of what keeps the graph of each step.
    """

    step: Place
    optimizer: str
    adds_up: bool
    keeps: tuple[tuple[Place, str, str], ...] = ()


def loops(file: str | None) -> tuple[Loop, ...]:
    """Return the loops of a file that call `backward` and step an optimizer, the innermost ones."""
    tree = tree_of(file) if file else None
    if tree is None or file is None:
        return ()
    functions = functions_of(tree)
    found: list[Loop] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.While) and trains(reached(node, functions)):
            inner = [n for n in ast.walk(node) if n is not node and isinstance(n, ast.For | ast.While)]
            if not any(trains(reached(each, functions)) for each in inner):
                found.append(_judged(file, tree, node, functions))
    return tuple(found)


def left_in_evaluation(file: str | None, line: int | None) -> Place | None:
    """Return where a model is set to evaluation within a loop that trains it, and is never set back there.

    Silent where each turn of the loop makes its model anew.
    """
    tree = tree_of(file) if file else None
    if tree is None or file is None:
        return None
    functions = functions_of(tree)
    models = {*MODELS, *checked(tree, line)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.For | ast.While) or not trains(found := reached(node, functions)):
            continue
        ends = [(name, call) for name, call in found.methods("eval") if not call.args and name in models]
        if any(True for _ in found.methods("train")):
            continue
        bound = set(bindings(found.nodes))
        left = [call for name, call in ends if not any(n in bound or "(" in n for n in _handed(name, found))]
        if left:
            return spot(file, left[0].lineno)
    return None


def _handed(name: str, found: Found) -> set[str]:
    """Return the names under which a model is handed to the functions that a loop reaches, and its own."""
    names = {name}
    for _ in range(DEEP):
        for function, call in found.into:
            parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
            if isinstance(call.func, ast.Attribute) and parameters[:1] in (["self"], ["cls"]):
                parameters = parameters[1:]
            given = [*zip(parameters, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
            names |= {ast.unparse(value) for parameter, value in given if parameter in names}
    return names


def checked(tree: ast.Module, line: int | None) -> set[str]:
    """Return how the call at this line names the model that is checked."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.lineno <= (line or 0) <= (n.end_lineno or 0)]
    return {ast.unparse(call.args[0]) for call in calls if call.args and ast.unparse(call.func).endswith("check")}


def tree_of(file: str) -> ast.Module | None:
    return _parsed("".join(linecache.getlines(file)))


@lru_cache(maxsize=4)
def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):  # a cell of a notebook with commands of its own
        return None


def _judged(file: str, tree: ast.Module, node: Node, functions: Functions) -> Loop:
    found = reached(node, functions)
    name, call = steps(found)[0]
    around = _around(tree, node, call)
    every = found if around is None else reached(around, functions)
    adds_up = _of_torch(tree, name) and not _takes_away(tree, every, name, functions)
    return Loop(spot(file, call.lineno), name, adds_up, tuple(kept(file, found, functions)))


def _around(tree: ast.Module, node: Node, step: ast.Call) -> Node | None:
    """Return the loop or function around a loop that steps under a condition; None where each turn makes a step."""
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    one: Node | None = parents.get(step)
    while one is not None and not isinstance(one, ast.If | ast.IfExp | ast.For | ast.While | FUNCTIONS):
        one = parents.get(one)
    if not isinstance(one, ast.If | ast.IfExp):
        return None
    one = parents.get(node)
    while one is not None and not isinstance(one, ast.For | ast.While | FUNCTIONS):
        one = parents.get(one)
    return one


def _of_torch(tree: ast.Module, name: str) -> bool:
    """Say whether what is stepped is an optimizer: by its name, or by the call that makes it."""
    if "opt" in name.lower():
        return True
    made = [ast.unparse(v.func) for v in bindings(ast.walk(tree)).get(name, ()) if isinstance(v, ast.Call)]
    return any("optim." in each or each in OPTIMIZERS for each in made)


def _takes_away(tree: ast.Module, found: Found, optimizer: str, functions: Functions) -> bool:
    """Say whether earlier gradients are taken away in a loop, or whether what it calls may do so."""
    if any(True for _ in found.methods("zero_grad", "clear_gradients")):
        return True
    if any(_of_gradient(node) for node in found.nodes):
        return True
    every = Found([n for n in ast.walk(tree) if isinstance(n, ast.Call)])
    models = {*MODELS, *(name for name, _ in every.methods("parameters", "named_parameters"))}
    weights = {f"{name}.{way}()" for name in models for way in ("parameters", "named_parameters", "modules")}
    for call in found.calls:
        given = {ast.unparse(each) for each in (*call.args, *(k.value for k in call.keywords))}
        if optimizer in given:
            return True
        text = ast.unparse(call.func)
        known = called(call) in functions or hasattr(builtins, text) or text.startswith(KNOWN) or "clip_grad" in text
        if not known and given & (models | weights):
            return True
    return False


def _of_gradient(node: Node) -> bool:
    """Say whether a statement sets gradients anew, or computes without them."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(GRADIENT in f"{ast.unparse(target)}." for target in targets if not isinstance(target, ast.Name))
    if isinstance(node, ast.Attribute):
        return node.attr == "grad" and isinstance(node.ctx, ast.Del)
    if not isinstance(node, ast.Call):
        return False
    text = ast.unparse(node.func)
    in_place = isinstance(node.func, ast.Attribute) and text.endswith("_") and GRADIENT in text
    return in_place or "_foreach_" in text or text.endswith(("autograd.grad", "functional_call"))
