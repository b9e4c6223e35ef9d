"""Output and target have different shapes, and the loss spreads one over the other.

## What it does
Compares the shapes where output and target meet: in a loss of numbers, in a difference written by hand, and where a
binary loss refuses them. `(64, 1)` against `(64,)` makes a (64, 64) table: every output against every target.

## Why it matters
The mean over that table is smallest where all outputs are the mean of the target. The model learns to say the mean,
and nothing is raised but a warning that scrolls by.

## Example
`nn.MSELoss()(model(x), y)` with `model(x)` of shape (64, 1) and `y` of shape (64,).

## Fix
```python
loss = nn.MSELoss()(model(x).squeeze(1), y)  # or y.unsqueeze(1)
```

## Source
A request to PyTorch that is open since 2021 (issue 55902). Exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.graph import LossCall

CODE = "S305"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("forward",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where output and target differ in shape."""
    from modelwright.checks.program.graph import NUMBERS, compared

    program = facts.forward
    assert program is not None
    for call in program.losses:
        if _classes_last(call):
            yield _last(facts, call)
            return
    pairs = [(op, one.shape, other.shape) for op, one, other in compared(program.trace, program.losses)]
    for call in program.losses:
        if call.name.startswith("binary_cross_entropy") and call.input is not None and call.target is not None:
            pairs.append((call.op, call.input.shape, call.target.shape))
    for op, output, target in pairs:
        if output == target or not output or not target or not _spreads(op.name in NUMBERS, output, target):
            continue
        whole = _together(output, target)
        spread = f"together {whole}: every output is compared with {'every' if len(whole) > 1 else 'each'} target"
        yield found(
            facts,
            CODE,
            "error",
            f"the output is {output}, the target {target}: the loss compares values that do not belong together",
            op=op,
            expected="output and target of the same shape",
            received=spread if whole and not op.name.startswith("binary") else f"{output} and {target}",
            help=_fix(output, target),
        )
        return


def _spreads(is_loss: bool, output: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Say whether the shapes are a slip: any difference in a loss, (N, 1) and (N,) where people subtract by hand."""
    if is_loss:
        return True
    longer, shorter = (output, target) if len(output) > len(target) else (target, output)
    return len(shorter) == 1 and shorter[0] > 1 and len(longer) == 2 and longer[0] == shorter[0]


def _together(output: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(len(output), len(target))
    one, other = (1,) * (rank - len(output)) + output, (1,) * (rank - len(target)) + target
    if any(a != b and 1 not in (a, b) for a, b in zip(one, other, strict=True)):
        return ()
    return tuple(max(a, b) for a, b in zip(one, other, strict=True))


def _fix(output: tuple[int, ...], target: tuple[int, ...]) -> str:
    if output == (*target, 1):
        return "loss(output.squeeze(-1), target), or loss(output, target.unsqueeze(-1))"
    if target == (*output, 1):
        return "loss(output, target.squeeze(-1)), or loss(output.unsqueeze(-1), target)"
    return f"give the model {target[-1] if len(target) > 1 else 1} outputs, or the target the shape {output}"


def _classes_last(call: LossCall) -> bool:
    """Say whether a loss takes steps for classes: a linear layer put the classes last, and there are as many steps."""
    from modelwright.checks.program.graph import made_by

    if call.name not in ("cross_entropy", "nll_loss") or call.input is None or call.target is None:
        return False
    sizes, target = call.input.shape, call.target.shape
    made = made_by(call.input, ("log_softmax", "softmax", "contiguous", "float", "clone"))
    equal = len(sizes) == 3 and len(target) == 2 and sizes[1] == sizes[2] == target[1]
    return equal and made is not None and made.name == "linear"


def _last(facts: Facts, call: LossCall) -> Diagnostic:
    return found(
        facts,
        CODE,
        "error",
        f"`{call.name}` takes the second axis for the classes, and the last layer puts them last",
        op=call.op,
        expected="outputs of (rows, classes, steps)",
        received=f"{call.input.shape if call.input else ''}, with as many steps as classes: nothing fails",
        help="loss(output.transpose(1, 2), target)",
    )
