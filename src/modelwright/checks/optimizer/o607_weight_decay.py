"""`weight_decay` of plain Adam, or decay of biases and normalisations.

## What it does
Reads the optimizer: Adam with `weight_decay` (which is L2 in the gradient, not decay), and one group that decays
biases and normalisation weights as well: notes. A warning where lr × weight_decay is 0.1 or more, for SGD and
for decay apart from the gradient: there it is the share of each weight that a step takes away.

## Why it matters
In Adam an L2 term is divided by the gradient's size like everything else, so weights with large gradients hardly
decay. Decay of normalisation weights pulls them to 0, where they mean 1.

## Example
`torch.optim.Adam(model.parameters(), weight_decay=0.01)`

## Fix
`torch.optim.AdamW(model.parameters(), weight_decay=0.01)`

## Source
Loshchilov and Hutter 2019, "Decoupled weight decay regularization". Exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "O607"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("program", "optimizer")

LARGE, USUAL = 0.1, 1e-4  # lr × weight_decay: the share of a weight that a step takes away


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note about Adam with L2, or about decay of one-dimensional parameters."""
    program = facts.program
    assert program is not None and program.optimizer is not None
    kind = type(program.optimizer).__name__
    decayed = [group for group in program.optimizer.param_groups if group.get("weight_decay", 0) > 0]
    if not decayed:
        return
    decay = decayed[0]["weight_decay"]
    apart = [group for group in decayed if kind in ("SGD", "AdamW") or group.get("decoupled_weight_decay", False)]
    share, group = max(((float(g["lr"]) * float(g["weight_decay"]), g) for g in apart), key=_first, default=(0.0, {}))
    if share >= LARGE:
        yield found(
            facts,
            CODE,
            "warning",
            f"each step takes {share:.0%} of every weight away: they cannot grow to what they should be",
            expected="lr × weight_decay far below 1; usually 1e-5 to 1e-3",
            received=f"{kind}(lr={float(group['lr']):g}, weight_decay={float(group['weight_decay']):g})",
            help=f"torch.optim.{kind}(…, weight_decay={USUAL / float(group['lr']):.1g})",
        )
        return
    if kind == "Adam" and not decayed[0].get("decoupled_weight_decay", False):
        told, fix = "`Adam` with weight_decay is L2, not decay", f"torch.optim.AdamW(…, weight_decay={decay:g})"
    elif decay >= 0.05 and any(p.dim() < 2 for group in decayed for p in group["params"]):
        told, fix = f"`{kind}` decays biases and normalisations as well", "a group of their own with weight_decay=0"
    else:
        return
    yield found(
        facts,
        CODE,
        "note",
        told,
        expected="decay of weight matrices only, apart from the gradient",
        received=f"{kind}(weight_decay={decay:g})",
        help=fix,
    )


def _first(pair: tuple[float, object]) -> float:
    return pair[0]
