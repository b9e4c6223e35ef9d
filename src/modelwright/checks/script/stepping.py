"""The order of a training step as a file writes it: gradients, clipping, steps, schedules, and what is only named."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from modelwright.checks.facts import Facts
from modelwright.checks.program.loops import MODELS, OPTIMIZERS
from modelwright.checks.program.statements import FUNCTIONS, Node, called, reached, steps
from modelwright.checks.script.reading import LOOPS, Script, names, own, script_of, statements
from modelwright.diagnostic import Diagnostic

NAMED = {"zero_grad": "O602", "step": "O602", "backward": "O602", "eval": "O603", "train": "O603"}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a step does, in the order of the lines: `zero`, `back`, `clip`, `step`, `schedule`."""

    kind: str
    of: str
    call: ast.Call


def only_named(facts: Facts, code: str) -> Iterator[Diagnostic]:
    """Yield a finding for each method without its parentheses: `optimizer.zero_grad` does nothing."""
    script = script_of(facts)
    for node in ast.walk(script.tree) if script is not None else ():
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Attribute):
            continue
        attribute = node.value.attr
        if script is not None and NAMED.get(attribute) == code:
            text = ast.unparse(node)
            yield script.found(
                code,
                "error",
                node,
                f"`{text}` is named and not called: it does nothing",
                expected="parentheses",
                received=text,
                help=f"{text}()",
            )


