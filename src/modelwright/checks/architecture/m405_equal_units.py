"""The units of a layer are all alike, and stay so: constant initial weights.

## What it does
Trains a copy for some steps on 16 rows, then looks for hidden layers whose units (rows of the weight matrix) are all
the same. Zero-initialised last layers and residual branches pass: their units differ after a step.

## Why it matters
Units that start alike get the same gradient and remain alike: a layer of 64 is a layer of 1. Where every weight
starts at zero, nothing is learned at all.

## Example
```python
nn.init.constant_(self.fc1.weight, 0.5)
nn.init.constant_(self.fc2.weight, 0.5)
```

## Fix
Leave the initial weights as PyTorch makes them, or `nn.init.kaiming_normal_(layer.weight)`.

## Source
TheDeepChecker; NeuraLint. Exact after the steps: no threshold but the precision of float32.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.checks.tell import found, names
from modelwright.diagnostic import Diagnostic

CODE = "M405"
PHASE = "dry_run"
SEVERITY = "warning"
NEEDS = ("step",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for the layers whose units remain alike."""
    assert facts.step is not None
    start = {name: p.detach() for name, p in facts.step.model.named_parameters() if p.requires_grad}
    suspects = [name for name, weight in start.items() if weight.dim() > 1 and weight.shape[0] > 1 and _alike(weight)]
    if not suspects:
        return
    learned = facts.learned
    if learned.model is None or len(learned.losses) < 4:
        return
    now = dict(learned.model.named_parameters())
    outputs = {tensor.shape[-1] for tensor in learned.outputs}
    stuck = [name for name in suspects if _alike(now[name].detach())]
    hidden = [name for name in stuck if now[name].shape[0] not in outputs or len(stuck) > 1]
    layers = [name.rpartition(".")[0] or name for name in hidden]
    if not layers:
        return
    yield found(
        facts,
        CODE,
        "warning",
        f"all units of {names(layers)} are alike, and stay alike: the initial weights are constant",
        layer=layers[0],
        expected="initial weights that differ from unit to unit",
        received=f"the {now[hidden[0]].shape[0]} units of `{layers[0]}` are still equal after "
        f"{len(learned.losses) - 1} steps",
        help="nn.init.kaiming_normal_(layer.weight), or leave the weights as PyTorch makes them",
    )


def _alike(weight: object) -> bool:
    import torch

    assert isinstance(weight, torch.Tensor)
    rows = weight.flatten(1)
    scale = float(rows.abs().max())
    return bool((rows - rows[0]).abs().max() <= 1e-5 * scale)
