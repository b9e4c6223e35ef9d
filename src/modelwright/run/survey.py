"""Everything that can be checked, though parts of a description or of its data cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.checks.facts import Facts
from modelwright.checks.rule import code_of
from modelwright.checks.rules import BY_PHASE, RULES
from modelwright.checks.run import Receipt
from modelwright.checks.run import run as run_checks
from modelwright.diagnostic import Diagnostic, by_severity
from modelwright.errors import ModelwrightError, SpecError
from modelwright.plan.sizes import fill_sizes
from modelwright.spec.call import parse
from modelwright.spec.located import located
from modelwright.spec.names import bind
from modelwright.spec.source import Description

if TYPE_CHECKING:
    from modelwright.run.prepare import Prepared

UNREAD = "needs a description that can be read"
UNRIGHT = "needs a description without errors"
NO_FILE = "needs data, and `data.path` names no file"


def survey(description: Description, base: Path, frame: Any = None, *, dry_run: bool = False) -> Receipt:
    """Return what the checks find; problems that end the reading are told beside those of the rules that still can run.

    A description without data is checked as far as it goes, and without loading polars.
    """
    if frame is None and not description.spec.data.path:
        return _without_data(description, (), NO_FILE)
    from modelwright.run.prepare import prepare, read_dataset, splits

    try:
        dataset = read_dataset(description, base, frame)
    except ModelwrightError as error:
        return _without_data(description, error.diagnostics, "needs data that can be read")
    try:
        one = splits(dataset)[0]
    except ModelwrightError as error:
        facts = Facts(description=description, table=dataset.table, targets=dataset.targets, task=dataset.task)
        return _with_data(facts, error.diagnostics)
    try:
        prepared = prepare(dataset, one)
        return _tried(prepared) if dry_run else prepared.receipt
    except ModelwrightError as error:
        facts = Facts(description=description, table=dataset.table, targets=dataset.targets, task=dataset.task)
        return _with_data(replace(facts, split=one), error.diagnostics)


def _tried(prepared: Prepared) -> Receipt:
    """Return the receipt with that of the dry run, if there is nothing wrong before it. This loads torch."""
    if any(found.severity == "error" for found in prepared.receipt.diagnostics):
        return prepared.receipt + Receipt(not_run={code_of(name): UNRIGHT for name in BY_PHASE["dry_run"]})
    with located(prepared.dataset.description):
        if prepared.plan.gan is not None:
            from modelwright.run.gan import game_of
            from modelwright.run.gan_dry import dry_run_gan

            return prepared.receipt + dry_run_gan(game_of(prepared))
        from modelwright.run.assemble import assemble
        from modelwright.run.dry import dry_run

        return prepared.receipt + dry_run(assemble(prepared))


def survey_rest(error: SpecError) -> Receipt:
    """Return the problems of a description, and those that can be told of its data and of what is right in it."""
    rest: Description | None = error.rest
    if rest is None:
        return Receipt(diagnostics=error.diagnostics, not_run=_not_run(UNREAD))
    facts = Facts(description=rest)
    rules = run_checks("description", facts, rest.spec.ignore)
    problems = (*error.diagnostics, *_of_data(rest, error.diagnostics))
    found = Receipt(diagnostics=problems, not_run=_not_run(UNRIGHT))
    return found + replace(rules, not_run=dict.fromkeys(rules.not_run, UNRIGHT))


def _of_data(rest: Description, problems: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return what is wrong with files and columns; nothing where `data` itself is not right yet."""
    in_data = any((problem.where.key or "").partition(".")[0] == "data" for problem in problems)
    if in_data or not rest.spec.data.path:
        return ()
    from modelwright.run.prepare import read_dataset

    try:
        read_dataset(rest, Path.cwd() if rest.path is None else rest.path.parent.resolve())
    except ModelwrightError as error:
        return error.diagnostics
    return ()


def _without_data(description: Description, problems: Sequence[Diagnostic], why: str) -> Receipt:
    task = description.spec.task
    facts = Facts(description=description, task=None if task == "auto" else task)
    rules = run_checks("description", facts, description.spec.ignore)
    rules = replace(rules, not_run=dict.fromkeys(rules.not_run, why))
    return Receipt(diagnostics=(*problems, *_layers(description)), not_run=_not_run(why)) + rules


def _with_data(facts: Facts, problems: Sequence[Diagnostic]) -> Receipt:
    assert facts.description is not None
    ignore = facts.description.spec.ignore
    before = run_checks("description", facts, ignore)
    receipt = run_checks("data", facts, ignore, before)
    codes, keys = {found.code for found in problems}, {found.where.key for found in problems}
    other = (d for d in receipt.diagnostics if d in before.diagnostics or not (d.code in codes or d.where.key in keys))
    return replace(receipt, diagnostics=tuple(by_severity(dict.fromkeys((*problems, *other)))))


def _not_run(why: str) -> dict[str, str]:
    """Return the reason for each rule that `check` runs (those of the evaluation come after training)."""
    return {
        code_of(name): why for name in RULES if name not in BY_PHASE["evaluation"] and name not in BY_PHASE["training"]
    }


def _layers(description: Description) -> list[Diagnostic]:
    """Return sizes that do not fit one another whatever the data are: those after a first `Linear`."""
    model = description.spec.layers
    calls = [] if isinstance(model, str) else [parse(text) for text in model]
    if not calls or calls[0].name != "Linear":
        return []
    given = bind("layer", calls[0]).get("in_features")
    inputs = given if isinstance(given, int) else 1
    try:
        fill_sizes(calls, inputs, 1, lambda at: description.place(f"model[{at}]"))
    except SpecError as error:  # S304 asks for the width of the target, which is not known
        return by_severity(found for found in error.diagnostics if found.code != "S304")
    return []
