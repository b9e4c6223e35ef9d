"""What is said where torch itself refuses a call that its signature allows."""

from __future__ import annotations

from modelwright.diagnostic import Diagnostic, Place
from modelwright.spec.call import Call


def refused(call: Call, error: Exception, where: Place, fix: str = "") -> Diagnostic:
    """Return the finding, in torch's own words."""
    if "can't allocate memory" in str(error):
        return Diagnostic(
            code="Y003",
            severity="error",
            message=f"the weights of {call} do not fit into the memory of this machine",
            where=where,
            expected="sizes whose weights, four bytes each, fit",
            received=str(call),
            help=fix or "choose smaller sizes",
        )
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return Diagnostic(
        code="Y005",
        severity="error",
        message=f"torch refuses {call}: {reason}",
        where=where,
        received=str(call),
        help=fix,
    )
