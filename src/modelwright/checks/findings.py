"""What `modelwright.check` returns: a list of findings that shows itself in a notebook and can be raised in a test."""

from __future__ import annotations

from html import escape

from modelwright.checks.run import Receipt
from modelwright.diagnostic import SEVERITIES, Diagnostic, Severity
from modelwright.errors import ModelwrightError
from modelwright.render import summary, text

COLOURS: dict[Severity, str] = {"error": "#c0392b", "warning": "#b8860b", "note": "#2e86c1"}


class Diagnostics(list[Diagnostic]):
    """Findings, errors first; `receipt` says which rules ran, which could not and why.

    >>> found = Diagnostics(Receipt(ran=("D101",)))
    >>> found
    no problems found (checked 1 rule: 1 silent)
    >>> found.raise_if_any()
    """

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.diagnostics)
        self.receipt = receipt

    def raise_if_any(self, severity: Severity = "warning") -> None:
        """Raise ModelwrightError with all findings of this severity or a graver one, if there are any."""
        grave = SEVERITIES[: SEVERITIES.index(severity) + 1]
        found = [diagnostic for diagnostic in self if diagnostic.severity in grave]
        if found:
            raise ModelwrightError(*found)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that were found, each once."""
        return tuple(dict.fromkeys(diagnostic.code for diagnostic in self))

    def __str__(self) -> str:
        shown = text(self) if self else summary(self)
        return f"{shown} ({self.receipt.summary()})"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(_row(diagnostic) for diagnostic in self)
        table = f"<table style='text-align:left'>{rows}</table>" if rows else "<p>no problems found</p>"
        return f"<div>{table}<p style='opacity:.7'>{escape(self.receipt.summary())}</p></div>"


def _row(found: Diagnostic) -> str:
    parts = (("expected", found.expected), ("received", found.received), ("known", found.known))
    lines = "".join(f"<br><i>{name}</i>: {escape(value)}" for name, value in parts if value)
    fix = f"<pre style='margin:.3em 0'>{escape(found.help)}</pre>" if found.help else ""
    place = f"<br><small>{escape(str(found.where))}</small>" if str(found.where) else ""
    tag = f"<b style='color:{COLOURS[found.severity]}'>{found.severity} {found.code}</b>"
    left = "text-align:left;vertical-align:top"
    return f"<tr><td style='{left}'>{tag}</td><td style='{left}'>{escape(found.message)}{place}{lines}{fix}</td></tr>"
