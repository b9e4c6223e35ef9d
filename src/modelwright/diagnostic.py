"""What modelwright says about a description, data, a model or a run: one record for errors, warnings and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a thing stands: a file with line and column, a row of a table (1-based, data rows), a key or column name.

    `key` is the dotted path in a description (`optimizer`, `data.target`, `model[2]`); `source` is the offending line
    as it stands in the file, `length` how many of its characters are meant from `column` on.
    """

    file: str | None = None
    line: int | None = None
    column: int | None = None
    row: int | None = None
    key: str | None = None
    source: str | None = None
    length: int = 1

    def __str__(self) -> str:
        parts = (self.file, self.line, self.column) if self.file is not None or self.line is not None else ()
        position = ":".join(str(part) for part in parts if part is not None)
        named = [position] if position else []
        if self.key is not None:
            named.append(self.key)
        if self.row is not None:
            named.append(f"row {self.row}")
        return ", ".join(named)


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding: what is wrong (`message`), where, what was expected and received, and a fix that can be pasted.

    >>> print(Diagnostic(code="Y001", severity="error", message="unknown key `optimiser`", help="optimizer").message)
    unknown key `optimiser`
    """

    code: str
    severity: Severity
    message: str
    where: Place = NOWHERE
    expected: str = ""
    received: str = ""
    known: str = ""
    help: str = ""

    def at(self, where: Place) -> Diagnostic:
        """Return the same finding at another place."""
        return replace(self, where=where)

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON values, empty parts left out."""
        place = {
            name: value
            for name in ("file", "line", "column", "row", "key")
            if (value := getattr(self.where, name)) is not None
        }
        texts = {name: value for name in ("expected", "received", "known", "help") if (value := getattr(self, name))}
        return {"code": self.code, "severity": self.severity, "message": self.message, "where": place, **texts}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Diagnostic:
        """Return the finding that `to_json` gave.

        >>> Diagnostic.from_json(Diagnostic(code="R001", severity="error", message="gone").to_json()).code
        'R001'
        """
        parts: dict[str, Any] = {**value, "where": Place(**value["where"])}
        return cls(**parts)


def by_severity(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings sorted: errors first, then by file and line."""
    return sorted(
        diagnostics,
        key=lambda d: (SEVERITIES.index(d.severity), d.where.file or "", d.where.line or 0, d.where.row or 0, d.code),
    )
