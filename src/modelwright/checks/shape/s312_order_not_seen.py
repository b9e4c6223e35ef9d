"""Attention is not told in which order the steps stand.

## What it does
For a model with attention over words, or over steps that follow smoothly on one another, gives it the steps in another
order: a warning where the answers stay the same (or only change places with the steps), before and after a short
training. Only a note where a single attention over words is pooled to one answer: a bag of words that sees pairs is
often good enough. Sets, whose elements are exchangeable, are left alone, as are models without attention.

## Why it matters
Attention sees a bag of steps. Without positions, "dog bites man" and "man bites dog" are one sentence, and a rising
series is a falling one.

## Example
```python
x = self.embedding(tokens)
return self.head(self.encoder(x).mean(dim=1))  # no positions were added to x
```

## Fix
```python
x = self.embedding(tokens) + self.position(torch.arange(tokens.shape[1], device=tokens.device))
```

## Source
Vaswani et al. 2017, section 3.5. Exact up to the precision of float32; which inputs have an order: whole numbers, or a
correlation of neighbouring steps above 0.3, which is 0 for exchangeable ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import called, found
from modelwright.diagnostic import Diagnostic

CODE = "S312"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("forward",)
LISTED = "a layer `PositionalEncoding` before it; or SelfAttention(..., rotary=True)"
WRITTEN = (
    "x = x + self.position(torch.arange(x.shape[1], device=x.device)), with self.position = nn.Embedding(length, width)"
)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where attention looks at steps without their order."""
    from modelwright.checks.program.order import attentions, blind_to_order, order_matters

    program = facts.forward
    assert program is not None
    several = attentions(program.trace)
    if not several or not order_matters(program.batch):
        return
    words, output = program.batch.tensors[0], program.output
    pooled = output is not None and output.dim() == 2 and output.shape[0] == words.shape[0]
    bag = len(several) == 1 and pooled and not words.is_floating_point()
    if not blind_to_order(program, facts.learned if facts.step is not None else None):
        return
    yield found(
        facts,
        CODE,
        "note" if bag else "warning",
        f"{called(several[0])} is not told the order of the steps: another order gives the same answers",
        op=several[0],
        expected="positions that are added to the steps before the first attention",
        received=f"the same answers for {program.batch.tensors[0].shape[1]} steps in another order",
        help=LISTED if facts.plan is not None and not facts.plan.own else WRITTEN,
    )
