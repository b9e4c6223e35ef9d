"""The closed set of names with their parameters, from `signatures.json`: read once, when it is first needed."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, get_args

Role = Literal[
    "layer",
    "loss",
    "optimizer",
    "scheduler",
    "scaler",
    "encoder",
    "tokenizer",
    "imputer",
    "recipe",
    "transform",
    "augment",
]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value: `int`, `float`, `bool`, `str`, `tuple`, `ints`, `tensor`, `layer`, `schedulers`, `none`,
    `any`, or `choice` with its text. `low` and `high` bound numbers (and the numbers of a tuple).
    """

    name: str
    choice: str = ""
    low: float | None = None
    high: float | None = None
    open: bool = False

    def allows(self, number: float) -> bool:
        """Return whether a number is in range."""
        above = self.low is None or number >= self.low
        return above and (self.high is None or (number < self.high if self.open else number <= self.high))

    @property
    def range(self) -> str:
        """The range in words, or nothing."""
        if self.low is None:
            return ""
        if self.high is None:
            return f" ≥ {self.low:g}"
        return f" from {self.low:g} to {'below ' if self.open else ''}{self.high:g}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `required` says that a value must be given, `default` is a JSON value."""

    name: str
    kinds: tuple[Kind, ...]
    required: bool
    default: Any = None
    keyword_only: bool = False
    variadic: bool = False

    def accepts(self, *names: str) -> bool:
        """Return whether one of the kinds called so may stand here."""
        return any(kind.name in names for kind in self.kinds)

    def __str__(self) -> str:
        if self.variadic:
            return f"*{self.name}"
        return self.name if self.required else f"{self.name}={_python(self.default)}"


@functools.cache
def load() -> dict[str, Any]:
    """Return `signatures.json` as it stands."""
    return json.loads((resources.files("modelwright.spec") / "signatures.json").read_text(encoding="utf-8"))


def names(role: Role) -> tuple[str, ...]:
    """Return the names of a role, sorted.

    >>> names("imputer")
    ('SimpleImputer',)
    """
    return tuple(load()[role])


def roles_of(name: str) -> list[Role]:
    """Return the roles that have this name."""
    return [role for role in ROLES if name in load()[role]]


def why_unlisted(name: str) -> str:
    """Return why a name of torch is not in the closed set; nothing if torch has no such name or it is in the set."""
    return load()["unlisted"].get(name, "")


@functools.cache
def signature(role: Role, name: str) -> tuple[Parameter, ...]:
    """Return the parameters of a name (KeyError if the role has no such name).

    >>> [str(parameter) for parameter in signature("layer", "Linear")]
    ['in_features', 'out_features', 'bias=True']
    """
    parameters: list[Parameter] = []
    keyword_only = False
    for entry in load()[role][name]:
        if entry == "*":
            keyword_only = True
            continue
        text, kinds, *default = entry
        parameters.append(
            Parameter(
                name=text.lstrip("*"),
                kinds=tuple(_kind(part) for part in kinds.split("|")),
                required=not default and not text.startswith("*"),
                default=default[0] if default else None,
                keyword_only=keyword_only,
                variadic=text.startswith("*"),
            )
        )
    return tuple(parameters)


def usage(role: Role, name: str) -> str:
    """Return how a name is written with all its parameters: `StepLR(step_size, gamma=0.1)`."""
    parts = [str(parameter) for parameter in signature(role, name)]
    return f"{name}({', '.join(parts)})" if parts else name


_KIND = re.compile(r"(?P<name>[a-z]+)(>=(?P<least>[-\d.]+)|\[(?P<low>[-\d.]+),(?P<high>[-\d.]+)(?P<end>[\])]))?")


def _kind(text: str) -> Kind:
    if text.startswith("'"):
        return Kind("choice", text.strip("'"))
    match = _KIND.fullmatch(text)
    if match is None:
        raise ValueError(f"signatures.json holds an unknown kind {text!r}")
    low = match["least"] or match["low"]
    high = float(match["high"]) if match["high"] else None
    return Kind(match["name"], "", float(low) if low else None, high, match["end"] == ")")


def _python(value: Any) -> str:
    if isinstance(value, list):
        return "(" + ", ".join(_python(item) for item in value) + ")"
    return "..." if value == "..." else repr(value)
