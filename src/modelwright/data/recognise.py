"""Which format files are of, by what stands in them."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.data.files import Source
from modelwright.data.formats import TOLD, is_excel, magic, refuse_other_files, suffix_format, text_format
from modelwright.data.problems import fail
from modelwright.diagnostic import Place

TEXT = ("csv", "tsv")


def format_of(sources: Sequence[Source]) -> str:
    """Return the one format of all files, told by their first bytes (F008 where they differ)."""
    formats = {source.name: _format(source) for source in sources}
    if len(set(formats.values())) > 1:
        listed = ", ".join(f"`{name}` is {form}" for name, form in list(formats.items())[:5])
        raise fail(
            "F008", "the files are of different formats", expected="one format", received=listed, fix="write them alike"
        )
    return next(iter(formats.values()))


def _format(source: Source) -> str:
    head = source.head()
    refuse_other_files(head, source.name)
    found = magic(head)
    if found == "zip" and is_excel(source.place):
        return "excel"
    if found in ("gz", "zst", "bz2", "xz", "zip"):
        with source.open() as file:
            head = file.read(512)
        refuse_other_files(head, source.name)
        found = magic(head)
    if found is not None:
        return found
    named = suffix_format(source.name)
    if named in ("parquet", "arrow", "excel", "sql") and head:
        raise fail(
            "F008",
            f"`{source.name}` is not {TOLD[named]}, as its name says",
            where=Place(file=source.name),
            expected=f"the first bytes of {TOLD[named]}",
            received=repr(head[:12]),
            fix="fetch it again; a text table must be called .csv",
        )
    return text_format(head, source.name)


def promised(sources: Sequence[Source], form: str) -> dict[str, str]:
    """Say where a file is not what its name promises."""
    told = f"the first bytes are those of {TOLD.get(form, form)}"
    for source in sources:
        named = suffix_format(source.name)
        if named is not None and named != form and not {named, form} <= set(TEXT):
            return {"format": f"{told}, though the name says {named}"}
    return {"format": told if form not in TEXT else "text with one row a line"} if sources else {}
