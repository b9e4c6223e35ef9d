"""Sixteen rows cannot be learned by heart.

## What it does
Trains a copy of the model on 16 rows with Adam for at most 300 steps, fewer where the model is large (2 × 10¹⁰
multiplications in all). An error where the loss has not fallen by half a percent though it was well above 0 and at
least 50 steps were made; and where it fell below 0 while the answers got worse (not asked of numbers of
two values: the signs that a critic is given are no answers).
A loss that is no number from finite rows, before the first step or right after it, is told here as well.

## Why it matters
A network can learn a handful of rows by heart. One that cannot has a fault between input, output and loss, and no
amount of data or tuning will help.

## Example
A network whose ReLU units are all dead, or whose output is multiplied by 0.

## Fix
Look at the other findings first. Then take layers away until the few rows can be learned.

## Source
Karpathy's recipe; TheDeepChecker (16 rows). Half a percent is far less than either asks: soft targets and a VAE's noise
leave a floor, and rows may contradict each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found, names
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from torch import Tensor

CODE = "T712"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("step",)

ENOUGH = 50
FELL = 0.995
SOON = 4  # steps within which a loss that ends as no number was so from the start


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the loss of a few rows does not fall."""
    from modelwright.checks.data.d109_target_scale import too_large
    from modelwright.checks.program.graph import compared

    program = facts.step
    assert program is not None
    if any(too_large(a.tensor, b.tensor) for _, a, b in compared(program.trace, program.losses)):
        return  # most steps would be spent on the size of the target, which D109 says
    if (lost := _no_number(facts)) is not None:
        yield lost
        return
    if worse := _worse(facts):
        yield _away(facts, worse)
        return
    learned = facts.learned
    losses = learned.losses
    if len(losses) <= ENOUGH or not all(math.isfinite(loss) for loss in losses):
        return
    begin, end = losses[0], min(losses[-20:])
    if not begin > 1e-3 or end <= FELL * begin or _same_rows(learned.batch.tensors):
        return
    dead = list(learned.zero)
    received = f"a loss of {begin:.4g} before, {losses[-1]:.4g} after {len(losses) - 1} steps"
    yield found(
        facts,
        CODE,
        "error",
        f"{learned.batch.size} rows cannot be learned by heart",
        expected="a loss that falls towards 0 on a few rows that are shown again and again",
        received=received,
        known=f"no gradient but zero reached {names(dead)}" if dead else "",
        help="look at the other findings; then take layers away until it can",
    )


def _no_number(facts: Facts) -> Diagnostic | None:
    """Return the finding for a loss of finite rows that is no number, before the first step or after it."""
    assert facts.rows is not None and facts.step is not None and facts.step.trace.loss is not None
    whole = float(facts.step.trace.loss.detach())
    losses = facts.learned.losses if math.isfinite(whole) else [whole]
    if facts.learned.error or not losses or all(map(math.isfinite, losses)) or len(losses) > SOON:
        return None
    if not all(bool(values.isfinite().all()) for _, values in facts.rows.floats):
        return None
    steps = len(losses) - 1
    return found(
        facts,
        CODE,
        "error",
        "the loss is no number before the first step"
        if not steps
        else f"the loss is no number after {steps} step{'s' if steps > 1 else ''}: a gradient was none",
        expected="finite losses and gradients",
        received=f"{losses[-1]} from finite rows" if not steps else f"{losses[0]:.4g} before, {losses[-1]} after",
        help="a root, a quotient or a logarithm at 0, or a softmax over nothing but masked steps: "
        "torch.sqrt(x + 1e-8), x / (n + 1e-8), torch.log(x + 1e-8)",
    )


def _same_rows(tensors: Sequence[object]) -> bool:
    """Say whether all rows are the same, so that nothing tells them apart."""
    from torch import Tensor

    given = [t for t in tensors if isinstance(t, Tensor) and t.dim()]
    return all(bool((t == t[:1]).all()) for t in given)


def _away(facts: Facts, worse: str) -> Diagnostic:
    up = facts.optimizer is not None and any(group.get("maximize") for group in facts.optimizer.param_groups)
    return found(
        facts,
        CODE,
        "error",
        "the loss is maximised, and the answers get worse"
        if up
        else "the loss falls, and the answers get worse: its sign is wrong",
        expected="a loss that is smallest where the answers are right",
        received=worse,
        help="maximize=False" if up else "return the loss with the other sign: -(log_softmax * one_hot).sum(1).mean()",
    )


def _worse(facts: Facts) -> str:
    """Return how much worse the answers for a few rows became while their loss fell below 0; nothing if not so."""
    from torch import Tensor

    program, learned = facts.step, facts.learned
    assert program is not None and program.rows is not None
    losses, target = learned.losses, program.rows.batch.target
    fell = len(losses) >= ENOUGH and all(map(math.isfinite, losses)) and losses[-1] < min(losses[0], -1e-3)
    if not fell or not isinstance(target, Tensor) or not learned.outputs or not facts.evaluated.outputs:
        return ""
    used = program.trace.value_of(program.traced_batch.target).consumers
    before, after = facts.evaluated.outputs[0][: len(learned.outputs[0])], learned.outputs[0]
    if before.shape != after.shape or not any(op.stage == "loss" for op in used):
        return ""
    then, now = (_error(answers, target[: len(after)].to(after.device)) for answers in (before, after))
    if then is None or now is None or not now > max(2 * then, 1.0):
        return ""
    return f"an error of {then:.3g} before, {now:.3g} after {len(losses) - 1} steps that lowered the loss"


def _error(answers: Tensor, target: Tensor) -> float | None:
    """Return cross-entropy for class numbers, mean squared error for numbers; None where they do not fit."""
    from torch.nn import functional

    if not target.is_floating_point():
        fits = target.dim() == 1 and answers.dim() == 2 and answers.shape[1] > max(1, int(target.max()))
        return float(functional.cross_entropy(answers.float(), target.long())) if fits else None
    if answers.numel() != target.numel() or len(target.unique()) <= 2:
        return None
    return float(((answers.reshape(-1).float() - target.reshape(-1).float()) ** 2).mean())
