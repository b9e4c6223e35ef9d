"""A sigmoid stands before `BCEWithLogitsLoss`, which takes one itself, or raw outputs go into `BCELoss`.

## What it does
Walks back from the loss to what made its input: sigmoid or softmax before `binary_cross_entropy_with_logits`;
something that is not held between 0 and 1 before `binary_cross_entropy`. In a GAN, looks at the last function of the
discriminator, whose loss takes scores.
In a program also an overlap with a mask (Dice, Jaccard) that is computed of raw outputs: a product with the mask,
summed and divided by the sums of output and mask together.

## Why it matters
A sigmoid of a sigmoid lies between 0.5 and 0.73: the model can never say no, and the loss stays above 0.31. Raw
outputs in `BCELoss` crash on the CPU, and on a GPU in an assertion without a place.

## Example
```python
return torch.sigmoid(self.fc(x))  # and then nn.BCEWithLogitsLoss()(output, y)
```

## Fix
Return the raw outputs and keep `nn.BCEWithLogitsLoss()`; take the sigmoid where you predict.

## Source
CodeGuru's detectors. Exact: from the recorded step.
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
    from modelwright.checks.program.trace import Op, Value

CODE = "H502"
PHASE = "description"
SEVERITY = "error"
NEEDS = ("description",)
PROGRAM_NEEDS = ("forward",)

SQUASHED = frozenset(("sigmoid", "softmax"))
LOGITS = frozenset(("binary_cross_entropy_with_logits", "multilabel_soft_margin_loss", "soft_margin_loss"))
LEAVING = ("relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "exp", "tanh", "linear", "conv1d", "conv2d")
"""Functions whose values can leave 0 to 1, though those of one batch may not."""
FIX = "return the raw outputs and use nn.BCEWithLogitsLoss(); take torch.sigmoid where you predict"


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a list of layers that ends in a sigmoid beside a loss of raw outputs, or the reverse."""
    assert facts.description is not None
    spec = facts.description.spec
    last, loss = last_layer(spec), call_of(spec.loss)
    if last is None or loss is None:
        return
    layer = last[1].name
    if loss.name == "BCEWithLogitsLoss" and layer in ("Sigmoid", "Hardsigmoid"):
        message = f"`{layer}` stands before `BCEWithLogitsLoss`, which takes the sigmoid itself"
        key, received, fix = last[0], str(last[1]), "leave the last layer out"
    elif loss.name == "BCELoss" and layer not in ("Sigmoid", "Hardsigmoid", "Softmax"):
        message = f"`BCELoss` takes probabilities, the last layer is `{layer}`"
        key, received, fix = "loss", spec.loss, "loss: BCEWithLogitsLoss"
    else:
        return
    expected = "raw outputs and `BCEWithLogitsLoss`, or `Sigmoid` and `BCELoss`"
    yield told(facts, CODE, "error", message, key=key, expected=expected, received=received, help=fix)


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each binary loss whose input is squashed twice, or not at all."""
    from modelwright.checks.program.graph import exchanged

    assert facts.forward is not None
    for call in facts.forward.losses:
        if call.input is None:
            continue
        if call.name.startswith("binary_cross_entropy") and exchanged(call):
            yield exchanged_arguments(facts, CODE, call.name, call.op, f"F.{call.name}")
            continue
        if call.name in LOGITS:
            yield from _with_logits(facts, call)
        elif call.name == "binary_cross_entropy":
            yield from _plain(facts, call)
    yield from _overlap(facts)


def _overlap(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for an overlap with a mask (Dice, Jaccard) that is computed of raw outputs."""
    from modelwright.checks.program.graph import ancestors, is_target, made_by

    assert facts.forward is not None
    trace = facts.forward.trace
    quotients = [
        op for op in trace.named("div", "truediv", "true_divide") if op.stage == "loss" and len(op.inputs) == 2
    ]
    for op in trace.named("mul", "rmul"):
        outputs = [value for value in op.inputs if not is_target(value)]
        if op.stage != "loss" or len(op.inputs) != 2 or len(outputs) != 1 or not op.outputs:
            continue
        values, made = outputs[0].tensor.detach(), made_by(outputs[0])
        mask = next(value.tensor for value in op.inputs if is_target(value))
        raw = bool((values < 0).any()) and bool((values > 0).any()) and made is not None and made.name in LEAVING
        binary = values.shape == mask.shape and bool(((mask == 0) | (mask == 1)).all())
        below = [each for each in quotients if op in ancestors(each.inputs[0])]
        summed = any(use.name == "sum" for use in op.outputs[0].consumers)
        if raw and binary and summed and any(_together(each.inputs[1], made, op) for each in below):
            yield found(
                facts,
                CODE,
                "error",
                "an overlap with the mask is computed of raw outputs: it can leave 0 to 1, and is no overlap",
                op=op,
                expected="probabilities, as torch.sigmoid gives them",
                received=f"values from {float(values.min()):.3g} to {float(values.max()):.3g}",
                help="output = torch.sigmoid(output)  # before the overlap",
            )
            return


