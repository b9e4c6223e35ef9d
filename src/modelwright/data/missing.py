"""How a missing value is spelt."""

from __future__ import annotations

ALWAYS = ("", "?", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "Null", "<NA>", "#N/A", "#NA", "NaT")
"""Missing in every column."""

AMONG_NUMBERS = ("-", "--", ".", "None", "none", "na", "nil", "*", "N.A.", "missing", "unknown", "Unknown")
"""Missing in columns of numbers and dates; in a column of words they are words (`-` is a class of some data sets,
`None` a kind of masonry), so that a category never loses a value by its spelling alone."""


def spellings(extra: list[str] | tuple[str, ...]) -> list[str]:
    """Return the spellings that are missing everywhere: ours and the user's."""
    return [*ALWAYS, *(text for text in extra if text not in ALWAYS)]


def numbers_in(extra: list[str] | tuple[str, ...]) -> list[float]:
    """Return the user's spellings that are numbers (`-999`): missing in typed files as well."""
    found: list[float] = []
    for text in extra:
        try:
            found.append(float(text))
        except ValueError:
            continue
    return found
