"""A causal model sees the future: earlier outputs change with later inputs.

## What it does
For a model of sequences whose target is its input moved by one step (as a language model's is), changes the last
element of the input and looks whether outputs before it change: at the start, after a short training (a branch that
begins at zero hides it until then), and once more in the trained model of a run. Where the target is the input and was
not moved, looks whether each answer is just read off.

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
from modelwright.checks.tell import found, told
from modelwright.diagnostic import Diagnostic

CODE = "S309"
PHASE = "dry_run"
SEVERITY = "error"
NEEDS = ("forward",)

EXPECTED = "outputs that depend on the elements up to their own, as the target is the input moved by one step"
FIX = "mask = nn.Transformer.generate_square_subsequent_mask(x.size(1)); or is_causal=True"


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where a model that predicts the next element knows it already."""
    from modelwright.checks.program.order import copied_answers, future_seen

    assert facts.forward is not None
    length = future_seen(facts.forward)
    if not length and facts.step is not None:
        length = future_seen(facts.forward, facts.learned.model)
    if length:
        yield _seen(facts, length)
    elif copied_answers(facts.forward):
        yield found(
            facts,
            CODE,
            "warning",
            "the target is the input, not moved by a step: each answer is read off the input",
            expected="the next element as the target: y[:, t] = x[:, t + 1]",
            received="output t changes with element t, no other does, and element t is its target",
            help="loss(output[:, :-1], x[:, 1:])",
        )


def check_trained(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding where the trained model of a run has come to see the future."""
    from modelwright.checks.program.order import future_seen

    assert facts.trained is not None
    length = future_seen(facts.trained)
    if length:
        message = "after training the model sees the future: its earlier outputs change with the last element"
        yield told(facts, CODE, "error", message, key="model", expected=EXPECTED, received=_received(length), help=FIX)


def _seen(facts: Facts, length: int) -> Diagnostic:
    assert facts.forward is not None
    attention = next(
        facts.forward.trace.named("multi_head_attention_forward", "scaled_dot_product_attention", "softmax"), None
    )
    return found(
        facts,
        CODE,
        "error",
        "the model sees the future: its earlier outputs change with the last element of the input",
        op=attention,
        expected=EXPECTED,
        received=_received(length),
        help=FIX,
    )


def _received(length: int) -> str:
    return f"another last element changes the outputs for the {length - 1} before it"
