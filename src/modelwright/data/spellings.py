"""Classes that are spelt otherwise in another file: `<=50K.` for `<=50K`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from modelwright.data.problems import count, problem, some
from modelwright.diagnostic import Diagnostic, Place
from modelwright.spec.write import paste


def suggest(known: Iterable[str], other: Iterable[str]) -> dict[str, str]:
    """Return, for classes of another file that are unknown, the known class they are spelt like.

    Case, spaces and punctuation are left aside; a class that fits two known ones is left out.

    >>> suggest(["<=50K", ">50K"], ["<=50K.", ">50K."])
    {'<=50K.': '<=50K', '>50K.': '>50K'}
    """
    classes = list(known)
    found: dict[str, str] = {}
    for spelling in other:
        if spelling in classes:
            continue
        for plain in (_trimmed, _letters):
            same = [name for name in classes if plain(name) == plain(spelling)]
            if len(same) == 1:
                found[spelling] = same[0]
                break
    return found


def _trimmed(text: str) -> str:
    """Leave out what stands round a word: spaces, dots, quotes; signs such as < and > tell classes apart."""
    return " ".join(text.casefold().strip(" .,;:'\"!_-").replace("_", " ").replace("-", " ").split())


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter in "<>=+")


def other_spellings(series: pl.Series, train: pl.Series, file: str) -> Diagnostic | None:
    """Return D112 where a file of test or validation rows spells the classes of a target otherwise."""
    known = train.drop_nulls().unique(maintain_order=True).to_list()
    unknown = [name for name in series.drop_nulls().unique(maintain_order=True).to_list() if name not in known]
    if not unknown:
        return None
    pairs = suggest(known, unknown)
    if not pairs and len(unknown) < len(series.unique()):
        return None  # a class that training has never seen: a matter of the data, told by the checks
    return problem(
        "D112",
        f"the classes of `{series.name}` are spelt otherwise in `{file}`",
        where=Place(file=file, key="data.target"),
        expected=f"{count(len(known), 'class', 'classes')} as in the training file: {some(known)}",
        received=some(unknown),
        fix=paste("data", replace={series.name: pairs}) if pairs else "give a file with the same classes",
    )


def replaced(frame: pl.DataFrame, replace: dict[str, dict[str, str]]) -> pl.DataFrame:
    """Return the frame with spellings replaced, in columns of text."""
    columns = [name for name in replace if name in frame.columns]
    return frame.with_columns(frame[name].cast(pl.String).replace(replace[name]) for name in columns)


def never_found(frame: pl.DataFrame, replace: dict[str, dict[str, str]]) -> list[Diagnostic]:
    """Return Y007 for a replacement whose spelling does not occur: a setting without effect."""
    lost: Sequence[tuple[str, str]] = [
        (name, old)
        for name, pairs in replace.items()
        if name in frame.columns
        for old in pairs
        if not (frame[name].cast(pl.String) == old).any()
    ]
    return [
        Diagnostic(
            code="Y007",
            severity="warning",
            message=f"`{old}` does not occur in column `{name}`: the replacement has no effect",
            where=Place(key=f"data.replace.{name}"),
            help="remove it, or correct its spelling",
        )
        for name, old in lost
    ]
