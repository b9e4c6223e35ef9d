"""What a step of a program costs, counted from what was recorded: a function of model and data, not of the machine."""

from __future__ import annotations

import math

from modelwright.checks.program.trace import Op, Trace

PRODUCTS = frozenset(("matmul", "bmm", "mm", "addmm", "baddbmm", "einsum", "addbmm"))
ATTENTION = frozenset(("scaled_dot_product_attention", "multi_head_attention_forward"))
RECURRENT = frozenset(("lstm", "gru", "rnn_tanh", "rnn_relu"))
EACH = 200_000  # multiplications in the time that calling a function takes, forward and backward (6 µs at 30 a ns)
EACH_STEP = 3_000_000  # the same for a step of the optimizer and what surrounds it


def step_cost(trace: Trace) -> float:
    """Return about how many multiplications one step takes, forward and backward, calls included."""
    return EACH_STEP + sum(EACH + 3.0 * _products(op) for op in trace.ops)


def _products(op: Op) -> float:
    out = float(max((value.tensor.numel() for value in op.outputs), default=0))
    weights = [value.tensor for value in op.inputs if value.kind == "parameter" and value.tensor.dim() > 1]
    given = next((value.tensor for value in op.inputs if value.kind != "parameter"), None)
    if op.name in RECURRENT and given is not None:
        steps = given.numel() / max(1, given.shape[-1])
        return steps * (sum(weight.numel() for weight in weights) + EACH / 10)
    if op.name in ATTENTION and given is not None:
        length = given.shape[-2] if given.dim() > 2 else given.shape[0]
        return out * length * 2 + sum(weight.numel() for weight in weights) * given.numel() / max(1, given.shape[-1])
    if op.name in PRODUCTS and given is not None:
        return out * given.shape[-1] if given.dim() else out
    if weights and "embedding" not in op.name:
        return out * math.prod(weights[0].shape[1:])
    return out
