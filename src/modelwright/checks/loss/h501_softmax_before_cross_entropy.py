"""A softmax stands before cross-entropy, which takes one itself, or `NLLLoss` is given no logarithms.

## What it does
Walks back from the loss to what made its input, through views and casts: softmax before `cross_entropy`;
probabilities that were computed otherwise (each row of the batch is 0 to 1 and adds up to 1); softmax, or raw
outputs, before `nll_loss`. `LogSoftmax` before cross-entropy is only redundant: a note.

## Why it matters
Softmax of a softmax lies between 1/(K+e-1) and e/(K+e-1): the loss cannot come near 0, gradients shrink, and training
seems to work, only slowly and badly. No error is raised.

## Example
```python
return F.softmax(self.fc(x), dim=1)  # and then nn.CrossEntropyLoss()(output, y)
```

## Fix
Either of two: return `self.fc(x)` and keep `nn.CrossEntropyLoss()`, with a softmax only where you predict; or return
`F.log_softmax(self.fc(x), dim=1)` and use `nn.NLLLoss()`.

## Source
CodeGuru's detectors; a request to PyTorch that is open since 2021. Exact: from the recorded step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.heads import call_of, last_layer
from modelwright.checks.tell import called, exchanged_arguments, found, told
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.graph import LossCall

CODE = "H501"
PHASE = "description"
SEVERITY = "error"
NEEDS = ("description",)
PROGRAM_NEEDS = ("forward",)

OF_CLASSES = ("cross_entropy", "nll_loss", "kl_div")
BOTH = (
    "return the raw outputs and keep nn.CrossEntropyLoss(); take the softmax where you predict.\n"
    "Or: return F.log_softmax(outputs, dim=1) and use nn.NLLLoss()"
)

CURES = "leave the last layer out\nOr: LogSoftmax(dim=1) as the last layer, and loss: NLLLoss"


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a list of layers that ends in a softmax, beside a loss of raw outputs."""
    assert facts.description is not None
    spec = facts.description.spec
    last, loss = last_layer(spec), call_of(spec.loss)
    if last is None or loss is None:
        return
    named, layer = loss.name, last[1].name
    if named == "CrossEntropyLoss" and layer == "Softmax":
        message = "`Softmax` stands before `CrossEntropyLoss`, which takes the softmax itself"
        key, received, fix = last[0], str(last[1]), CURES
    elif named == "NLLLoss" and layer != "LogSoftmax":
        message = f"`NLLLoss` takes logarithms of probabilities, the last layer is `{layer}`"
        key, received, fix = "loss", spec.loss, "loss: CrossEntropyLoss"
    else:
        return
    expected = "raw outputs and `CrossEntropyLoss`, or `LogSoftmax` and `NLLLoss`"
    yield told(facts, CODE, "error", message, key=key, expected=expected, received=received, help=fix)


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each loss of classes whose input is already a softmax, or lacks the logarithm."""
    from modelwright.checks.program.graph import exchanged

    assert facts.forward is not None
    for call in facts.forward.losses:
        if call.name in OF_CLASSES and exchanged(call):
            yield exchanged_arguments(facts, CODE, call.name, call.op, "loss")
        if call.input is None or call.input.tensor.dim() < 2 or exchanged(call):
            continue
        if call.name == "cross_entropy":
            yield from _cross_entropy(facts, call)
        elif call.name in ("nll_loss", "kl_div"):
            yield from _nll(facts, call)


def _cross_entropy(facts: Facts, call: LossCall) -> Iterator[Diagnostic]:
    from modelwright.checks.program.graph import made_by

    made = made_by(call.input)
    if made is not None and made.name == "log_softmax":
        yield found(
            facts,
            CODE,
            "note",
            "`log_softmax` before cross-entropy is redundant: the loss takes it itself, with the same result",
            op=made,
            expected="raw outputs",
            help="leave it out, or use nn.NLLLoss()",
        )
    elif (made is not None and made.name == "softmax") or _probabilities(call):
        op = made or call.op
        what = called(op) if op.name == "softmax" else "a softmax computed by hand"
        low, high = _reach(call)
        yield found(
            facts,
            CODE,
            "error",
            f"{what} stands before cross-entropy, which takes the softmax itself",
            op=op,
            expected="raw outputs (logits) for cross-entropy",
            received="probabilities: each row is 0 to 1 and adds up to 1",
            known=f"of a softmax, the loss can only reach {low:.2f} where it should reach 0, and at most {high:.2f}",
            help=BOTH,
        )


def _reach(call: LossCall) -> tuple[float, float]:
    from math import e, log

    assert call.input is not None
    classes = call.input.shape[1]
    return log(1 + (classes - 1) / e), log(classes - 1 + e)


def _nll(facts: Facts, call: LossCall) -> Iterator[Diagnostic]:
    from modelwright.checks.program.graph import made_by

    assert call.input is not None
    made = made_by(call.input)
    values = call.input.tensor.detach()
    if made is not None and made.name in ("log_softmax", "logsigmoid", "log"):
        return
    if made is not None and made.name == "softmax":
        message = f"{called(made)} stands before `{call.name}`, which takes logarithms of probabilities"
    elif bool((values > 1e-4).any()):
        message = f"`{call.name}` is given raw outputs; it takes logarithms of probabilities"
    else:
        return
    yield found(
        facts,
        CODE,
        "error",
        message,
        op=made or call.op,
        expected="logarithms of probabilities: all values at most 0",
        received=f"values from {float(values.min()):.3g} to {float(values.max()):.3g}",
        known="the loss then falls without end below 0, and says nothing of the classes",
        help="F.log_softmax(outputs, dim=1)"
        + (" before nn.NLLLoss(), or nn.CrossEntropyLoss() on the raw outputs" if call.name == "nll_loss" else ""),
    )


def _probabilities(call: LossCall) -> bool:
    """Say whether each row is a distribution (of two classes or more)."""
    assert call.input is not None
    values = call.input.tensor.detach().float()
    if values.shape[1] < 2 or not bool((values >= 0).all()):
        return False
    return bool(((values.sum(dim=1) - 1).abs() < 1e-4).all())