def gradients(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where gradients are taken away before the step, and where nobody steps (O602)."""
    yield from only_named(facts, "O602")
    script = script_of(facts)
    if script is None:
        return
    for events in _steps(script):
        if any(isinstance(n, ast.Attribute) and n.attr == "grad" for e in events for n in _around(script, e)):
            continue  # gradients are kept, changed or put together by hand
        for at, zero in enumerate(events):
            before = [e for e in events[:at] if e.kind in ("back", "step", "zero")]
            after = [e for e in events[at + 1 :] if e.kind in ("back", "step")]
            same = after and (after[0].of == zero.of or zero.of in script.models)
            if zero.kind != "zero" or not before or before[-1].kind != "back" or not same or after[0].kind != "step":
                continue
            if _always(script, before[-1], zero, after[0]) and not _filled(script, zero.call, after[0].call):
                yield script.found(
                    "O602",
                    "error",
                    zero.call,
                    "gradients are taken away between `backward` and `step`: no step changes anything",
                    expected="zero_grad, then backward, then step",
                    help=f"{zero.of}.zero_grad()  # before backward()",
                )
    yield from _nobody_steps(script)


def _around(script: Script, event: Event) -> Iterator[Node]:
    loop = next((each for each in script.around(event.call) if isinstance(each, FUNCTIONS | LOOPS)), None)
    return ast.walk(loop) if loop is not None else iter(())


def _always(script: Script, *events: Event) -> bool:
    """Say whether each of some events happens wherever the next one does: the branch of each holds the one before."""
    branches = [script.branch(event.call) for event in events]
    return all(one <= other for one, other in itertools.pairwise(branches))


def _filled(script: Script, zero: ast.Call, step: ast.Call) -> bool:
    """Say whether something between two lines may compute gradients: a function that is handed the model."""
    between = [call for call in script.calls if zero.lineno < call.lineno < step.lineno]
    models = {*script.models, *MODELS}
    handed = (ast.unparse(each) for call in between for each in (*call.args, *(k.value for k in call.keywords)))
    return any(text in models for text in handed) or any(
        any(True for _ in reached(call, script.functions).methods("backward")) for call in between
    )


def _nobody_steps(script: Script) -> Iterator[Diagnostic]:
    backward = [call for call in script.calls if called(call) == "backward" and isinstance(call.func, ast.Attribute)]
    looped = [call for call in backward if any(isinstance(each, LOOPS) for each in script.around(call))]
    made = [n for n, v in script.bound.items() if any(_optimizer(e) for e in v if isinstance(e, ast.Call))]
    if not looped or not made or any(called(call) == "step" for call in script.calls):
        return
    handed = {ast.unparse(a) for c in script.calls for a in (*c.args, *(k.value for k in c.keywords)) if _mine(a, c)}
    by_hand = any(".grad" in ast.unparse(n) for n in ast.walk(script.tree) if isinstance(n, ast.Attribute))
    if not by_hand and not any(name in handed for name in made):
        yield script.found(
            "O602",
            "error",
            looped[0],
            f"gradients are computed and never used: nobody calls `{made[0]}.step()`",
            expected="a step after backward",
            help=f"{made[0]}.step()",
        )


def _mine(argument: ast.expr, call: ast.Call) -> bool:
    return isinstance(argument, ast.Name | ast.Attribute) and not ast.unparse(call.func).endswith("check")


def _optimizer(call: ast.Call) -> bool:
    text = ast.unparse(call.func)
    return ("optim." in text and "lr_scheduler" not in text) or text in OPTIMIZERS


def clipping(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where gradients are clipped at the wrong moment (O609)."""
    script = script_of(facts)
    for events in _steps(script) if script is not None else ():
        kinds = [event.kind for event in events]
        if script is None or "clip" not in kinds or "back" not in kinds or "step" not in kinds:
            continue
        at, back, step = kinds.index("clip"), kinds.index("back"), kinds.index("step")
        scaled = any("scale(" in e.of for e in events if e.kind == "back")
        sure = len({frozenset(script.branch(events[i].call)) for i in (at, back, step)}) == 1
        if at < back < step and sure:
            said = "gradients are clipped before `backward` has made them"
        elif at > step > back and sure and "back" not in kinds[step:at] and "step" not in kinds[at:]:
            said = "gradients are clipped after the step that used them"
        elif scaled and not any(called(call) == "unscale_" for call in script.calls):
            said = "gradients are clipped while they are scaled: the limit is another one than written"
        else:
            continue
        yield script.found(
            "O609",
            "warning",
            events[at].call,
            said,
            expected="backward, (unscale_,) clip, step",
            help=f"{ast.unparse(events[at].call)}  # between backward() and step()",
        )


def accumulated(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where gradients of several batches are added and not divided (O608)."""
    script = script_of(facts)
    for loop in script.batches if script is not None else ():
        assert script is not None
        if not script.of_batches(loop):
            continue
        for back, _ in ((c, n) for n, c in reached(loop, script.functions).methods("backward")):
            every = _every(script, loop, back)
            if every is None or _divided(script, loop, back):
                continue
            yield script.found(
                "O608",
                "warning",
                back,
                f"gradients of `{every}` batches are added up and not divided: the step is that many times as long",
                expected="the mean over the batches that make a step",
                help=f"loss = loss / {every}  # before backward()",
            )


def _every(script: Script, loop: Node, back: ast.Call) -> str | None:
    """Return how many batches make a step, where the loop steps and sets to zero under `i % n == 0`, and only there."""
    found = reached(loop, script.functions)
    happens = [call for _, call in (*steps(found), *found.methods("zero_grad"))]
    for step in happens:
        for above in script.around(step):
            if above is loop:
                break
            if not isinstance(above, ast.If) or any(each is back for each in ast.walk(above)):
                continue
            inside = set(ast.walk(above))
            every = [n for n in ast.walk(above.test) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mod)]
            if every and all(each in inside for each in happens) and len({called(each) for each in happens}) == 2:
                return ast.unparse(every[0].right)
    return None


def _divided(script: Script, loop: Node, back: ast.Call) -> bool:
    """Say whether the loss is divided, or weighed, anywhere in the loop, or gradients are."""
    found = reached(loop, script.functions)
    loss = names(back.func)
    for node in found.nodes:
        target = node.target if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div | ast.Mult) else None
        if target is not None and (names(target) & loss or ".grad" in ast.unparse(target)):
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Mult) and _of_loss(node, loop, script):
            return True
    if any(called(call) in ("div_", "mul_") for call in found.calls):
        return True
    return any(
        k.arg == "reduction" and getattr(k.value, "value", "sum") == "sum" for c in script.calls for k in c.keywords
    )


def _of_loss(node: ast.BinOp, loop: Node, script: Script) -> bool:
    """Say whether a quotient goes into a loss: what `backward` is called on, or what a loss is bound to."""
    for above in script.around(node):
        if isinstance(above, ast.Call) and called(above) == "backward":
            return True
        if isinstance(above, ast.Assign):
            return any("loss" in ast.unparse(target).lower() for target in above.targets)
        if isinstance(above, ast.Return):
            return True
        if above is loop or isinstance(above, ast.stmt):
            return False
    return False


def _steps(script: Script) -> Iterator[list[Event]]:
    """Yield what a training step does, in order: for each body of statements that calls backward or steps."""
    for loop in script.batches:
        for body in reached(loop, script.functions).bodies:
            events = [e for s in statements(getattr(body, "body", ())) for e in _events(s)]
            if any(event.kind in ("back", "step") for event in events):
                yield events


def _events(statement: ast.stmt) -> Iterator[Event]:
    calls = [n for n in own(statement) if isinstance(n, ast.Call)]
    for call in sorted(calls, key=lambda c: (c.lineno, c.col_offset)):
        name = called(call)
        of = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        if name in ("backward", "manual_backward"):
            yield Event("back", of, call)
        elif name == "zero_grad":
            yield Event("zero", of, call)
        elif name.startswith("clip_grad"):
            yield Event("clip", of, call)
        elif name == "step" and ("opt" in of.lower() or "scaler" in of.lower()):
            yield Event("step", of, call)
