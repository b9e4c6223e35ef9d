"""Python source as a formatter would leave it: literals, and calls broken over lines where they are too long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelwright.spec.call import Call

WIDTH = 88
"""Columns of a line, as ruff and black have it where nothing is said."""
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Group:
    """Something in brackets: `head`, items with commas between them, `tail`. `notes` are comments, one an item."""

    head: str
    items: tuple[Item, ...]
    tail: str
    notes: tuple[str, ...] = ()

    @property
    def is_call(self) -> bool:
        """Whether it calls something: formatters put its arguments on a line of their own where they fit."""
        return self.head.endswith("(") and self.head[-2:-1].isidentifier()


Item = str | Group


def flat(item: Item) -> str:
    """Return an item in one line.

    >>> flat(Group("nn.Linear(", ("15", "3"), ")"))
    'nn.Linear(15, 3)'
    """
    if isinstance(item, str):
        return item
    one = item.head.endswith("(") and not item.head[:-1] and len(item.items) == 1
    return f"{item.head}{', '.join(map(flat, item.items))}{',' if one else ''}{item.tail}"


def lines(item: Item, before: str = "", after: str = "", depth: int = 0) -> list[str]:
    """Return an item as lines, each item of a group that does not fit on one of its own.

    >>> lines(Group("f(", ("a", "b"), ")"), "x = ")
    ['x = f(a, b)']
    """
    pad = INDENT * depth
    whole = f"{pad}{before}{flat(item)}{after}"
    if isinstance(item, str) and "\n" in item:
        return [f"{pad}{line}" for line in f"{before}{item}{after}".split("\n")]
    if isinstance(item, str) or not item.items or (len(whole) <= WIDTH and not _noted(item)):
        return [whole]
    found = [f"{pad}{before}{item.head}"]
    inside = f"{pad}{INDENT}{', '.join(map(flat, item.items))}"
    if item.is_call and len(inside) <= WIDTH and not _noted(item) and len(item.items) > 1:
        return [*found, inside, f"{pad}{item.tail}{after}"]
    for place, inner in enumerate(item.items):
        note = item.notes[place] if place < len(item.notes) else ""
        found += _with_note(lines(inner, after=",", depth=depth + 1), note, depth + 1)
    return [*found, f"{pad}{item.tail}{after}"]


def deep(item: Item, before: str = "", after: str = "", depth: int = 1) -> list[str]:
    """Return the lines of an item as they are laid out so deep inside others, without the space before them."""
    return [line[depth * len(INDENT) :] for line in lines(item, before, after, depth)]


def _noted(item: Item) -> bool:
    return isinstance(item, Group) and (any(item.notes) or any(map(_noted, item.items)))


def _with_note(inner: list[str], note: str, depth: int) -> list[str]:
    """Put a comment behind a line, or above it where there is no room."""
    if not note:
        return inner
    if len(inner) == 1 and len(inner[0]) + len(note) + 4 <= WIDTH:
        return [f"{inner[0]}  # {note}"]
    return [f"{INDENT * depth}# {note}", *inner]


def text(value: str) -> str:
    """Return a string literal in the quotes that need fewer escapes.

    >>> text("it's"), text('say "no"')
    ('"it\\'s"', '\\'say "no"\\'')
    """
    plain = repr(value.replace('"', "\0").replace("'", "\1"))[1:-1].replace("\\x00", '"').replace("\\x01", "'")
    quote = "'" if value.count('"') > value.count("'") else '"'
    return f"{quote}{plain.replace(quote, chr(92) + quote)}{quote}"


def literal(value: object) -> Item:
    """Return a value as Python writes it: numbers, strings, lists, tuples, dicts of them."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    if isinstance(value, dict):
        return Group("{", tuple(_pair(key, inner) for key, inner in value.items()), "}")
    if isinstance(value, list):
        return Group("[", tuple(map(literal, value)), "]")
    if isinstance(value, tuple):
        return Group("(", tuple(map(literal, value)), ")")
    return repr(value)


def _pair(key: object, value: object) -> Item:
    inner = literal(value)
    start = f"{flat(literal(key))}: "
    return start + inner if isinstance(inner, str) else Group(start + inner.head, inner.items, inner.tail)


def call(head: str, arguments: Iterable[Item] = (), named: dict[str, Item] | None = None) -> Group:
    """Return a call: `head` is the name of what is called."""
    extra = [_with_name(name, value) for name, value in (named or {}).items()]
    return Group(f"{head}(", (*arguments, *extra), ")")


def _with_name(name: str, value: Item) -> Item:
    if isinstance(value, str):
        return f"{name}={value}"
    return Group(f"{name}={value.head}", value.items, value.tail, value.notes)


def of_call(one: Call, prefix: str) -> Group:
    """Return a call of a description, `prefix` before its name: `nn.Linear(15, 3)`."""
    return call(
        f"{prefix}{one.name}", (literal(value) for value in one.args), {k: literal(v) for k, v in one.kwargs.items()}
    )


def chain(start: str, calls: Sequence[str], room: int) -> str:
    """Return method calls on something, one a line where they do not fit into `room` columns."""
    whole = start + "".join(calls)
    return whole if len(whole) <= room else "\n".join((start, *calls))


def block(*pieces: str | Sequence[str]) -> list[str]:
    """Return lines of several pieces; a text is cut at its line ends."""
    return [line for piece in pieces for line in (piece.strip("\n").split("\n") if isinstance(piece, str) else piece)]
