"""How a file validates and scores: modes, histories that are kept, means of batches, rows that are looked at twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from modelwright.checks.facts import Facts
from modelwright.checks.program.loops import MODELS
from modelwright.checks.program.statements import FUNCTIONS, Node, bindings, called, reached
from modelwright.checks.script.marks import COMPREHENSIONS, HELD_OUT
from modelwright.checks.script.reading import LOOPS, Script, live, names, script_of, words
from modelwright.checks.script.stepping import only_named
from modelwright.diagnostic import Diagnostic

OF_ALL_ROWS = (
    "f1",
    "auc",
    "precision",
    "recall",
    "r2",
    "matthews",
    "kappa",
    "spearman",
    "spearmanr",
    "pearson",
    "pearsonr",
)
SHARES = ("accuracy", "acc")
CUT = ("item", "detach", "cpu", "numpy", "tolist", "argmax", "float", "int", "data")


def modes(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for `eval` that is only named, and for a validation of a model that is never set to it (O603)."""
    yield from only_named(facts, "O603")
    script = script_of(facts)
    if script is None or facts.program is None or not script.batches:
        return
    acting = [type(m).__name__ for m in facts.program.model.modules() if _differs(m)]
    told = [
        c for c in script.calls if called(c) in ("eval", "train", "requires_grad_") and called(c) != "requires_grad_"
    ]
    if not acting or any(called(call) == "eval" or call.args for call in told) or _named(script, "eval"):
        return
    for call in script.calls:
        if (
            _asks(script, call)
            and script.under_no_grad(call)
            and not _trained_with(script, call)
            and _judges(script, call)
        ):
            yield script.found(
                "O603",
                "warning",
                call,
                f"the model is asked for scores in training mode: nobody calls `eval`, and `{acting[0]}` acts",
                expected="model.eval() before a validation, model.train() after it",
                help=f"{ast.unparse(call.func)}.eval()",
            )
            return


def _judges(script: Script, call: ast.Call) -> bool:
    """Say whether outputs are scores of held-out rows, as far as the text tells, and training mode is not asked for."""
    around = list(script.around(call))
    if isinstance(around[0], ast.Expr) or any(isinstance(each, COMPREHENSIONS) for each in around):
        return False
    scope = next((each for each in around if isinstance(each, FUNCTIONS)), script.tree)
    inside = set(ast.walk(scope))
    set_to = [c.lineno for c in script.calls if called(c) == "train" and c in inside and c.lineno < call.lineno]
    learnt = [getattr(loop, "lineno", 0) for loop in script.batches if loop in inside]
    if set_to and not any(max(set_to) < line < call.lineno for line in learnt):
        return False
    loops = [each for each in around if script.of_batches(each)]
    return bool(loops) or bool(words(ast.unparse(call.args[0])) & HELD_OUT)


def _named(script: Script, name: str) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr == name for n in ast.walk(script.tree))


def _differs(module: Any) -> bool:
    name = type(module).__name__
    return ("Dropout" in name and float(getattr(module, "p", 0)) > 0) or name.startswith(("BatchNorm", "SyncBatchNorm"))


def _asks(script: Script, call: ast.Call) -> bool:
    return ast.unparse(call.func) in {*script.models, *MODELS} and bool(call.args)


def _trained_with(script: Script, call: ast.Call) -> bool:
    return any(any(node is call for node in ast.walk(loop)) for loop in script.batches)


