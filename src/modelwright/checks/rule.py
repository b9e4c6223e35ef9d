"""A rule: one module with a code, a phase, what it needs, and a function that yields findings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Literal, cast

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic, Severity

Phase = Literal["description", "data", "dry_run", "training", "evaluation"]
PHASES: tuple[Phase, ...] = ("description", "data", "dry_run", "training", "evaluation")
HEADINGS = ("What it does", "Why it matters", "Example", "Fix", "Source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, made of its module's names: CODE, PHASE, SEVERITY, NEEDS and `check`.

    `program` is what checks a program in Python: `check` itself in the dry run, `check_program` (which needs
    PROGRAM_NEEDS) where a rule of another phase has one. `trained` looks once more at the trained model of a run.
    """

    code: str
    phase: Phase
    severity: Severity
    needs: tuple[str, ...]
    check: Callable[[Facts], Iterator[Diagnostic]]
    module: str
    program: Callable[[Facts], Iterator[Diagnostic]] | None = None
    program_needs: tuple[str, ...] = ()
    trained: Callable[[Facts], Iterator[Diagnostic]] | None = None


def as_meant(code: str) -> str:
    """Return a code with the letter O, where a number was meant, as the number.

    >>> as_meant("L2O5")
    'L205'
    """
    return code[:1] + code[1:].upper().replace("O", "0")


def code_of(name: str) -> str:
    """Return the code in a module's name.

    >>> code_of("leakage.l205_target_among_inputs")
    'L205'
    """
    return name.rpartition(".")[2].partition("_")[0].upper()


@cache
def load(name: str) -> Rule:
    """Import the rule module `name`, given relative to this package."""
    module = import_module(f"modelwright.checks.{name}")
    dry = module.PHASE == "dry_run"
    return Rule(
        code=cast(str, module.CODE),
        phase=cast(Phase, module.PHASE),
        severity=cast(Severity, module.SEVERITY),
        needs=cast("tuple[str, ...]", module.NEEDS),
        check=cast("Callable[[Facts], Iterator[Diagnostic]]", module.check),
        module=name,
        program=module.check if dry else getattr(module, "check_program", None),
        program_needs=module.NEEDS if dry else getattr(module, "PROGRAM_NEEDS", ()),
        trained=getattr(module, "check_trained", None),
    )


def docstring(name: str) -> str:
    """Return the docstring of the rule module `name` without importing it (rules of data import numpy and polars)."""
    spec = find_spec(f"modelwright.checks.{name}")
    source = None if spec is None or spec.loader is None else spec.loader.get_source(spec.name)  # pyright: ignore[reportAttributeAccessIssue]
    return ast.get_docstring(ast.parse(source or "")) or ""
