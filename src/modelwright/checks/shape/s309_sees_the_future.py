"""A causal model sees the future: earlier outputs change with later inputs.

## What it does
For a model of sequences whose target is its input moved by one step (as a language model's is), changes the last
element of the input and looks whether outputs before it change.

## Why it matters
A mask that was forgotten lets the model copy the answer from its input. The loss falls to nearly nothing, and the
model cannot write a word.

## Example
`nn.TransformerEncoder` for next-token prediction, without `mask=` or `is_causal=True`.

## Fix
```python
mask = nn.Transformer.generate_square_subsequent_mask(x.size(1))
```

## Source
Karpathy's recipe. Exact up to the precision of float32.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found
from modelwright.diagnostic import Diagnostic

CODE = "S309"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("forward",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a model that predicts the next element knows it already."""
    from modelwright.checks.program.order import future_seen

    assert facts.forward is not None
    length = future_seen(facts.forward)
    if not length:
        return
    attention = next(
        facts.forward.trace.named("multi_head_attention_forward", "scaled_dot_product_attention", "softmax"), None
    )
    yield found(
        facts,
        CODE,
        "error",
        "the model sees the future: its earlier outputs change with the last element of the input",
        op=attention,
        expected="outputs that depend on the elements up to their own, as the target is the input moved by one step",
        received=f"another last element changes the outputs for the {length - 1} before it",
        help="mask = nn.Transformer.generate_square_subsequent_mask(x.size(1)); or is_causal=True",
    )
