"""A layer takes steps for rows, or padding for steps.

## What it does
Looks for recurrent layers with `batch_first=False`, and for layers before the pooling over time that cannot be told
which steps of a sequence are padding. In a program, looks for a `view` or `reshape` that exchanges the sizes of axes,
as only a transposition can, and for one that puts heads before steps.
In a program also a padding mask that hides exactly the numbers that are not 0, or every step of most rows: it is the
wrong way round. A note where it leaves single rows without a step.

## Why it matters
Rows always come first here. A layer that reads them as time mixes the rows of a batch, and trains without a word. Where
lengths differ, a flattened sequence shows how much of it is padding, and its answer changes with that.

## Example
```yaml
model: [GRU(..., 64, batch_first=False), Last, Linear(..., ...)]
```

## Fix
```yaml
model: [GRU(..., 64), Last, Linear(..., ...)]
```

## Source
PyTorch's documentation of `batch_first`, whose default is False; here it is True. Padding: the layers of the plan, read
up to the one that pools over time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.heads import call_of
from modelwright.checks.tell import called, found
from modelwright.diagnostic import Diagnostic
from modelwright.spec.call import Call

if TYPE_CHECKING:
    from torch import Tensor

CODE = "S310"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("description",)
PROGRAM_NEEDS = ("forward",)

RECURRENT = ("GRU", "LSTM", "RNN")
POSITION = 4  # of batch_first in torch's signature
POOLS = ("Last", "Mean", "Max")
BLIND = ("Flatten", "AdaptiveAvgPool1d", "AdaptiveMaxPool1d", "AvgPool1d", "Unflatten")


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each layer that reads steps as rows, and for the first that reads padding as steps."""
    assert facts.description is not None
    model = facts.description.spec.layers
    if isinstance(model, list):
        for index, text in enumerate(model):
            call = call_of(text)
            for layer in () if call is None else _within(call):
                if layer.name in RECURRENT and _steps_first(layer):
                    yield _mixed(facts, index, layer)
    if facts.plan is not None and facts.plan.inputs[0].ragged:
        yield from _blind(facts, facts.plan.layers)


def _within(call: Call) -> Iterator[Call]:
    yield call
    for value in (*call.args, *call.kwargs.values()):
        if isinstance(value, Call):
            yield from _within(value)


def _steps_first(layer: Call) -> bool:
    given = layer.args[POSITION] if len(layer.args) > POSITION else layer.kwargs.get("batch_first")
    return given is False


def _mixed(facts: Facts, index: int, layer: Call) -> Diagnostic:
    args = layer.args[:POSITION] + layer.args[POSITION + 1 :] if len(layer.args) == POSITION + 1 else layer.args
    fixed = Call(layer.name, args, {name: value for name, value in layer.kwargs.items() if name != "batch_first"})
    return Diagnostic(
        code=CODE,
        severity="error",
        message=f"{layer.name} with batch_first=False would read the rows of a batch as steps in time",
        where=facts.place(f"model[{index}]"),
        expected="rows first, then steps, then channels: batch_first=True, which is the default here",
        received=str(layer),
        help=str(fixed),
    )


def _blind(facts: Facts, layers: tuple[str, ...]) -> Iterator[Diagnostic]:
    for text in layers:
        call = call_of(text)
        if call is None or call.name in POOLS:
            return
        if call.name in BLIND:
            yield Diagnostic(
                code=CODE,
                severity="warning",
                message=f"{call.name} cannot be told which steps are padding: answers depend on the padded length",
                where=facts.place("model"),
                expected="Last, Mean or Max over time before it, since the sequences differ in length",
                received=text,
                help="Mean",
            )
            return


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for the first `view` or `reshape` that only exchanges the sizes of axes."""
    assert facts.forward is not None
    yield from _hidden(facts)
    for op in facts.forward.trace.named("view", "reshape", "view_as", "reshape_as"):
        into, out = (op.inputs[0].shape, op.output.shape) if op.inputs else ((), ())
        if op.stage != "model" or not (_exchanged(into, out) or _heads_first(into, out)):
            continue
        heads = len(into) != len(out)
        yield found(
            facts,
            CODE,
            "error",
            f"{called(op)} exchanges the sizes of axes and leaves the numbers where they are",
            op=op,
            expected="numbers that move with their axes",
            received=f"{into} → {out}",
            help="x.view(n, steps, heads, -1).transpose(1, 2)" if heads else f"x.permute({_order(into, out)})",
        )
        return


def _hidden(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a padding mask that hides what it should keep, or leaves rows no step to look at."""
    assert facts.forward is not None
    for op in facts.forward.trace.named("multi_head_attention_forward"):
        mask = op.kwargs.get("key_padding_mask")
        if mask is None or mask.dim() != 2:
            continue
        hides = mask if not mask.is_floating_point() else mask.isneginf()
        none = int(hides.all(1).sum())
        turned = 2 * none > len(mask) or _hides_the_words(facts, hides)
        if none or turned:
            many = f"every step of {none} of {len(mask)} rows" if none else "what is not 0, and keeps what is"
            yield found(
                facts,
                CODE,
                "error" if turned else "note",
                f"the padding mask hides {many}" + (": it is the wrong way round" if turned else ""),
                op=op,
                expected="True where a step is padding, and is not to be looked at",
                received=f"True at {float(hides.float().mean()):.0%} of the steps",
                help="src_key_padding_mask=(tokens == 0)" if turned else "leave rows without a step out",
            )
            return


def _hides_the_words(facts: Facts, hides: Tensor) -> bool:
    """Say whether a mask is True where an input of words' numbers is not 0, and nowhere else; both occur."""
    assert facts.forward is not None
    given = [t for t in facts.forward.batch.tensors if t.shape == hides.shape and not t.is_floating_point()]
    whole = [t for t in given if t.numel() and int(t.max()) > 1]  # not the mask itself
    hidden = hides.cpu()
    return bool(hidden.any()) and not hidden.all() and any(bool((hidden == (t.cpu() != 0)).all()) for t in whole)


def _exchanged(into: tuple[int, ...], out: tuple[int, ...]) -> bool:
    moved = [a for a, b in zip(into, out, strict=False) if a != b]
    same = len(into) == len(out) >= 3 and into[0] == out[0] and sorted(into) == sorted(out)
    return same and bool(moved) and 1 not in moved


def _order(into: tuple[int, ...], out: tuple[int, ...]) -> str:
    """Return the axes, in the order that gives the sizes asked for."""
    left = list(range(len(into)))
    order: list[int] = []
    for size in out:
        axis = next(axis for axis in left if into[axis] == size)
        left.remove(axis)
        order.append(axis)
    return ", ".join(map(str, order))


def _heads_first(into: tuple[int, ...], out: tuple[int, ...]) -> bool:
    """Say whether (rows, steps, width) became (rows, heads, steps, width of a head) without a transposition."""
    if len(into) != 3 or len(out) != 4 or into[0] != out[0]:
        return False
    heads, steps, each = out[1:]
    return steps == into[1] and heads * each == into[2] and len({heads, steps, each}) == 3 and 1 not in out[1:]
