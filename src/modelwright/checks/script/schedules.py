"""Schedules of the learning rate in a file: told of batches or epochs, before or after the step, or never."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.program.statements import Node, called, reached, steps
from modelwright.checks.script.reading import LOOPS, Script, own, script_of, statements, words
from modelwright.diagnostic import Diagnostic

GONE = 1e-4
BY_EPOCH = ("StepLR", "MultiStepLR", "ExponentialLR")


def schedule(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a schedule that is told of the wrong thing, too early, or never (O606)."""
    script = script_of(facts)
    if script is None or not script.batches:
        return
    for name, values in script.bound.items():
        kinds = [v for v in values if isinstance(v, ast.Call) and _scheduler(v)]
        if kinds:
            yield from _told(script, name, kinds[0], facts)


def _scheduler(call: ast.Call) -> bool:
    return "lr_scheduler" in ast.unparse(call.func) or called(call) in (*BY_EPOCH, "OneCycleLR", "CosineAnnealingLR")


def _told(script: Script, name: str, made: ast.Call, facts: Facts) -> Iterator[Diagnostic]:
    last = f"{name.rpartition('.')[2]}.step"
    stepped = [c for c in script.calls if f".{ast.unparse(c.func)}".endswith(f".{last}")]
    kind, step = called(made), f"{name}.step()"

    def told(node: Node, message: str, expected: str, fix: str) -> Diagnostic:
        return script.found("O606", "warning", node, message, expected=expected, help=fix)

    if not stepped:
        if not _used(script, name):
            message = f"`{name}` is made and never stepped: the learning rate stays what it was"
            yield told(made, message, "a step after each epoch, or each batch", step)
        return
    inner = any(_within(script, stepped[0], loop) for loop in script.batches)
    if inner and kind in BY_EPOCH and (after := _gone(script, made, facts)):
        message = f"`{kind}` counts epochs and is told of every batch: after {after} batches the rate is gone"
        yield told(stepped[0], message, f"{step} once an epoch", f"{step}  # after the loop over the batches")
    if (
        not inner
        and _around_batches(script, stepped[0])
        and _by_batch(made)
        and kind in ("OneCycleLR", "CosineAnnealingLR")
    ):
        message = f"`{kind}` counts batches and is told of every epoch: it never leaves its beginning"
        yield told(stepped[0], message, f"{step} after each batch", f"{step}  # after optimizer.step()")
    if _before(script, stepped[0]):
        message = f"`{step}` comes before the optimizer's step: the first rate is never used"
        yield told(stepped[0], message, "optimizer.step(), then the schedule", f"{step}  # after optimizer.step()")


def _around_batches(script: Script, call: ast.Call) -> bool:
    """Say whether a call stands in a loop around the batches: an epoch's end, as far as the text tells."""
    loops = [each for each in script.around(call) if isinstance(each, LOOPS)]
    return any(_within(script, inner, loop) for loop in loops for inner in script.batches if inner is not loop)


def _by_batch(made: ast.Call) -> bool:
    """Say whether a schedule's length is one of batches: steps of an epoch by name, or a loader's length."""
    for node in (n for each in (*made.args, *(k.value for k in made.keywords)) for n in ast.walk(each)):
        if (
            isinstance(node, ast.Call)
            and called(node) == "len"
            and words(ast.unparse(node)) & {"loader", "dl", "batches"}
        ):
            return True
    return any(k.arg == "steps_per_epoch" and not isinstance(k.value, ast.Constant) for k in made.keywords)


def _used(script: Script, name: str) -> bool:
    """Say whether a scheduler is handed to something that may step it."""
    for node in ast.walk(script.tree):
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        if ast.unparse(node) == name and not isinstance(script.parents.get(node), ast.Attribute):
            return True
    return False


def _within(script: Script, call: Node, loop: Node) -> bool:
    return any(node is call for node in reached(loop, script.functions).nodes)


def _gone(script: Script, made: ast.Call, facts: Facts) -> int:
    """Return after how many batches a rate is gone, 0 where it is not gone in the run that is written."""
    given = {k.arg: k.value for k in made.keywords}
    for position, key in enumerate(
        {"StepLR": ("step_size", "gamma"), "ExponentialLR": ("gamma",)}.get(called(made), ())
    ):
        if len(made.args) > position + 1:
            given[key] = made.args[position + 1]
    size, gamma = _number(given.get("step_size"), 1), _number(given.get("gamma"), 0.1)
    if called(made) == "MultiStepLR" or not 0 < gamma < 1 or size < 1:
        return 0
    after = math.ceil(math.log(GONE) / math.log(gamma)) * int(size)
    loader = facts.loader
    if loader is None or not loader.batch_size:
        return 0
    return after if after < math.ceil(loader.rows / loader.batch_size) * _epochs(script) / 2 else 0


def _number(node: Node | None, default: float) -> float:
    value = getattr(node, "value", None)
    return default if node is None else float(value) if isinstance(value, int | float) else math.nan


def _epochs(script: Script) -> int:
    """Return how often the loop around the batches turns, 0 where it is not written, or none goes over a loader."""
    for loop in (each for each in script.batches if script.of_batches(each)):
        for above in script.around(loop):
            if isinstance(above, ast.For) and isinstance(above.iter, ast.Call) and called(above.iter) == "range":
                value = above.iter.args[-1]
                if isinstance(value, ast.Name):
                    bound = [v for v in script.bound.get(value.id, ()) if v is not None]
                    value = bound[0] if bound else value
                return int(_number(value, 0)) if isinstance(value, ast.Constant) else 0
    return 0


def _before(script: Script, step: ast.Call) -> bool:
    """Say whether a schedule's step stands before the optimizer's, in the body of the same loop."""
    for above in script.around(step):
        if isinstance(above, ast.If):
            return False  # not each time: the first epoch may be left out
        if isinstance(above, LOOPS):
            body = list(statements(above.body))
            mine = next((i for i, s in enumerate(body) if any(n is step for n in own(s))), None)
            trained = [i for i, s in enumerate(body) if _steps_in(script, s)]
            return mine is not None and bool(trained) and mine < min(trained)
    return False


def _steps_in(script: Script, statement: ast.stmt) -> bool:
    inside = [n for n in own(statement) if isinstance(n, ast.Call)]
    return any(bool(steps(reached(call, script.functions))) for call in inside)
