"""Walking back through what was recorded: from a loss to the layer that made its input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from modelwright.checks.program.trace import Op, Trace, Value

LOSSES = frozenset(
    [
        "cross_entropy",
        "nll_loss",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "poisson_nll_loss",
        "gaussian_nll_loss",
        "kl_div",
        "multi_margin_loss",
        "soft_margin_loss",
        "multilabel_soft_margin_loss",
        "multilabel_margin_loss",
        "hinge_embedding_loss",
    ]
)
NUMBERS = frozenset(["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
"""Losses of numbers: output and target of one shape, compared number by number."""
SHAPES = frozenset(
    [
        "view",
        "reshape",
        "flatten",
        "squeeze",
        "unsqueeze",
        "contiguous",
        "permute",
        "transpose",
        "t",
        "T",
        "mT",
        "float",
        "double",
        "to",
        "type",
        "half",
        "clone",
        "getitem",
        "type_as",
        "cpu",
        "cuda",
        "view_as",
        "reshape_as",
        "movedim",
        "swapaxes",
        "swapdims",
        "requires_grad",
        "select",
        "narrow",
        "chunk",
        "split",
        "unbind",
        "unflatten",
        "expand_as",
        "alias",
        "bfloat16",
        "long",
        "int",
        "bool",
        "moveaxis",
        "as_tensor",
        "take_along_dim",
    ]
)
"""Functions that arrange the same numbers anew, or write them in another type."""
ACTIVATIONS = frozenset(
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
        "sigmoid",
        "tanh",
        "softmax",
        "log_softmax",
        "hardtanh",
        "hardsigmoid",
        "hardswish",
        "prelu",
        "rrelu",
        "logsigmoid",
        "softsign",
        "softplus",
        "softmin",
        "threshold",
        "tanhshrink",
        "hardshrink",
        "softshrink",
        "glu",
    ]
)
DROPOUTS = frozenset(
    ["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout", "feature_alpha_dropout"]
)
CONVOLUTIONS = frozenset(["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"])
LINEAR = frozenset(("linear", *CONVOLUTIONS))
"""Functions of layers with weights that are linear in their input."""


@dataclass(slots=True)
class LossCall:
    """One call of a loss of torch: its function, its input and its target."""

    op: Op
    input: Value | None
    target: Value | None

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.op.name

    def argument(self, name: str, default: Any = None) -> Any:
        """Return an argument that torch's losses take by name."""
        return self.op.kwargs.get(name, default)


def loss_calls(trace: Trace) -> list[LossCall]:
    """Return the calls of losses, in order, the one that failed included."""
    failed = trace.failure.op if trace.failure is not None else None
    calls = [op for op in (*trace.ops, *([failed] if failed is not None else [])) if op.name in LOSSES]
    return [LossCall(op, op.value("input", 0), op.value("target", 1)) for op in calls]


def first_input(op: Op) -> Value | None:
    """Return what a function works on: its first tensor that is no parameter."""
    return next((value for value in op.inputs if value.kind != "parameter"), None)


def back(value: Value | None, through: Iterable[str] = SHAPES) -> Value | None:
    """Return the value that another is made of, walking back through the functions named."""
    passing = frozenset(through)
    while value is not None and value.producer is not None and value.producer.name in passing:
        value = first_input(value.producer)
    return value


def made_by(value: Value | None, through: Iterable[str] = SHAPES) -> Op | None:
    """Return the function that made a value, looking through those that only rearrange it."""
    found = back(value, through)
    return None if found is None else found.producer


def descends_from(value: Value, kinds: Iterable[str], limit: int = 2_000) -> bool:
    """Return whether a value is computed from a value of one of these kinds."""
    wanted, seen, todo = frozenset(kinds), set[int](), [value]
    while todo and len(seen) < limit:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.kind in wanted:
            return True
        if one.producer is not None:
            todo.extend(one.producer.inputs)
    return False


def ancestors(value: Value) -> list[Op]:
    """Return every function that a value is computed with."""
    seen: dict[int, Op] = {}
    todo = [value]
    while todo:
        op = todo.pop().producer
        if op is not None and id(op) not in seen:
            seen[id(op)] = op
            todo.extend(op.inputs)
    return list(seen.values())


def compared(trace: Trace, calls: Iterable[LossCall]) -> list[tuple[Op, Value, Value]]:
    """Return where an output is compared with the target as numbers: losses of numbers, and plain differences."""
    found = [
        (c.op, c.input, c.target) for c in calls if c.name in NUMBERS and c.input is not None and c.target is not None
    ]
    for op in trace.ops:
        if op.name not in ("sub", "rsub") or len(op.inputs) != 2 or not all(isinstance(a, Tensor) for a in op.args[:2]):
            continue
        one, other = op.inputs
        targets = [is_target(one), is_target(other)]
        if sum(targets) == 1:
            output, target = (other, one) if targets[0] else (one, other)
            if descends_from(output, ("parameter",)):
                found.append((op, output, target))
    return found


def is_target(value: Value) -> bool:
    """Return whether a value is the target, perhaps in another shape or type."""
    source = back(value)
    return source is not None and source.kind == "target"


def exchanged(call: LossCall) -> bool:
    """Return whether a loss is given the target where it takes the output, and the output where it takes the target."""
    output = call.target
    return call.input is not None and is_target(call.input) and output is not None and _learned(output)


def _learned(value: Value) -> bool:
    return not is_target(value) and descends_from(value, ("parameter",))
