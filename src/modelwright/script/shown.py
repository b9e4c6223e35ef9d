"""Source of modelwright's own that a script shows: classes and functions as they stand, docstrings cut short."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable

from modelwright.script.code import WIDTH

DOC = re.compile(r'"""(.*?)"""', re.DOTALL)

Shown = type | Callable[..., object]


def shown(things: Iterable[Shown], *replaced: tuple[str, str]) -> list[str]:
    """Return the source of things one after another; `replaced` are pairs of texts, the old one must be there.

    Formatters leave it alone where its lines are longer than they would have them.
    """
    made: list[str] = []
    for thing in things:
        made += ["", "", *short(inspect.getsource(thing)).splitlines()]
    text = "\n".join(made[2:])
    for old, new in replaced:
        if old not in text:
            raise LookupError(f"{old!r} is not in the source that is shown")
        text = text.replace(old, new)
    found = text.split("\n")
    if max(map(len, found)) <= WIDTH:
        return found
    return ["# fmt: off", *found, "# fmt: on"]


def short(text: str) -> str:
    """Return source with the first sentence of each docstring, and without what only a type checker reads.

    >>> short('def f():\\n    \"\"\"Do. And more.\"\"\"')
    'def f():\\n    \"\"\"Do.\"\"\"'
    """
    text = re.sub(r"  # (pyright|noqa)\b.*", "", text)
    return DOC.sub(_first_sentence, text)


def _first_sentence(found: re.Match[str]) -> str:
    words = " ".join(found[1].split())
    first = re.match(r"(.*?)(?:[.;:](?=\s|$)|$)", words)
    return f'"""{first[1] if first else words}."""'
