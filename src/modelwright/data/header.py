"""Whether the first line of a text file names the columns."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.data.values import is_value

FEW = 20  # a column with at most this many distinct values repeats them: a value of row 1 would occur again
LONG_NAME = 60  # letters; names are shorter than sentences


def has_header(first: Sequence[str], rest: Sequence[Sequence[str]], missing: Sequence[str]) -> tuple[bool, str]:
    """Decide from the first line and the rows after it; the reason is for the user.

    >>> has_header(["age", "job"], [["39", "clerk"], ["50", "cook"]], ["", "?"])
    (True, 'the first line names the columns: `age` stands above numbers')
    >>> has_header(["39", "clerk"], [["50", "cook"]], ["", "?"])[0]
    False
    """
    if len(first) > 2 and list(first) == [str(number) for number in range(len(first))]:
        return True, "the first line counts the columns: 0, 1, 2, …"
    valued = [cell for cell in first if cell not in missing and is_value(cell)]
    empty = [position for position, cell in enumerate(first) if cell in missing]
    columns = [[row[i] for row in rest if i < len(row) and row[i] not in missing] for i in range(len(first))]
    above = next((i for i, cells in enumerate(columns) if _named(first[i], cells, missing)), None)
    if valued and above is None:
        return False, f"the first line holds values such as `{valued[0]}`, not names"
    if above is not None and len(valued) * 2 < len(first):
        return True, f"the first line names the columns: `{first[above]}` stands above numbers"
    if valued:
        return False, f"the first line holds values such as `{valued[0]}`, not names"
    if any(position > 0 for position in empty):
        return False, "the first line has empty cells"
    return _among_words(first, columns)


def _named(name: str, cells: Sequence[str], missing: Sequence[str]) -> bool:
    """Tell a name above a column of numbers or dates."""
    return name not in missing and not is_value(name) and bool(cells) and all(is_value(cell) for cell in cells[:200])


def _among_words(first: Sequence[str], columns: Sequence[Sequence[str]]) -> tuple[bool, str]:
    """Decide where every column holds words: values come again, names do not."""
    for name, cells in zip(first, columns, strict=True):
        if len(set(cells)) <= FEW and name in cells:
            return False, f"`{name}` of the first line occurs again below it"
    if any(len(name) > LONG_NAME for name in first):
        return False, "the first line holds long text, not names"
    return True, "no value of the first line occurs again below it"