def _together(below: Value, made: Op | None, overlap: Op) -> bool:
    """Say whether the sums of output and mask are added up in it, and nothing is squared or multiplied besides."""
    from modelwright.checks.program.graph import ancestors, descends_from

    before = ancestors(made.output) if made is not None else []
    ops = [op for op in ancestors(below) if op.stage == "loss" and op is not overlap and op not in before]
    added = [op for op in ops if op.name in ("add", "radd") and len(op.inputs) == 2]
    both = any(
        made in ancestors(one) and descends_from(other, ("target",))
        for op in added
        for one, other in (op.inputs, op.inputs[::-1])
    )
    return both and not any(_length(op.name) for op in ops)


def _length(name: str) -> bool:
    """Say whether a function is part of a length or another mean than that of sums."""
    return name in ("mul", "rmul", "multiply", "sqrt", "square", "abs") or "norm" in name or "pow" in name


def _with_logits(facts: Facts, call: LossCall) -> Iterator[Diagnostic]:
    from modelwright.checks.program.graph import made_by

    made = made_by(call.input)
    if made is None or (made.name not in (*SQUASHED, "hardsigmoid") and not by_hand(made)):
        return
    what = "a sigmoid computed by hand" if by_hand(made) else called(made)
    yield found(
        facts,
        CODE,
        "error",
        f"{what} stands before `{call.name}`, which takes the sigmoid itself",
        op=made,
        expected="raw outputs (logits)",
        received="probabilities from 0 to 1, which the loss squashes again to between 0.5 and 0.73",
        known="the loss can then not fall below 0.31 for a row that is positive, 0.69 for one that is not",
        help=FIX,
    )


def _plain(facts: Facts, call: LossCall) -> Iterator[Diagnostic]:
    from modelwright.checks.program.graph import made_by

    assert call.input is not None
    values = call.input.tensor.detach().float()
    outside = bool(((values < 0) | (values > 1)).any())
    made = made_by(call.input)
    if not outside and (made is None or made.name not in LEAVING):
        return
    yield found(
        facts,
        CODE,
        "error",
        "`binary_cross_entropy` (BCELoss) takes probabilities, and is given raw outputs",
        op=made or call.op,
        expected="values from 0 to 1, as torch.sigmoid gives them",
        received=f"values from {float(values.min()):.3g} to {float(values.max()):.3g}",
        help=FIX,
    )


def by_hand(op: Op) -> bool:
    """Say whether a function is the last of 1 / (1 + exp(-x)): a division by a sum with an exponential."""
    if op.name not in ("div", "truediv", "true_divide", "rtruediv", "rdiv", "reciprocal") or not op.inputs:
        return False
    below = op.inputs[-1].producer
    return below is not None and below.name in ("add", "radd") and any(_exponential(value) for value in below.inputs)


def _exponential(value: Value) -> bool:
    return value.producer is not None and value.producer.name == "exp"
