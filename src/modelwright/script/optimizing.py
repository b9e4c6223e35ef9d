"""The section with the optimizer and the schedule of the learning rate."""

from __future__ import annotations

from typing import Any

from torch.optim import lr_scheduler

from modelwright.model.components import needs_closure
from modelwright.script.code import Group, Item, block, call, lines, literal
from modelwright.script.own import made_by
from modelwright.script.section import Section, Source
from modelwright.spec.call import Call, parse
from modelwright.spec.names import bind
from modelwright.spec.own import is_own

LEAN = """
# torch.optim imports torch._dynamo, a second that only torch.compile needs: not here.
inner = inspect.unwrap(torch.optim.Optimizer.add_param_group)
inner.__dynamo_disable = inner
"""
STEP = """
step = torch.no_grad()(partial(inspect.unwrap(type(optimizer).step), optimizer))
"""


def write(source: Source) -> Section:
    """Return the section that leaves `optimizer`, `step` and, where there is a schedule, `scheduler`."""
    plan, trainer = source.plan, source.trainer
    lean = () if source.nested else (*block(LEAN), "")
    fused = bool(trainer.optimizer.defaults.get("fused"))
    chosen = optimizer_of(source, plan.optimizer, "parameters", "optimizer", fused)
    made = block(lean, "parameters = list(model.parameters())", lines(chosen, "optimizer = "), STEP)
    imports = ("import inspect", "import torch", "from functools import partial")
    if trainer.schedule is None:
        return Section(lines=made, imports=imports)
    made += schedule_lines(source, trainer.schedule.scheduler)
    return Section(lines=made, imports=(*imports, "from torch.optim import lr_scheduler"))


def optimizer_of(source: Source, text: str, parameters: str, key: str, fused: bool) -> Item:
    """Return the expression that makes the optimizer of some parameters, torch's or the user's own."""
    chosen = parse(text)
    if is_own(chosen.name):
        return made_by(source, key, [f"[one for one in {parameters} if one.requires_grad]"])
    named: dict[str, Item] = {name: literal(value) for name, value in bind("optimizer", chosen).items()}
    if fused:
        named["fused"] = "True"
    return call(f"torch.optim.{chosen.name}", [parameters], named)


def schedule_lines(source: Source, made: Any, prefix: str = "") -> list[str]:
    """Return the lines that leave the `scheduler` of an optimizer, torch's or the user's own."""
    text, optimizer = source.plan.scheduler or "", f"{prefix}optimizer"
    own = is_own(text)
    given = made_by(source, "scheduler", [optimizer]) if own else _schedule(parse(text), made, optimizer)
    called, why = f"{optimizer}._opt_called = True", "# the scheduler looks at it, to warn of a wrong order"
    return [*([why, called] if prefix else [f"{called}  {why}"]), *lines(given, f"{prefix}scheduler = ")]


def _schedule(chosen: Call, made: Any, optimizer: str) -> Group:
    """Return a scheduler as source, with what followed from the length of the run read off the one that was made."""
    arguments: dict[str, Any] = {**bind("scheduler", chosen)}
    parts: list[Any] = getattr(made, "_schedulers", [])
    if isinstance(made, lr_scheduler.OneCycleLR):
        arguments = {k: v for k, v in arguments.items() if k not in ("epochs", "steps_per_epoch", "total_steps")}
        arguments["total_steps"] = made.total_steps
    elif isinstance(made, lr_scheduler.CosineAnnealingLR):
        arguments["T_max"] = made.T_max
    named: dict[str, Item] = {}
    for name, value in arguments.items():
        if name == "schedulers":
            inner = zip(value, parts, strict=True)
            named[name] = Group("[", tuple(_schedule(one, own, optimizer) for one, own in inner), "]")
        else:
            named[name] = literal(list(value) if isinstance(value, tuple) else value)
    return call(f"lr_scheduler.{chosen.name}", [optimizer], named)


def closure(source: Source) -> bool:
    """Whether a step takes the function that computes the loss (LBFGS)."""
    return needs_closure(source.trainer.optimizer)
