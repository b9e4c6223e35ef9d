"""The two networks of a GAN before their game begins: what their last functions can give, and weights they share."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from modelwright.checks.facts import Facts
from modelwright.checks.loss.h502_sigmoid_and_bce import SQUASHED
from modelwright.checks.loss.h509_bounded_output import bounds_of
from modelwright.checks.program.graph import made_by
from modelwright.checks.program.trace import Op
from modelwright.checks.tell import called, found
from modelwright.diagnostic import Diagnostic

HELD = frozenset((*SQUASHED, "hardsigmoid", "tanh", "log_softmax", "logsigmoid"))
MOST = 0.01
"""Share of real numbers beyond a bound from which a generator cannot make rows like them; one in a hundred is noise."""


def squashed(facts: Facts, loss: str) -> Iterator[Diagnostic]:
    """Yield H502 where a discriminator ends in a sigmoid: its loss takes scores, and makes probabilities itself."""
    made = _last(facts)
    if made is None or made.name not in HELD:
        return
    yield found(
        facts,
        "H502",
        "error",
        f"{called(made)} ends the discriminator, whose scores `{loss.partition('(')[0]}` takes as they are",
        op=made,
        expected="any number: high for real rows, low for made ones",
        received="numbers between two bounds: the generator's gradient dies where it is found out",
        help="leave the last activation out: a plain Linear is the score",
    )


def bounded(facts: Facts, real: Tensor) -> Iterator[Diagnostic]:
    """Yield H509 where real numbers lie beyond what the generator's last function can give."""
    made = _last(facts)
    limits = None if made is None else bounds_of(made)
    if made is None or limits is None or not real.numel():
        return
    low, high = limits
    beyond = float(((real < low - 0.01) | (real > high + 0.01)).float().mean())
    if beyond <= MOST:
        return
    least, most = float(real.min()), float(real.max())
    yield found(
        facts,
        "H509",
        "error",
        f"{called(made)} ends the generator, and cannot make what real rows have",
        op=made,
        expected=f"real numbers from {low:g} to {high:g}, or an end without that function",
        received=f"numbers from {least:.4g} to {most:.4g} as the discriminator sees them; {beyond:.0%} lie outside",
        help="Tanh for pictures (from -1 to 1); a plain Linear for a table",
    )


def shared(facts: Facts, generator: nn.Module, discriminator: nn.Module) -> Iterator[Diagnostic]:
    """Yield H510 where both networks hold the same weight: the step of one would undo that of the other."""
    ours = {id(parameter): name for name, parameter in generator.named_parameters()}
    both = [ours[id(parameter)] for parameter in discriminator.parameters() if id(parameter) in ours]
    if not both:
        return
    yield found(
        facts,
        "H510",
        "error",
        "generator and discriminator share weights: the loss of each sends its gradient into the other",
        layer=both[0].rpartition(".")[0],
        expected="two networks with weights of their own",
        received=f"{len(both)} weights that both hold, the first is `{both[0]}`",
        help="make the layers anew in each network's __init__",
    )


def _last(facts: Facts) -> Op | None:
    """Return the function that makes a network's output."""
    output = None if facts.forward is None else facts.forward.trace.output
    return made_by(facts.forward.trace.value_of(output)) if facts.forward and isinstance(output, torch.Tensor) else None
