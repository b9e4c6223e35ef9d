"""The loss before the first step is far above what a model that knows nothing would have.

## What it does
Compares the loss of the untrained model with that of a guess: ln K for cross-entropy over K classes, ln 2 for binary
cross-entropy, the spread of the target for squared and absolute errors. Only plain losses are judged: no class
weights, no label smoothing, nothing added to them. A warning from four times the guess on (squared errors: a hundred
times, which is ten in the target's own units), a note from twice.

## Why it matters
A fresh model should be undecided. One that starts at a loss of 40 is confidently wrong: outputs are too large, inputs
or targets unscaled, or the last layer is badly initialised. Its first steps only undo that, and many never recover.

## Example
Pixels from 0 to 255 into a plain network: the first loss is 60 instead of ln 10 = 2.3.

## Fix
Scale the inputs, standardise the target, leave the initial weights as PyTorch makes them.

## Source
Karpathy's recipe; TheDeepChecker. Their ±20 % fires on weighted losses and informed biases; the wide band does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.graph import LossCall

CODE = "H505"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("step",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the loss at the start is far above that of a guess."""
    program = facts.step
    assert program is not None
    if len(program.losses) != 1 or not program.losses[0].op.outputs:
        return
    call = program.losses[0]
    guess = _guess(call)
    loss = float(call.op.output.tensor.detach()) if guess is not None else 0.0
    if guess is None or not math.isfinite(loss) or guess[0] <= 0:
        return
    value, what, limit = guess
    if loss < 2 * value:
        return
    yield found(
        facts,
        CODE,
        "warning" if loss >= limit * value else "note",
        f"the loss before the first step is {loss:.3g}, {loss / value:.3g} times that of a guess",
        op=call.op,
        expected=f"about {value:.3g}: {what}",
        received=f"{loss:.4g}",
        help="scale the inputs (and the target, for numbers); leave the initial weights as PyTorch makes them",
    )


def _guess(call: LossCall) -> tuple[float, str, float] | None:
    """Return the loss of a guess, what it is, and from how many times it on a warning is due."""
    plain = call.argument("reduction", "mean") == "mean" and not call.argument("label_smoothing", 0.0)
    weighted = call.argument("weight") is not None or call.argument("pos_weight") is not None
    if call.input is None or call.target is None or not plain or weighted:
        return None
    target = call.target.tensor.detach().float()
    if call.name in ("cross_entropy", "nll_loss"):
        classes = call.input.shape[1] if call.input.tensor.dim() > 1 else 0
        return (math.log(classes), f"ln {classes}, every class as likely", 4.0) if classes > 1 else None
    if call.name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
        return math.log(2), "ln 2, yes as likely as no", 4.0
    if call.input.shape != call.target.shape or len(target) < 8:
        return None
    if call.name == "mse_loss":
        return float(target.var()), "the variance of the target, which its mean would have", 100.0
    if call.name in ("l1_loss", "smooth_l1_loss", "huber_loss"):
        spread = float((target - target.median()).abs().mean())
        return (
            (spread, "the spread of the target, which its median would have", 10.0) if call.name == "l1_loss" else None
        )
    return None