def histories(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for outputs that a loop of an evaluation keeps with all they were computed with (O604)."""
    script = script_of(facts)
    for loop in ast.walk(script.tree) if script is not None else ():
        if script is None or not isinstance(loop, LOOPS) or script.under_no_grad(loop):
            continue
        found = reached(loop, script.functions)
        if any(True for _ in found.methods("backward")) or any(each in script.batches for each in script.around(loop)):
            continue
        own = bindings(ast.walk(loop))
        for kept, value, node in _summed(loop):
            if isinstance(value, ast.Name) and own.get(value.id):
                value = own[value.id][-1]
            if (
                value is not None
                and not _needed(script, loop, kept)
                and _with_history(script, value, own)
                and not script.under_no_grad(node)
            ):
                yield script.found(
                    "O604",
                    "warning",
                    node,
                    f"`{kept}` keeps outputs with all they were computed with: memory grows with every batch",
                    expected="no history where nothing is learned",
                    help="with torch.no_grad():  # around the loop",
                )


def _needed(script: Script, loop: Node, kept: str) -> bool:
    """Say whether a history may be wanted: what is kept is learned from, or a function gives it to who asks."""
    for call in script.calls:
        of = call.args if called(call) == "grad" else [call.func] if called(call) == "backward" else []
        if any(ast.unparse(n) == kept for each in of for n in ast.walk(each)):
            return True
    scope = next((each for each in script.around(loop) if isinstance(each, FUNCTIONS)), None)
    if scope is None:
        return False
    if scope.name == "forward" or any(scope in reached(each, script.functions).nodes for each in script.batches):
        return True
    if any(function is scope for each in script.batches for function, _ in reached(each, script.functions).into):
        return True
    back = [n for n in ast.walk(scope) if isinstance(n, ast.Return) and n.value is not None]
    given = any(ast.unparse(n) == kept for each in back for n in ast.walk(each))
    return given and not words(scope.name) & {
        "eval",
        "evaluate",
        "evaluation",
        "validate",
        "validation",
        "test",
        "score",
    }


def _with_history(script: Script, value: Node, own: dict[str, list[ast.expr | None]]) -> bool:
    """Say whether a value is an output of the model, or a loss of one, and nothing cuts it off."""
    if not isinstance(value, ast.Call):
        return False
    if isinstance(value.func, ast.Attribute) and value.func.attr in CUT:
        return False
    if _asks(script, value) or (isinstance(value.func, ast.Attribute) and _with_history(script, value.func.value, own)):
        return True
    if not words(called(value)) & {"criterion", "loss", "entropy", "fn"}:
        return False
    given = [own[a.id][-1] if isinstance(a, ast.Name) and own.get(a.id) else a for a in value.args]
    return any(isinstance(each, ast.Call) and _asks(script, each) for each in given)


def means_of_batches(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a score that is the mean of the scores of batches (E802)."""
    script = script_of(facts)
    for loop in ast.walk(script.tree) if script is not None else ():
        if script is None or not isinstance(loop, ast.For) or not script.of_batches(loop):
            continue
        if not any(_asks(script, call) for call in reached(loop, script.functions).calls):
            continue
        if any(True for _ in reached(loop, script.functions).methods("backward")):
            continue
        own = bindings(ast.walk(loop))
        for total, value, node in _summed(loop):
            if isinstance(value, ast.Name) and own.get(value.id):
                value = own[value.id][-1]
            kind = "" if value is None else _score(value)
            if not kind or not _averaged(script, total, loop):
                continue
            sizes = _sizes(script, loop)
            if kind == "share" and sizes == "equal":
                continue
            yield script.found(
                "E802",
                "note" if kind == "share" and sizes == "unknown" else "warning",
                node,
                "the score is the mean of the scores of batches"
                + (", and the last batch is smaller" if kind == "share" else ": it changes with the batch size"),
                expected="one score of all rows",
                help="collect outputs and targets, and score them once; or count what is right, and divide by the rows",
            )


def _summed(loop: Node) -> Iterator[tuple[str, Node | None, Node]]:
    for node in ast.walk(loop):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
            yield ast.unparse(node.target), node.value, node
        elif isinstance(node, ast.Call) and called(node) == "append" and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func.value), (node.args[0] if node.args else None), node


def _score(value: Node) -> str:
    """Return what is computed of a batch: a share of its rows, a score that is no mean of rows, or nothing."""
    for node in ast.walk(value):
        if not isinstance(node, ast.Call):
            continue
        name = called(node).lower()
        if words(name) & set(OF_ALL_ROWS):
            return "whole"
        inside = isinstance(node.func, ast.Attribute) and any(isinstance(n, ast.Compare) for n in ast.walk(node))
        if (name == "mean" and inside) or words(name) & set(SHARES):
            return "share"
    return ""


def _averaged(script: Script, total: str, loop: ast.For) -> bool:
    """Say whether the sum is divided by the number of batches, or the list is averaged."""
    over = {f"len({name})" for name in names(loop.iter)}
    whole = (total, f"sum({total})")
    over |= {name for name, values in script.bound.items() if any(v and ast.unparse(v) in over for v in values)}
    for node in ast.walk(script.tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and ast.unparse(node.left) in whole:
            return ast.unparse(node.right) in {*over, f"len({total})"}
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div) and ast.unparse(node.target) == total:
            return ast.unparse(node.value) in over
        if isinstance(node, ast.Call) and called(node) == "mean" and node.args and ast.unparse(node.args[0]) == total:
            return True
    return False


def _sizes(script: Script, loop: ast.For) -> str:
    """Return whether a loader's batches are of one size: `equal`, `unequal`, or `unknown`."""
    for name in sorted(names(loop.iter)):
        loader = live(script.file, name)
        size = getattr(loader, "batch_size", None)
        try:
            rows = len(loader.dataset)  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
        except (TypeError, AttributeError, NotImplementedError):
            continue
        if isinstance(size, int) and size:
            return "equal" if rows % size == 0 or getattr(loader, "drop_last", False) else "unequal"
    return "unknown"
