"""What torch refused in a training step, said as a finding: no check foresaw it, but nobody should read a traceback."""

from __future__ import annotations

from modelwright.diagnostic import Diagnostic
from modelwright.plan.plan import Plan
from modelwright.run.prepare import Prepared
from modelwright.spec.call import parse

REFUSED = "R007"


def refused_step(prepared: Prepared, plan: Plan, error: Exception) -> Diagnostic:
    """Return R007: torch's own words, what the step was made of, and what may help."""
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    key, received, fix = _blamed(plan, reason)
    return Diagnostic(
        code=REFUSED,
        severity="error",
        message=f"torch cannot make a training step: {reason}",
        where=prepared.dataset.description.place(key),
        received=received,
        help=fix,
    )


def _blamed(plan: Plan, reason: str) -> tuple[str, str, str]:
    """Return the part of the description that is to blame, what it says, and the fix."""
    if "memory" in reason.lower():
        size = plan.train.batch_size
        return "train.batch_size", f"batches of {size:,} rows", f"train: {{batch_size: {max(1, size // 2)}}}"
    if parse(plan.loss).name == "BCELoss":
        fix = "loss: BCEWithLogitsLoss, which takes any number; or Sigmoid as the last layer"
        return "loss", f"{plan.loss} after {plan.layers[-1]}", fix
    return "model", f"{plan.loss} after {plan.layers[-1]}", "`modelwright show` prints the shape after each layer"
