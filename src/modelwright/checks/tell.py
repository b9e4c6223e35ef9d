"""How a rule about a program says where: the line of the user's code, else the layer by its name in the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.diagnostic import NOWHERE, Diagnostic, Severity

if TYPE_CHECKING:
    from modelwright.checks.program.trace import Op, Value


def found(
    facts: Facts,
    code: str,
    severity: Severity,
    message: str,
    *,
    op: Op | None = None,
    layer: str = "",
    expected: str = "",
    received: str = "",
    known: str = "",
    help: str = "",
) -> Diagnostic:
    """Return a finding at the line where `op` was called, or where `layer` is made."""
    assert facts.program is not None
    layer = layer or ("" if op is None else op.module)
    where = facts.program.place(None if op is None else op.line, layer)
    if op is None and not layer and facts.program.called_at is not NOWHERE:  # data, optimizer, or the model as a whole
        where = facts.program.called_at
    return Diagnostic(
        code=code,
        severity=severity,
        message=message,
        where=where,
        expected=expected,
        received=received,
        known=known,
        help=help,
    )


def told(
    facts: Facts,
    code: str,
    severity: Severity,
    message: str,
    *,
    expected: str,
    received: str,
    help: str,
    key: str = "optimizer",
) -> Diagnostic:
    """Return a finding about a description or a run, at a key: `optimizer` unless another is named."""
    return Diagnostic(
        code=code,
        severity=severity,
        message=message,
        where=facts.place(key),
        expected=expected,
        received=received,
        help=help,
    )


def called(op: Op) -> str:
    """Return how a function is called where it stands: `Softmax` of layer `net.2`, or the plain function.

    A layer is named by its name in the model, as `model.named_modules()` gives it.
    """
    return f"`{op.name}` (layer `{op.module}`)" if op.module else f"`{op.name}`"


def shape(value: Value | None) -> str:
    """Return the shape of a value as Python writes it."""
    return "" if value is None else str(value.shape)


def names(many: list[str], limit: int = 4) -> str:
    """Return a few names in backticks."""
    shown = ", ".join(f"`{name}`" for name in many[:limit])
    return shown + (f" and {len(many) - limit} more" if len(many) > limit else "")


def exchanged_arguments(facts: Facts, code: str, name: str, op: Op, written: str) -> Diagnostic:
    """Return the finding for a loss that is given the target where it takes the output."""
    return found(
        facts,
        code,
        "error",
        f"`{name}` is given the target first and the output second",
        op=op,
        expected="the output of the model, then the target",
        received="the target as what is to be judged",
        help=f"{written}(output, target)",
    )
