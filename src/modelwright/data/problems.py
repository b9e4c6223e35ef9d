"""Findings about files and columns, built alike everywhere: near misses, lists that stay short."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.errors import DataError

SHOWN = 5  # examples in a message; the rest is counted


def problem(
    code: str,
    message: str,
    *,
    where: Place = NOWHERE,
    expected: str = "",
    received: str = "",
    known: str = "",
    fix: str = "",
) -> Diagnostic:
    """Return an error about data."""
    return Diagnostic(
        code=code,
        severity="error",
        message=message,
        where=where,
        expected=expected,
        received=received,
        known=known,
        help=fix,
    )


def fail(
    code: str,
    message: str,
    *,
    where: Place = NOWHERE,
    expected: str = "",
    received: str = "",
    known: str = "",
    fix: str = "",
) -> DataError:
    """Return a DataError with one finding, to be raised."""
    return DataError(problem(code, message, where=where, expected=expected, received=received, known=known, fix=fix))


def near(name: str, names: Iterable[str]) -> str:
    """Return the name most like `name`, or an empty text; case, spaces and punctuation count little.

    >>> near("Specis", ["species", "island"])
    'species'
    """
    plain = {squashed(candidate): candidate for candidate in names}
    found = difflib.get_close_matches(squashed(name), plain, n=1, cutoff=0.7)
    return plain[found[0]] if found else ""


def squashed(name: str) -> str:
    """Return a name as letters and digits in lower case, for comparing."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def some(values: Sequence[object], quote: str = "`") -> str:
    """Return up to five values as text and the count of the others.

    >>> some([1, 2, 3, 4, 5, 6, 7])
    '`1`, `2`, `3`, `4`, `5` and 2 more'
    """
    shown = ", ".join(f"{quote}{value}{quote}" for value in values[:SHOWN])
    return shown + (f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else "")


def count(number: int, noun: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "row"), count(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"
