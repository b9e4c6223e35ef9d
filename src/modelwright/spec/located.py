"""Findings that name a key get the line of the description where the key stands."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from modelwright.diagnostic import Diagnostic
from modelwright.errors import ModelwrightError
from modelwright.spec.source import Description


@contextmanager
def located(description: Description) -> Generator[None]:
    """Let problems found further down, which know only a key such as `data.target`, show its line in the file."""
    try:
        yield
    except ModelwrightError as error:
        raise type(error)(*(_at_line(found, description) for found in error.diagnostics)) from error


def _at_line(found: Diagnostic, description: Description) -> Diagnostic:
    where = found.where
    if where.key is None or where.file is not None or where.line is not None or where.source is not None:
        return found
    place = description.place(where.key)
    if place.key != where.key and place.source is None:
        return found
    return found.at(replace(place, row=where.row))
