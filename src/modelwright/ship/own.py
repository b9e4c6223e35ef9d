"""A model file with a class of the user's own: its code is handed over by the caller, never taken from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.model.build import seeded
from modelwright.model.own import adapted, called
from modelwright.plan.plan import Plan
from modelwright.spec.call import parse
from modelwright.spec.own import place_of, split_name


def handed_over(file: Path, plan: Plan, own: Callable[..., Any] | None) -> nn.Module:
    """Return the module that the handed-over class makes with the arguments of the plan; RunError Y009 without one."""
    call = parse(plan.layers[0])
    name = split_name(call.name)[1]
    if own is None:
        stood = plan.own.get("file")
        raise RunError(
            Diagnostic(
                code="Y009",
                severity="error",
                message=f"the model file holds weights of your own class `{name}`; code is never loaded from a file",
                where=Place(file=str(file)),
                expected="the class, handed over",
                known=f"it stood in {stood}; on the command line: --model {stood}:{name}" if stood else "",
                help=f"modelwright.load({str(file)!r}, model={name})",
            )
        )
    with seeded(0):
        made = called(own, call)
    if not isinstance(made, nn.Module):
        raise RunError(
            Diagnostic(
                code="Y009",
                severity="error",
                message=f"what was handed over makes no module, but a {type(made).__name__}",
                where=place_of(own),
                expected=f"the class `{name}`",
            )
        )
    return adapted(made, plan.own)
