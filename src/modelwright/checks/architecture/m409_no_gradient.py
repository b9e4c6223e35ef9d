"""Parameters that are to be learned never receive a gradient.

## What it does
After one backward pass, looks for parameters that want a gradient (`requires_grad`) and have none at all: layers that
`forward` does not use, or that lie behind a `detach`, `no_grad`, `.data`, `argmax` or NumPy. An exact zero is no
finding: zero-initialised branches start so. Parameters that the optimizer leaves out are left out here as well.
In a script that calls `modelwright.check`: a loss that is told to require a gradient, since it had no history.

## Why it matters
They keep their random initial values for ever. Nothing says so: the rest of the network learns around them.

## Example
```python
def forward(self, x):
    x = F.relu(self.fc1(x))
    return self.out(x)  # self.fc2 was forgotten
```

## Fix
Use the layer, delete it, or say that it is not to be learned: `self.fc2.requires_grad_(False)`.

## Source
TrainCheck; TheDeepChecker (untrained parameters). Exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelwright.checks.facts import Facts
from modelwright.checks.tell import called, found, names
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    from modelwright.checks.program.trace import Op

CODE = "M409"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("step",)

CUTS = frozenset(
    [
        "detach",
        "data",
        "argmax",
        "argmin",
        "numpy",
        "tolist",
        "item",
        "round",
        "sign",
        "floor",
        "ceil",
        "one_hot",
        "tensor",
        "as_tensor",
        "multinomial",
        "bernoulli",
        "long",
        "int",
        "bool",
        "eq",
        "gt",
        "lt",
        "ge",
        "le",
        "ne",
    ]
)
"""Functions through which no gradient comes back."""
STEPS = ("sign", "sgn", "round", "floor", "ceil", "trunc", "heaviside")
"""Functions through which a gradient of zero comes back."""


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield one finding for all parameters without a gradient."""
    program = facts.step
    assert program is not None and program.rows is not None
    if not program.gradients and program.model.training and any(True for _ in program.model.parameters()):
        yield _frozen(facts)
        return
    without = _without(facts)
    if without and len(without) == len(program.gradients):
        yield _cut(facts)
        return
    if without:
        from modelwright.checks.program.probes import still_without

        never = still_without(program)
        without = [name for name in without if name in never]
    if not without:
        yield from _flat(facts)
        return
    layers = list(dict.fromkeys(name.rpartition(".")[0] or name for name in without))
    used = {call.name for call in program.trace.calls}
    unused = [layer for layer in layers if layer not in used]
    behind = [layer for layer in layers if layer in used]
    told = f"`forward` never uses {names(unused)}" if unused else f"no gradient reaches {names(behind)}"
    fix = "use the layer in forward, or delete it" if unused else "leave out what cuts it off (detach, no_grad, .data)"
    cut = None if unused else _last_cut(facts)
    yield found(
        facts,
        CODE,
        "error",
        told + (f" and no gradient reaches {names(behind)}" if unused and behind else ""),
        op=cut,
        layer=(unused or layers)[0],
        expected="a gradient for every parameter that is to be learned",
        received=f"none for {names(without)}",
        help=fix + f"; or, if it is not to be learned: {layers[0]}.requires_grad_(False)",
    )


def _flat(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a function without a slope makes every gradient before it exactly zero."""
    from modelwright.checks.program.graph import ancestors

    assert facts.step is not None
    for op in facts.step.trace.named(*STEPS) if facts.learned.zero else ():
        if op.stage != "model" or not op.output.tensor.requires_grad:
            continue
        before = {v.name for made in ancestors(op.output) for v in made.inputs if v.kind == "parameter"}
        if lost := sorted(before & facts.learned.zero):
            yield found(
                facts,
                CODE,
                "error",
                f"no gradient but zero reaches {names(lost)}: {called(op)} has no slope",
                op=op,
                expected="a function with a slope, or its values with the gradient of another",
                received=f"gradients of exactly 0 in {len(facts.learned.losses)} steps",
                help=f"torch.tanh(x), or x + (torch.{op.name}(x) - x).detach()",
            )
            return


def _without(facts: Facts) -> list[str]:
    """Return the parameters without a gradient, but for those that the optimizer leaves out."""
    program = facts.step
    assert program is not None
    without = [name for name, gradient in program.gradients.items() if gradient is None]
    if program.optimizer is None:
        return without
    held = {id(p) for group in program.optimizer.param_groups for p in group["params"]}
    ours = dict(program.model.named_parameters())
    return [name for name in without if id(ours[name]) in held]


def _frozen(facts: Facts) -> Diagnostic:
    """Return the finding for a model in training mode that has parameters, all of them frozen."""
    return found(
        facts,
        CODE,
        "error",
        "every parameter is frozen: there is nothing to learn",
        expected="some parameters with requires_grad=True",
        received="requires_grad=False for all of them",
        help="model.requires_grad_(True); to freeze a part: model.features.requires_grad_(False)",
    )


def _cut(facts: Facts) -> Diagnostic:
    """Return the finding for a loss that hangs together with no parameter."""
    cut = _last_cut(facts)
    where = f": `{cut.name}` cuts it off" if cut is not None else ""
    return found(
        facts,
        CODE,
        "error",
        f"no parameter receives a gradient{where}",
        op=cut,
        expected="a loss that is computed from the model's outputs by functions that have a gradient",
        received=f"`{cut.name}` on the way from the outputs to the loss" if cut else "a loss without a gradient",
        help="leave out detach(), no_grad, .data, argmax, .item() and NumPy between the parameters and the loss",
    )


def _last_cut(facts: Facts) -> Op | None:
    """Return the last function through which the gradient is lost."""
    assert facts.step is not None
    cuts = [
        op
        for op in facts.step.trace.ops
        if any(value.tensor.requires_grad for value in op.inputs)
        and not op.output.tensor.requires_grad
        and op.name in CUTS
    ]
    return cuts[-1] if cuts else None
