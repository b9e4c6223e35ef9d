"""A model or a loop keeps what outputs were computed with: memory grows with every step.

## What it does
After a short training on a copy, looks through the lists and dicts that the model's layers hold as attributes: two
tensors or more with a gradient function, which an output or a loss has when it is kept as it is. Reads the training
loops of the file that calls `modelwright.check`: the loss that `backward` is called on, added up or appended as it is
in the same function, where a history is recorded. Finds a state that one batch leaves to the next with its graph.
Also outputs of an evaluation without `no_grad` that are appended as they are.

## Why it matters
Each such tensor keeps the whole graph of its step alive. Memory grows until none is left, hours after the start.

## Example
```python
total += loss
```

## Fix
```python
total += loss.item()  # or loss.detach()
```

## Source
CodeGuru's detectors; PyTorch's FAQ ("Don't accumulate history across your training loop"). Exact. A tensor that each
step replaces is left alone: it holds one graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "O604"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("program",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for each line of a loop, for the first attribute, and for a state that keeps graphs."""
    yield from _in_loops(facts)
    if facts.step is not None:
        yield from _in_model(facts)


def _in_loops(facts: Facts) -> Iterator[Diagnostic]:
    from modelwright.checks.program.loops import loops

    assert facts.program is not None
    for loop in loops(facts.program.called_at.file):
        for place, line, fix in loop.keeps:
            yield Diagnostic(
                code=CODE,
                severity="warning",
                message=f"`{line}` keeps the graph of every step: memory grows until none is left",
                where=place,
                expected="numbers, or tensors without a history",
                received=line,
                help=fix,
            )


def _in_model(facts: Facts) -> Iterator[Diagnostic]:
    if "backward through the graph a second time" in facts.learned.error:
        yield found(
            facts,
            CODE,
            "error",
            "the second step fails: something of the first one, with its graph, is used again",
            expected="a state that is cut off between two batches, or begins anew",
            received="Trying to backward through the graph a second time",
            help="self.hidden = hidden.detach()",
        )
        return
    model = facts.learned.model
    if model is None or len(facts.learned.losses) < 4:
        return
    for name, layer in model.named_modules():
        for attribute, held in vars(layer).items():
            if attribute.startswith("_") or not isinstance(held, list | dict):
                continue
            kept = sum(_has_graph(each) for each in (held.values() if isinstance(held, dict) else held))
            if kept > 1:
                full = f"{name}.{attribute}" if name else attribute
                yield found(
                    facts,
                    CODE,
                    "warning",
                    f"`{full}` keeps the graph of every step: memory grows until none is left",
                    layer=name,
                    expected="numbers, or tensors without a history",
                    received=f"{kept} tensors with a gradient function after {len(facts.learned.losses)} steps",
                    help=f"self.{attribute}.append(value.detach()), or value.item()",
                )
                return


def _has_graph(value: Any) -> bool:
    from torch import Tensor

    return isinstance(value, Tensor) and value.grad_fn is not None
