"""An activation or dropout stands after the output layer, before a loss of raw outputs.

## What it does
Walks back from the loss: ReLU, tanh, sigmoid and the like before cross-entropy; ReLU and the like, or tanh, before a
binary loss with logits, or before the sigmoid of one without; dropout right before any loss.

## Why it matters
ReLU before a softmax or a sigmoid cuts off every negative logit: a class can no longer be ruled out, and where all
logits are 0 nothing is learned. Dropout on the outputs sets answers to 0 at random.

## Example
```python
return F.relu(self.fc2(x))  # and then nn.CrossEntropyLoss()(output, y)
```

## Fix
```python
return self.fc2(x)
```

## Source
UMLAUT; NeuraLint. Exact: from the recorded step, or the list of layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.heads import call_of, listed_layers
from modelwright.checks.tell import called, found, told
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.trace import Op, Value

CODE = "M402"
PHASE = "description"
SEVERITY = "error"
NEEDS = ("description",)
PROGRAM_NEEDS = ("forward",)

CUTTING = ("ReLU", "ReLU6", "LeakyReLU", "ELU", "GELU", "SiLU", "Tanh", "Sigmoid", "Softplus", "Hardtanh")
ON_LOGITS = frozenset(
    [
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "gelu",
        "silu",
        "mish",
        "tanh",
        "hardtanh",
        "hardswish",
        "softplus",
        "threshold",
    ]
)
HALF = frozenset(["relu", "relu6", "softplus"])
"""Functions that give nothing below 0: before a sigmoid they hold it at 0.5 and above."""


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a list of layers that ends in an activation or dropout, beside a loss of logits."""
    assert facts.description is not None
    spec = facts.description.spec
    layers, loss = listed_layers(spec), call_of(spec.loss)
    if not layers:
        return
    key, last = layers[-1]
    logits = loss is not None and loss.name in ("CrossEntropyLoss", "BCEWithLogitsLoss", "MultiMarginLoss")
    classes = facts.task in ("binary", "multiclass", "multilabel") and (loss is None or logits)
    sigmoid = last.name == "Sigmoid" and loss is not None and loss.name == "BCEWithLogitsLoss"
    activation = (logits or classes) and last.name in CUTTING and not sigmoid
    if not activation and last.name not in ("Dropout", "AlphaDropout"):
        return
    dropped = "sets outputs to 0 at random" if not activation else "bends the raw outputs that the loss takes"
    yield told(
        facts,
        CODE,
        "error" if activation else "warning",
        f"`{last.name}` stands after the output layer: it {dropped}",
        key=key,
        expected="an output layer that is linear",
        received=str(last),
        help="leave the last layer out",
    )


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for what stands between the output layer and the loss."""
    assert facts.forward is not None
    for call in facts.forward.losses[:1]:
        above = _above(call.input, call.name)
        if above is None:
            continue
        op, what = above
        yield found(
            facts,
            CODE,
            "warning" if "dropout" in op.name else "error",
            f"{called(op)} stands after the output layer: {what}",
            op=op,
            expected=f"an output layer that is linear, as `{call.name}` takes it",
            received=f"{op.name} of the raw outputs",
            help="return the outputs of the last layer as they are",
        )


def _above(value: Value | None, loss: str) -> tuple[Op, str] | None:
    from modelwright.checks.program.graph import first_input, made_by

    op = made_by(value)
    if op is None:
        return None
    if "dropout" in op.name and float(op.argument("p", 1, 0.5)) > 0:
        return op, "it sets answers to 0 at random"
    if loss == "cross_entropy" and op.name in ON_LOGITS | {"sigmoid", "hardsigmoid"}:
        return op, "a class can no longer be ruled out, and the probabilities stay near each other"
    if loss == "binary_cross_entropy_with_logits" and op.name in ON_LOGITS:
        return op, "the logit can no longer reach both ends"
    if op.name in ("log_softmax", "softmax", "sigmoid") and loss in ("nll_loss", "binary_cross_entropy"):
        before = made_by(first_input(op))
        if before is not None and before.name in (HALF if op.name == "sigmoid" else ON_LOGITS):
            return before, f"the {op.name} after it can no longer reach both ends"
    return None
