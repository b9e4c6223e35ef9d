"""The errors that modelwright raises for bad input: each carries every problem found, not only the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelwright.diagnostic import Diagnostic, by_severity

if TYPE_CHECKING:
    from modelwright.spec.source import Description


class ModelwrightError(Exception):
    """Bad input or a failed run, told in full: `error.diagnostics` holds every problem, sorted.

    >>> raise_me = DataError(Diagnostic(code="F001", severity="error", message="there is no file `a.csv`"))
    >>> str(raise_me)
    'F001: there is no file `a.csv`'
    """

    def __init__(self, *diagnostics: Diagnostic) -> None:
        self.diagnostics = tuple(by_severity(diagnostics))
        super().__init__("\n".join(_line(diagnostic) for diagnostic in self.diagnostics))


class SpecError(ModelwrightError):
    """The description cannot be used as it stands; `rest` is what is right of it, None where it cannot be read."""

    rest: Description | None = None


class DataError(ModelwrightError):
    """The data cannot be used as it stands."""


class RunError(ModelwrightError):
    """Training, saving or loading could not go on."""


def _line(diagnostic: Diagnostic) -> str:
    place = str(diagnostic.where)
    text = f"{diagnostic.code}: {diagnostic.message}" + (f" ({place})" if place else "")
    parts = (("expected", diagnostic.expected), ("received", diagnostic.received), ("fix", diagnostic.help))
    return text + "".join(f"; {name}: {value}" for name, value in parts if value)
