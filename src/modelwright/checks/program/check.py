"""Check a program in Python: a model, its data, loss and optimizer, as somebody's own script has them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.checks.facts import Facts
from modelwright.checks.program.failure import TOLD_BY_RULES, explain
from modelwright.checks.program.program import Program
from modelwright.checks.program.rows import STEP_ROWS, Rows, rows_of
from modelwright.checks.program.safe import copy_of, untouched
from modelwright.checks.program.trace import RAISED
from modelwright.checks.run import Receipt, run_program, with_findings
from modelwright.diagnostic import NOWHERE, Diagnostic, Place

LARGE = 5_000_000  # weights from which on a step takes 16 rows


def check_program(
    model: nn.Module,
    data: Any = None,
    loss: Any = None,
    optimizer: torch.optim.Optimizer | None = None,
    ignore: Sequence[str] = (),
    called_at: Place = NOWHERE,
) -> Receipt:
    """Return what the rules find in a program. Model, data, modes and random numbers are afterwards what they were."""
    rows = None
    if data is not None:
        many = sum(p.numel() for p in model.parameters() if not _lazy(p)) > LARGE
        with untouched(), _same_sampling(data):
            rows = rows_of(data, 16 if many else STEP_ROWS)
    if isinstance(loss, type) and issubclass(loss, nn.Module):
        return Receipt(diagnostics=(_class_for_loss(loss, called_at),))
    if isinstance(loss, str):
        from modelwright.model.losses import make_loss

        loss = make_loss(loss)
    unusable: tuple[Diagnostic, ...] = ()
    if optimizer is not None and not hasattr(optimizer, "param_groups"):
        unusable, optimizer = (_no_optimizer(optimizer, called_at),), None
    with _kept(model):
        if any(_lazy(parameter) for parameter in model.parameters()):
            model, optimizer = _materialised(model, rows), None
        program = Program(model=model, rows=rows, loss=loss, optimizer=optimizer, called_at=called_at)
        return with_findings(check_facts(program, ignore), unusable)


def check_facts(program: Program, ignore: Sequence[str] = ()) -> Receipt:
    """Run the rules on a program, and add what broke its step, where no rule says it."""
    if not program.copyable:
        not_run = {"T712": "needs a model that can be copied"}
        return Receipt(not_run=not_run)
    receipt = run_program(Facts(program=program), ignore)
    return with_findings(receipt, broken_step(program, receipt, ignore))


def broken_step(program: Program, receipt: Receipt, ignore: Sequence[str]) -> list[Diagnostic]:
    """Return what broke the step of a program, where no rule has said it."""
    told = {found.code for found in receipt.diagnostics if found.severity == "error"}
    broken = explain(program) if program.rows is not None else None
    return [] if broken is None or told & TOLD_BY_RULES or broken.code in ignore else [broken]


def _lazy(tensor: Tensor) -> bool:
    return isinstance(tensor, nn.parameter.UninitializedParameter | nn.parameter.UninitializedBuffer)


def _materialised(model: nn.Module, rows: Rows | None) -> nn.Module:
    """Return a copy of a model with lazy layers whose sizes are known, if it can answer a batch."""
    made = copy_of(model)
    if made is None or rows is None:
        return model
    with untouched(), suppress(*RAISED):
        Program(model=made, rows=rows, loss=0).forward(made, rows.batch.copied(torch.device("cpu")))
    return made


@contextmanager
def _same_sampling(data: Any) -> Generator[None]:
    """Put back the state of a loader's own random numbers."""
    sampler = getattr(data, "sampler", None)
    generators = [getattr(data, "generator", None), getattr(sampler, "generator", None)]
    states = [(g, g.get_state()) for g in generators if isinstance(g, torch.Generator)]
    try:
        yield
    finally:
        for generator, state in states:
            generator.set_state(state)


@contextmanager
def _kept(model: nn.Module) -> Generator[None]:
    """Put modes and buffers of the model back, should a loss that holds the model have run it."""
    modes = [(layer, layer.training) for layer in model.modules()]
    buffers = [(b, b._version, b.detach().clone()) for b in model.buffers() if not _lazy(b)]
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training
        with torch.no_grad():
            for buffer, version, value in buffers:
                if buffer._version != version:
                    buffer.copy_(value)


def _no_optimizer(given: Any, where: Place) -> Diagnostic:
    name = given.__name__ if isinstance(given, type) else str(given)
    return Diagnostic(
        code="O601",
        severity="error",
        message=f"`{name}` is no optimizer: one is made with the parameters of the model",
        where=where,
        expected="an object of torch.optim that holds the model's parameters",
        received=f"the class {name}" if isinstance(given, type) else type(given).__name__,
        help=f"optimizer=torch.optim.{name}(model.parameters(), lr=0.001)" if name.isidentifier() else "",
    )


def class_for_model(model: type, where: Place) -> Diagnostic:
    """Return the finding for a class that was handed over where an object of it was meant."""
    return Diagnostic(
        code="Y009",
        severity="error",
        message=f"`{model.__name__}` is a class, a model is an object of it",
        where=where,
        expected="a model with weights",
        received=f"the class {model.__name__}",
        help=f"modelwright.check({model.__name__}(), …)",
    )


def _class_for_loss(loss: type, where: Place) -> Diagnostic:
    return Diagnostic(
        code="H504",
        severity="error",
        message=f"`{loss.__name__}` is given as a class, a loss is an object of it",
        where=where,
        expected="a loss that can be called with output and target",
        received=f"the class {loss.__name__}",
        help=f"loss={loss.__name__}()",
    )
