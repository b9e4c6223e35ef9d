"""`modelwright check`: every problem of a description and its data, and the receipt of what was checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from modelwright.api import request_for
from modelwright.checks.run import Receipt
from modelwright.console.checks import receipt_lines
from modelwright.errors import SpecError
from modelwright.render import to_json
from modelwright.run.survey import survey, survey_rest
from modelwright.text import show
from modelwright.verbs.errors import print_diagnostics


def check(source: str, overrides: Sequence[str], target: str | None, as_json: bool, *, dry_run: bool = True) -> int:
    """Print what the checks find; return 1 if there is an error among it."""
    receipt = find(source, overrides, target, dry_run=dry_run)
    if as_json:
        print(json.dumps(to_json(receipt.diagnostics, receipt), ensure_ascii=False))
    else:
        if receipt.diagnostics:
            print_diagnostics(receipt.diagnostics, sys.stdout)
        show(receipt_lines(receipt))
    return int(any(found.severity == "error" for found in receipt.diagnostics))


def find(source: str, overrides: Sequence[str], target: str | None, *, dry_run: bool = True) -> Receipt:
    """Return the receipt; problems that stop the reading are in it like those of the rules."""
    names = target.split(",") if target is not None and "," in target else target
    try:
        request = request_for(source, target=names, overrides=overrides)
        return survey(request.description, request.base, dry_run=dry_run)
    except SpecError as error:
        return survey_rest(error)
