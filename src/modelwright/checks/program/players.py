"""Two networks of one model that play against each other: whether the loss of one sends its gradient into the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from modelwright.checks.facts import Facts
from modelwright.checks.program.trace import Op, Value
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CUT = "detach"


def leaks(facts: Facts, code: str) -> Iterator[Diagnostic]:
    """Yield a finding where a discriminator's step leaves gradients in the generator that feeds it.

    A discriminator is a part of the model that judges both what another part makes and rows that nobody made; the step
    is its own where the optimizer holds its weights and none of the other's.
    """
    program = facts.step
    assert program is not None
    if program.optimizer is None:
        return
    held = {id(p) for group in program.optimizer.param_groups for p in group["params"]}
    parts = [name for name, _ in program.model.named_children()]
    for maker, judge in permutations(parts, 2):
        weights = dict(program.model.get_submodule(maker).named_parameters(f"{maker}"))
        judged = [*program.model.get_submodule(judge).parameters()]
        if not weights or any(id(p) in held for p in weights.values()) or not any(id(p) in held for p in judged):
            continue
        entries = [*_entries(program.trace.ops, judge)]
        made = next((op for op, value in entries if _from(value, maker)), None)
        real = any(not _from(value, maker, through=True) for _, value in entries)
        reached = [name for name in weights if program.gradients.get(name) is not None]
        if made is None or not real or not reached:
            continue
        yield found(
            facts,
            code,
            "error",
            f"the loss of `{judge}` sends its gradient into `{maker}`, which this step does not train",
            op=made,
            layer=maker,
            expected=f"no gradient in `{maker}`: what it made is cut off before `{judge}` learns from it",
            received=f"gradients in {len(reached)} of its {len(weights)} weights, left there for its own next step",
            help=f"self.{judge}(fake.detach())",
        )


def _inside(op: Op | None, part: str) -> bool:
    return op is not None and (op.module == part or op.module.startswith(f"{part}."))


def _entries(ops: list[Op], part: str) -> Iterator[tuple[Op, Value]]:
    """Yield what enters a part from outside, with the function that takes it."""
    for op in ops:
        if _inside(op, part):
            for value in op.inputs:
                if value.kind != "parameter" and value.name == "" and not _inside(value.producer, part):
                    yield op, value


def _from(value: Value, part: str, through: bool = False) -> bool:
    """Return whether a value is computed from what a part gives; `through` looks past `detach` too."""
    waiting, seen = [value], {id(value)}
    while waiting:
        op = waiting.pop().producer
        if op is None or (op.name == CUT and not through):
            continue
        if _inside(op, part):
            return True
        new = [one for one in op.inputs if id(one) not in seen]
        seen.update(map(id, new))
        waiting += new
    return False
