"""Whether files and new rows have the columns they must have, with near misses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelwright.data.problems import near, problem, some
from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import DataError


def same_names(files: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Raise F006 unless all files have the columns of the first, in any order."""
    first, names = files[0]
    problems: list[Diagnostic] = []
    for file, others in files[1:]:
        lost = [name for name in names if name not in others]
        extra = [name for name in others if name not in names]
        if lost or extra:
            problems.append(_differs(first, file, lost, extra, len(names), len(others)))
    if problems:
        raise DataError(*problems)


def _differs(first: str, file: str, lost: list[str], extra: list[str], expected: int, received: int) -> Diagnostic:
    parts = [f"it lacks {some(lost)}"] if lost else []
    if extra:
        parts.append(f"it has {some(extra)} besides")
    renamed = [f"`{other}` → `{name}`" for name in lost if (other := near(name, extra))]
    return problem(
        "F006",
        f"`{file}` does not have the columns of `{first}`: {'; '.join(parts)}",
        where=Place(file=file),
        expected=f"{expected} columns, named as in `{first}`",
        received=f"{received} columns",
        fix=("rename " + ", ".join(renamed))
        if renamed
        else "give files with the same columns; rows to predict: `modelwright predict`",
    )


def unknown_columns(wanted: Iterable[tuple[str, str]], names: Sequence[str]) -> list[Diagnostic]:
    """Return F006 for each (key of the description, column name) that is not in the data."""
    problems: list[Diagnostic] = []
    for key, name in wanted:
        if name not in names:
            like = near(name, names)
            problems.append(
                problem(
                    "F006",
                    f"there is no column `{name}`",
                    where=Place(key=key),
                    expected=f"one of {some(list(names))}",
                    received=name,
                    fix=f"did you mean `{like}`?" if like else "name a column of the data",
                )
            )
    return problems
