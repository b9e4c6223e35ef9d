"""What a report is made of: blocks that are JSON values, so that a page can be drawn again without the run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, TypeAlias

Cell: TypeAlias = "str | int | float | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells under named columns; `note` says what was left out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One drawing of a figure for Plotly: traces and layout; a text `--blue` stands for the page's colour of that name.

    `title` is shown above it where a figure has several.
    """

    traces: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any] = field(default_factory=dict[str, Any])
    title: str = ""
    height: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Plots with one sentence that says how to read them and the table of their numbers.

    `legend` names the colours that all plots share: name and colour, as `--blue`.
    """

    kind: ClassVar[str] = "figure"
    id: str
    title: str
    how: str
    plots: Sequence[Plot]
    table: Table
    note: str = ""
    wide: bool = False
    legend: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The score beside the baselines on one axis. Bars: name, value, low, high, verdict, text, words, mood."""

    kind: ClassVar[str] = "scores"
    id: str
    title: str
    how: str
    ends: Sequence[float]
    ticks: Sequence[str]
    bars: Sequence[Mapping[str, Any]]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What flows through a model: steps with name, call, shapes, weights, FLOPs and what is broadcast."""

    kind: ClassVar[str] = "flow"
    id: str
    title: str
    how: str
    steps: Sequence[Mapping[str, Any]]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Small pictures in rows. A row: `label`, `width` of its pictures in CSS pixels, and `pictures`: `source` (a PNG as
    a data: address), `alt` and `caption`. Pictures without `alt` are told by what their row has `said`.
    """

    kind: ClassVar[str] = "gallery"
    id: str
    title: str
    how: str
    rows: Sequence[Mapping[str, Any]]
    table: Table | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """Texts whose tokens are marked by what they did: a passage has a `label`, `tokens`, and `marks` from -3 to 3."""

    kind: ClassVar[str] = "passages"
    id: str
    title: str
    how: str
    passages: Sequence[Mapping[str, Any]]
    table: Table
    legend: Sequence[Sequence[Any]] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table that is there for its own sake; `folded` ones are opened by a click."""

    kind: ClassVar[str] = "listing"
    id: str
    title: str
    how: str
    table: Table
    folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the checks said: records as `Diagnostic.to_json` gives them."""

    kind: ClassVar[str] = "findings"
    id: str
    title: str
    how: str
    found: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The answer in one number: what it is of, its interval, and whether that is good news."""

    kind: ClassVar[str] = "headline"
    value: str
    label: str
    mood: str
    words: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A few numbers worth seeing at once: value and what it is."""

    kind: ClassVar[str] = "facts"
    facts: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Commands that are filled in: what for, and the command."""

    kind: ClassVar[str] = "commands"
    title: str
    commands: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A figure that cannot be drawn, and why."""

    kind: ClassVar[str] = "missing"
    id: str
    title: str
    why: str


Block: TypeAlias = (
    "Figure | Gallery | Passages | Scores | Flow | Listing | Findings | Headline | Facts | Commands | Missing"
)
KINDS: Mapping[str, type[Any]] = {
    kind.kind: kind
    for kind in (Figure, Gallery, Passages, Scores, Flow, Listing, Findings, Headline, Facts, Commands, Missing)
}


def to_json(block: Block) -> dict[str, Any]:
    """Return a block as JSON values; numbers that JSON lacks become null."""
    return finite({"kind": block.kind, **asdict(block)})


def from_json(value: Mapping[str, Any]) -> Block:
    """Return the block that `to_json` wrote; ValueError, KeyError or TypeError where it is none."""
    rest = {name: item for name, item in value.items() if name != "kind"}
    if rest.get("table") is not None:
        rest["table"] = Table(**rest["table"])
    if "plots" in rest:
        rest["plots"] = [Plot(**plot) for plot in rest["plots"]]
    return KINDS[value["kind"]](**rest)


def finite(value: Any) -> Any:
    """Return JSON values with NaN and infinities as null, and NumPy's numbers as Python's.

    >>> finite({"a": [1.0, float("nan")]})
    {'a': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {str(name): finite(item) for name, item in value.items()}
    if isinstance(value, str | bool) or value is None:
        return value
    if hasattr(value, "tolist"):
        return finite(value.tolist())
    if isinstance(value, Sequence):
        return [finite(item) for item in value]
    return value if isinstance(value, int) or math.isfinite(value) else None
