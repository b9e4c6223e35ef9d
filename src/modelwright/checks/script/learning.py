"""What a file learns from and by: losses without a history, rows that serve twice, optimizers that begin anew."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.program.loops import MODELS
from modelwright.checks.program.statements import Node, bindings, called, reached, steps
from modelwright.checks.script.marks import HELD_OUT, TRAINING
from modelwright.checks.script.reading import LOOPS, Script, names, own, scopes, script_of, statements, words
from modelwright.diagnostic import Diagnostic


def loss_without_a_history(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a loss is told to require a gradient: it had none, and nothing is learned (M409)."""
    script = script_of(facts)
    if script is None:
        return
    backward = [c.func for c in script.calls if called(c) == "backward"]
    losses = {ast.unparse(func.value) for func in backward if isinstance(func, ast.Attribute)}
    for node in ast.walk(script.tree):
        name = ""
        if isinstance(node, ast.Call) and called(node) == "requires_grad_" and isinstance(node.func, ast.Attribute):
            name = "" if not all(_true(each) for each in node.args) or node.keywords else ast.unparse(node.func.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            target = node.targets[0]
            name = ast.unparse(target.value) if target.attr == "requires_grad" and _true(node.value) else ""
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            again = any(k.arg == "requires_grad" and _true(k.value) for k in node.value.keywords)
            made = again and called(node.value) in ("Variable", "tensor") and bool(node.value.args)
            name = ast.unparse(node.targets[0]) if made and not _goes_on(script, node.targets[0], node) else ""
        if name in losses and "loss" in name.lower():
            yield script.found(
                "M409",
                "error",
                node,
                f"`{name}` is told to require a gradient: it has no history, so no weight receives one",
                expected="a loss that was computed from the model's outputs, with their history",
                help="compute outputs and loss without no_grad, detach, item or numpy, and leave this line out",
            )


def _true(value: Node) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _goes_on(script: Script, target: ast.expr, made: Node) -> bool:
    """Say whether a loss that is made of a number is then added to: what is added has a history."""
    name = ast.unparse(target)
    for node in ast.walk(script.tree):
        if isinstance(node, ast.AugAssign) and ast.unparse(node.target) == name:
            return True
        value = node.value if isinstance(node, ast.Assign) and node is not made else None
        if value is None or not isinstance(node, ast.Assign) or name not in map(ast.unparse, node.targets):
            continue
        if any(ast.unparse(each) == name for each in ast.walk(value)):
            return True
    return False


def validated_on_training_rows(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where loaders of two parts serve the same rows (L201)."""
    script = script_of(facts)
    for body in scopes(script.tree) if script is not None else ():
        assert script is not None
        yield from _served_twice(script, body)


def _served_twice(script: Script, body: list[ast.stmt]) -> Iterator[Diagnostic]:
    """Yield the loaders of one scope that serve the same rows: names bound again, or handed in, say nothing."""
    served: dict[str, tuple[str, set[str]]] = {}
    for name, values in bindings(statements(body)).items():
        made = [v for v in values if isinstance(v, ast.Call) and called(v) == "DataLoader" and v.args]
        if len(values) != 1 or len(made) != 1 or any("sampler" in (k.arg or "") for k in made[0].keywords):
            continue
        if any(script.stores[each] > 1 for each in names(made[0].args[0])):
            continue
        rows, said = ast.unparse(made[0].args[0]), words(name)
        other = served.setdefault(rows, (name, said))
        one, two = other[1], said
        pair = [(one, two), (two, one)]
        mixed = any(a & TRAINING and b & HELD_OUT and not b & TRAINING and not a & HELD_OUT for a, b in pair)
        twice = any("test" in a and b & (HELD_OUT - {"test"}) for a, b in pair)
        if other[0] != name and (mixed or twice):
            yield script.found(
                "L201",
                "error",
                made[0],
                f"`{name}` serves the rows of `{other[0]}`: what is measured there says nothing about new rows",
                expected="rows that nothing else has seen",
                received=f"DataLoader({rows}, …) for both",
                help="train_set, val_set, test_set = random_split(dataset, [0.7, 0.15, 0.15])",
            )


def chosen_by_the_test(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where an epoch, or the learning rate, is chosen by the test rows (L210)."""
    script = script_of(facts)
    for node in ast.walk(script.tree) if script is not None else ():
        if script is None or not any(isinstance(each, LOOPS) for each in script.around(node)):
            continue
        chosen = ""
        if isinstance(node, ast.If) and isinstance(node.test, ast.Compare):
            chosen = "the best epoch" if _better_on_the_test(node) else ""
        elif isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute | ast.Name):
            of, given = words(ast.unparse(node.func)), words(ast.unparse(node.args[0]))
            if "test" in given and ({"scheduler", "step"} <= of or {"stopping"} & of or {"stopper"} & of):
                chosen = "the learning rate" if "scheduler" in of else "the end of training"
        if chosen and _in_training(script, node):
            yield script.found(
                "L210",
                "warning",
                node,
                f"{chosen} is chosen by the test rows: their score then is no score of new rows",
                expected="choices by validation rows, and the test rows once, at the end",
                help="choose by the validation loss",
            )
            return


def _better_on_the_test(node: ast.If) -> bool:
    """Say whether a score of the test rows is compared with the best so far, and what is better is kept."""
    assert isinstance(node.test, ast.Compare)
    said = [words(ast.unparse(each)) for each in (node.test.left, *node.test.comparators)]
    kept = any(isinstance(each, ast.Assign) or _saves(each) for one in node.body for each in ast.walk(one))
    best = [each for each in said if each & {"best", "lowest", "highest"}]
    score = [each for each in said if "test" in each and each not in best]
    return kept and bool(best) and bool(score) and not any("len" in each for each in said)


def _saves(node: Node) -> bool:
    return isinstance(node, ast.Call) and bool(words(called(node)) & {"save", "deepcopy", "dump"})


def _in_training(script: Script, node: Node) -> bool:
    around = [each for each in script.around(node) if isinstance(each, LOOPS)]
    return any(any(True for _ in reached(loop, script.functions).methods("backward")) for loop in around)


def made_anew(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where each epoch begins with a new optimizer, which has forgotten its averages (O601)."""
    script = script_of(facts)
    for inner in script.batches if script is not None else ():
        assert script is not None
        used = {name for name, _ in steps(reached(inner, script.functions))}
        outer = next((each for each in script.around(inner) if isinstance(each, ast.For)), None)
        if outer is None:
            continue
        held = bindings(ast.walk(outer))
        loop = names(outer.target)
        for statement in outer.body:
            if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
                continue
            target, value = ast.unparse(statement.targets[0]), statement.value
            of = {name.partition(".")[0] for name in names(value)}
            if target not in used or of & loop or any(name in held for name in of) or not _epochs(outer):
                continue
            if any(_begins_anew(script, each) for each in outer.body if not any(n is inner for n in ast.walk(each))):
                continue
            yield script.found(
                "O601",
                "warning",
                statement,
                f"each epoch begins with a new `{called(value)}`: its averages and its schedule begin anew",
                expected="one optimizer for all epochs",
                help=f"{ast.unparse(statement)}  # before the loop over the epochs",
            )


def _begins_anew(script: Script, statement: ast.stmt) -> bool:
    """Say whether the model may begin anew, too: its weights are set, or it is handed to something."""
    kept = ("train", "eval", "to", "parameters", "named_parameters", "zero_grad", "requires_grad_")
    models = {*script.models, *MODELS}
    for call in (node for node in own(statement) if isinstance(node, ast.Call)):
        of = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        if of in models and called(call) not in kept:
            return True
        if any(ast.unparse(each) in models for each in call.args):
            return True
    return False


def _epochs(loop: ast.For) -> bool:
    said = words(f"{ast.unparse(loop.target)} {ast.unparse(loop.iter)}")
    return bool(said & {"epoch", "epochs"}) or ast.unparse(loop.target) == "_"


def unsafe(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a file is loaded that may run code (O613)."""
    script = script_of(facts)
    for call in script.calls if script is not None else ():
        text = ast.unparse(call.func)
        loose = any(k.arg == "weights_only" and getattr(k.value, "value", None) is False for k in call.keywords)
        if script is not None and text == "torch.load" and loose:
            yield script.found(
                "O613",
                "warning",
                call,
                "`torch.load(weights_only=False)` runs code from the file",
                expected="a file of weights alone, as `model.state_dict()` gives them",
                help="save model.state_dict(), load it with weights_only=True",
            )
