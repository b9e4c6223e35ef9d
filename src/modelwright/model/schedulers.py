"""Schedulers of torch.optim.lr_scheduler by name, with what follows from the length of the run filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch.optim import Optimizer, lr_scheduler
from torch.optim.lr_scheduler import LRScheduler

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.model.refusal import refused
from modelwright.spec.call import Call, Value, parse
from modelwright.spec.names import bind

Unit = Literal["step", "epoch", "metric"]
UNITS: dict[str, Unit] = {"OneCycleLR": "step", "CyclicLR": "step", "ReduceLROnPlateau": "metric"}
"""When a scheduler moves, as PyTorch's documentation does it; those not named here move once an epoch."""
OF_SCHEDULERS = ("SequentialLR", "ChainedScheduler")


@dataclass(frozen=True, slots=True)
class _Run:
    optimizer: Optimizer
    steps: int
    steps_per_epoch: int
    where: Place

    @property
    def epochs(self) -> int:
        return max(1, self.steps // self.steps_per_epoch)


def make_scheduler(
    text: str, optimizer: Optimizer, total_steps: int, steps_per_epoch: int, where: Place = NOWHERE
) -> tuple[LRScheduler, Unit]:
    """Return a scheduler and when it moves: after each "step", each "epoch", or each epoch by its validation "metric".

    `total_steps` (OneCycleLR) and `T_max` (CosineAnnealingLR) follow from the run where they are left out or `...`.
    SpecError where the schedule ends before the run, or torch refuses it.
    """
    call = parse(text)
    run = _Run(optimizer, total_steps, steps_per_epoch, where)
    return _make(call, run, run.epochs), unit(call, where)


def unit(call: Call, where: Place = NOWHERE) -> Unit:
    """Return when a scheduler moves.

    >>> unit(parse("OneCycleLR(max_lr=0.1)"))
    'step'
    """
    if call.name not in OF_SCHEDULERS:
        return UNITS.get(call.name, "epoch")
    units: set[Unit] = {unit(inner, where) for inner in _inner(bind("scheduler", call, where))}
    if "metric" not in units and len(units) == 1:
        return units.pop()
    if "metric" in units:
        raise SpecError(_problem(call, where, "ReduceLROnPlateau follows a metric, and can't stand among others"))
    raise SpecError(_problem(call, where, f"{call.name} steps its schedulers together: all each step or each epoch"))


def _inner(arguments: dict[str, Value]) -> list[Call]:
    schedulers = arguments.get("schedulers")
    return [inner for inner in schedulers if isinstance(inner, Call)] if isinstance(schedulers, tuple) else []


def _make(call: Call, run: _Run, epochs: int) -> LRScheduler:
    arguments = bind("scheduler", call, run.where)
    if call.name in OF_SCHEDULERS:
        unit(call, run.where)
        spans = _spans(arguments, epochs)
        made = [_make(inner, run, span) for inner, span in zip(_inner(arguments), spans, strict=True)]
        arguments = {**arguments, "schedulers": made}  # pyright: ignore[reportAssignmentType]
    elif call.name == "OneCycleLR":
        arguments = _one_cycle(call, arguments, run)
    elif call.name == "CosineAnnealingLR" and arguments.get("T_max", ...) is ...:
        arguments["T_max"] = epochs
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}
    try:
        return getattr(lr_scheduler, call.name)(optimizer=run.optimizer, **given)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        fix = ""
        if "cycle_momentum" in str(error) and "momentum" in str(error):
            fix = str(Call(call.name, call.args, {**call.kwargs, "cycle_momentum": False}))
        raise SpecError(refused(call, error, run.where, fix)) from error


def _spans(arguments: dict[str, Value], epochs: int) -> list[int]:
    """How many epochs each scheduler of a sequence runs; all of them where they are chained."""
    count = len(_inner(arguments))
    milestones = arguments.get("milestones")
    if not isinstance(milestones, tuple) or len(milestones) != count - 1:
        return [epochs] * count
    ends = [milestone for milestone in milestones if isinstance(milestone, int)]
    return [max(1, end - start) for start, end in zip([0, *ends], [*ends, epochs], strict=True)]


def _one_cycle(call: Call, arguments: dict[str, Value], run: _Run) -> dict[str, Value]:
    sizes = ("total_steps", "epochs", "steps_per_epoch")
    given = {name: value for name in sizes if isinstance(value := arguments.get(name), int)}
    rest = {name: value for name, value in arguments.items() if name not in sizes}
    total = given.get("total_steps")
    if total is None:
        per_epoch = given.get("steps_per_epoch", run.steps_per_epoch)
        total = given["epochs"] * per_epoch if "epochs" in given else run.epochs * per_epoch if given else run.steps
    if total < run.steps:
        rates = {name: value for name, value in call.kwargs.items() if name not in sizes}
        message = f"{call} ends after {total:,} steps, but the run has {run.steps:,}"
        fix = str(Call(call.name, call.args[:1], rates))
        raise SpecError(_problem(call, run.where, message, fix, f"at least {run.steps:,} steps", f"{total:,}"))
    return {**rest, "total_steps": total}


def _problem(
    call: Call, where: Place, message: str, fix: str = "", expected: str = "", received: str = ""
) -> Diagnostic:
    return Diagnostic(
        code="Y007",
        severity="error",
        message=message,
        where=where,
        expected=expected,
        received=received or str(call),
        help=fix,
    )
