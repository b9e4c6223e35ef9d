"""Two activations in a row, or a softmax in the middle of the network.

## What it does
Finds an activation whose input comes straight from another one (through dropout or a view), and a softmax whose
result goes straight into a linear layer or convolution. Attention, gates and sums are left alone: there the softmax
is multiplied.

## Why it matters
ReLU of a ReLU does nothing; a sigmoid after ReLU knows only 0.5 to 1; a softmax between layers forces the units to
share one total and lets hardly any gradient through.

## Example
```python
nn.Sequential(nn.Linear(8, 32), nn.Softmax(dim=1), nn.Linear(32, 3))
```

## Fix
```python
nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
```

## Source
NeuraLint. Exact: from the recorded step, or the list of layers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.heads import listed_layers
from modelwright.checks.tell import called, found, told
from modelwright.diagnostic import Diagnostic

CODE = "M403"
PHASE = "description"
SEVERITY = "warning"
NEEDS = ("description",)
PROGRAM_NEEDS = ("forward",)

LAYERS = (
    *("ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Sigmoid", "Tanh", "Softmax"),
    *("Softplus", "Softsign", "Hardtanh", "Hardswish", "Hardsigmoid", "LogSigmoid"),
)
FUNCTIONS = frozenset(
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
        "softsign",
        "sigmoid",
        "tanh",
        "hardtanh",
        "hardsigmoid",
        "hardswish",
    ]
)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each activation after another one, and for a softmax before a layer with weights."""
    assert facts.description is not None
    layers = [
        (key, call) for key, call in listed_layers(facts.description.spec) if call.name not in ("Dropout", "Identity")
    ]
    for (_, before), (key, call) in itertools.pairwise(layers):
        if before.name in LAYERS and call.name in LAYERS and call.name != "Softmax":
            message = f"`{call.name}` follows `{before.name}`: two activations in a row"
        elif before.name == "Softmax" and call.name in ("Linear", "Conv1d", "Conv2d"):
            message = f"`Softmax` stands in the middle of the network, before `{call}`"
        else:
            continue
        yield told(
            facts,
            CODE,
            "warning",
            message,
            key=key,
            expected="one activation between two layers with weights",
            received=f"{before}, {call}",
            help="leave one of the two out" if call.name in LAYERS else f"ReLU, {call}",
        )


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield one finding a program for activations in a row, one for a softmax among the layers."""
    from modelwright.checks.program.graph import DROPOUTS, LINEAR, SHAPES, first_input, made_by

    assert facts.forward is not None
    through = SHAPES | DROPOUTS
    yield from _of_one(facts)
    for op in facts.forward.trace.named(*FUNCTIONS):
        before = made_by(first_input(op), through)
        if before is None or before.name not in FUNCTIONS or len(before.output.consumers) != 1:
            continue
        yield found(
            facts,
            CODE,
            "warning",
            f"{called(op)} follows {called(before)}: two activations in a row",
            op=op,
            expected="one activation between two layers with weights",
            received=f"{op.name}({before.name}(…))",
            help="leave one of the two out",
        )
        break
    for op in facts.forward.trace.named(*LINEAR):
        before = made_by(op.inputs[0], through) if op.inputs else None
        if before is None or before.name not in ("softmax", "log_softmax") or len(before.output.consumers) != 1:
            continue
        yield found(
            facts,
            CODE,
            "warning",
            f"{called(before)} stands in the middle of the network",
            op=before,
            expected="ReLU or another activation of each unit by itself",
            received=f"{before.name}, and its result goes into {called(op)}",
            help="nn.ReLU() in its place; a softmax belongs to the output, or to attention",
        )
        break


def _of_one(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for a softmax over one value; not for the output, which H503 judges, nor for attention."""
    from modelwright.checks.program.graph import made_by
    from modelwright.checks.program.order import of_products

    assert facts.forward is not None
    judged = [made_by(call.input) for call in facts.forward.losses]
    for op in facts.forward.trace.named("softmax", "log_softmax"):
        axis = op.argument("dim", 1)
        if op in judged or not isinstance(axis, int) or not op.output.shape or op.output.shape[axis] != 1:
            continue
        if of_products(op):
            continue  # attention to a single key
        yield found(
            facts,
            CODE,
            "warning",
            f"{called(op)} over an axis of one value gives {1 if op.name == 'softmax' else 0}, whatever that is",
            op=op,
            expected="the axis of the values that are to be weighed against each other",
            received=f"dim={axis} of {op.output.shape}",
            help="another `dim`, or torch.sigmoid for a single value",
        )
        break
